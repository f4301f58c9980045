"""Which leases live work of this process holds, and whether the leases of others can be judged. Taking and giving
back is the task's.
"""

import threading


class Leases:
    """The tokens that live work of this process holds; the heartbeat renews these and no others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, int] = {}
        #: when the last heartbeat was written, and from when on leases tell the truth again
        self._beaten_at: float | None = None
        self._true_from = float("-inf")

    def add(self, token: str, node_id: int) -> None:
        """Renew this one from now on."""
        with self._lock:
            self._held[token] = node_id

    def drop(self, token: str) -> None:
        """Renew this one no more."""
        with self._lock:
            self._held.pop(token, None)

    def has(self, token: str | None) -> bool:
        """Return whether live work of this process has this lease."""
        with self._lock:
            return token in self._held

    def held(self) -> dict[str, int]:
        """Return what is held now: the node's id by the token."""
        with self._lock:
            return dict(self._held)

    def beaten(self, tick: float, interval: float) -> None:
        """Note that a heartbeat was written, which should be so every ``interval`` seconds.

        When none was for long, neither could the others renew their leases: these get time to do so.
        """
        if self._beaten_at is not None and tick - self._beaten_at > 2 * interval:
            self._true_from = tick + 2 * interval
        self._beaten_at = tick

    def tell(self, tick: float, interval: float) -> bool:
        """Return whether a lease that has run out means that its holder is gone, not that the database was."""
        late = self._beaten_at is not None and tick - self._beaten_at > 2 * interval
        return not late and tick >= self._true_from
