"""What dnsmasq knows of servers: a file for each node, with a line for each of its ports.

dnsmasq reads them when it starts; who starts it (``conductor/serving/dnsmasq.py``) is told of changes. Nothing here
knows of a node more than its UUID.
"""

import collections.abc
import contextlib
import os
import pathlib
import re
import threading

#: tag of servers that get a boot file; the others get an address only
BOOTS = "boots"
#: ways of booting: which loader is told
WAYS = ("ipxe", "pxe")

MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Hosts:
    """The folder of host files. Safe to use from many threads."""

    def __init__(self, folder: pathlib.Path, changed: collections.abc.Callable[[], None]) -> None:
        """``changed`` is called when dnsmasq must read the folder anew."""
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        self._folder, self._changed = folder, changed
        #: why nobody gets an address now, and what to do about it; None while dnsmasq runs
        self.trouble: tuple[str, str] | None = None
        self._lock = threading.Lock()
        self._known: dict[str, str] = {file.name: file.read_text("ascii") for file in folder.iterdir()
                                       if UUID.fullmatch(file.name)}

    def put(self, node_uuid: str, macs: collections.abc.Iterable[str], *, boots: bool = True, way: str = "ipxe"
            ) -> None:
        """Let the ports of a node get an address, and where it ``boots`` the loader of ``way``. May be repeated."""
        if not UUID.fullmatch(node_uuid) or way not in WAYS:
            raise ValueError(f"{node_uuid!r} is no UUID, or {way!r} is none of {WAYS}")
        wanted = [mac.lower() for mac in macs]
        if wrong := [mac for mac in wanted if not MAC.fullmatch(mac)]:
            raise ValueError(f"{wrong[0]!r} is no MAC address")
        text = "".join(f"{mac},set:{BOOTS},set:by-{way}\n" if boots else f"{mac}\n" for mac in sorted(set(wanted)))
        with self._lock:
            changed = self._release(node_uuid, set(wanted)) or self._known.get(node_uuid) != text
            self._write(node_uuid, text)
        if changed:
            self._changed()

    def remove(self, node_uuid: str) -> None:
        """Let the ports of a node get nothing. Not being known is no fault."""
        with self._lock:
            known = self._known.pop(node_uuid, None)
            if known is not None:
                with contextlib.suppress(FileNotFoundError):
                    (self._folder / node_uuid).unlink()
        if known is not None:
            self._changed()

    def booting(self, node_uuid: str) -> bool:
        """Return whether a node gets a boot file now."""
        return BOOTS in self._known.get(node_uuid, "")

    def every(self) -> list[str]:
        """Return the UUIDs of the nodes that are known."""
        with self._lock:
            return sorted(self._known)

    # called with the lock held

    def _release(self, node_uuid: str, macs: set[str]) -> bool:
        """Take addresses from other nodes, which had their ports before; return whether there were any."""
        found = False
        for other, text in list(self._known.items()):
            lines = text.splitlines(keepends=True)
            kept = [line for line in lines if line.rstrip("\n").partition(",")[0] not in macs]
            if other != node_uuid and kept != lines:
                self._write(other, "".join(kept))
                found = True
        return found

    def _write(self, node_uuid: str, text: str) -> None:
        """Put a file in its place whole: dnsmasq may read at any time, but no name with a dot before it."""
        draft = self._folder / f".{node_uuid}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), "w", encoding="ascii") as file:
            file.write(text)
        draft.replace(self._folder / node_uuid)
        self._known[node_uuid] = text
