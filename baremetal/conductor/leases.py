"""Which leases live work of this process holds. Taking and giving back is the task's."""

import threading


class Leases:
    """The tokens that live work of this process holds; the heartbeat renews these and no others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: set[str] = set()

    def add(self, token: str) -> None:
        """Renew this one from now on."""
        with self._lock:
            self._tokens.add(token)

    def drop(self, token: str) -> None:
        """Renew this one no more."""
        with self._lock:
            self._tokens.discard(token)

    def tokens(self) -> list[str]:
        """Return what is held now."""
        with self._lock:
            return list(self._tokens)
