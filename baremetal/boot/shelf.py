"""The shelf: what lies ready for which server to fetch, under a path that nobody can guess.

One JSON file for each node says it, so that a restarted conductor serves on. Files are linked into the shelf's own
folder where that is possible, so that a cache may forget them. It serves nothing itself.
"""

import collections.abc
import contextlib
import dataclasses
import json
import logging
import os
import pathlib
import re
import secrets
import shutil
import threading
import typing

from baremetal import errors

LOG = logging.getLogger(__name__)

#: random bytes of a key; 43 characters of a path
KEY_BYTES = 32
#: names of items: what a URL may carry as it stands
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
#: the item that is the node's boot script, served by MAC as well
SCRIPT = "boot.ipxe"
PREFIX = "/boot/"


@dataclasses.dataclass(frozen=True)
class Item:
    """One thing to fetch: a file, or a text that is kept in memory."""

    path: str | None
    text: str | None
    size: int


@dataclasses.dataclass(frozen=True)
class Place:
    """What lies ready for one node."""

    node: str
    """The node's UUID."""
    key: str
    """The part of the path that only this server is told; new for each preparation."""
    macs: tuple[str, ...]
    """Addresses of the ports that may boot, in lower case with colons."""
    mode: str
    """Why it boots: deploy, clean, service, inspect, rescue, or instance for a deployed ramdisk."""
    items: collections.abc.Mapping[str, Item]
    """Name: what lies there."""

    @property
    def script(self) -> str | None:
        """The node's iPXE script; None while there is none."""
        item = self.items.get(SCRIPT)
        return item.text if item else None


class Shelf:
    """All places of one conductor. Safe to use from many threads."""

    def __init__(self, folder: pathlib.Path, url: str) -> None:
        """``folder`` is made when it is needed; ``url`` is where servers reach what is served of it."""
        self._nodes, self._files, self._url = folder / "nodes", folder / "files", url.rstrip("/")
        self._lock = threading.Lock()
        self._places: dict[str, Place] = {}
        self._keys: dict[str, str] = {}
        self._macs: dict[str, str] = {}
        self._load()

    def open(self, node_uuid: str, macs: collections.abc.Iterable[str], mode: str) -> Place:
        """Make an empty place with a key of its own; what lay there for the node is gone."""
        place = Place(node_uuid, secrets.token_urlsafe(KEY_BYTES), tuple(mac.lower() for mac in macs), mode, {})
        with self._lock:
            self._forget(node_uuid)
            self._write(place)
            self._remember(place)
        return place

    def put(self, node_uuid: str, name: str, *, path: str | os.PathLike[str] | None = None, text: str | None = None
            ) -> str:
        """Lay a file or a text at the node's place and return its URL. BootFileMissing for what cannot be read."""
        if not NAME.fullmatch(name) or (path is None) == (text is None):
            raise ValueError(f"{name!r} must be a plain name, with a path or a text")
        with self._lock:
            place = self._opened(node_uuid)
            item = Item(None, text, len(text.encode())) if text is not None else self._take(place, name, str(path))
            place = dataclasses.replace(place, items={**place.items, name: item})
            self._write(place)
            self._remember(place)
        return self.url(node_uuid, name)

    def url(self, node_uuid: str, name: str) -> str:
        """Return the URL of an item; it need not be there yet."""
        return f"{self._url}{PREFIX}{self._opened(node_uuid).key}/{name}"

    @property
    def base(self) -> str:
        """The URL that all paths of the shelf begin with, without a slash at its end."""
        return self._url + PREFIX.rstrip("/")

    def close(self, node_uuid: str) -> None:
        """Take everything of a node away. Nothing there is no fault."""
        with self._lock:
            self._forget(node_uuid)

    def of(self, node_uuid: str) -> Place | None:
        """Return the place of a node."""
        return self._places.get(node_uuid)

    def by_key(self, key: str) -> Place | None:
        """Return the place that a path's key opens."""
        return self._places.get(self._keys.get(key, ""))

    def by_mac(self, mac: str) -> Place | None:
        """Return the place of the server with a port of this address."""
        return self._places.get(self._macs.get(mac.lower(), ""))

    def every(self) -> list[Place]:
        """Return all places."""
        with self._lock:
            return list(self._places.values())

    # the rest is called with the lock held

    def _opened(self, node_uuid: str) -> Place:
        place = self._places.get(node_uuid)
        if place is None:
            raise errors.BootFileMissing(what="The place of node", path=node_uuid, why="nothing was prepared",
                                         hint="It was taken away by another action; try again.")
        return place

    def _take(self, place: Place, name: str, path: str) -> Item:
        """Return a file as an item: linked to our folder, or as it lies where that cannot be."""
        try:
            with open(path, "rb") as readable:
                size = os.fstat(readable.fileno()).st_size
        except OSError as error:
            raise errors.BootFileMissing(what=f"The {name} of node {place.node}", path=path, why=error.strerror,
                                         hint="The conductor's user must be able to read it.") from error
        ours = self._files / place.key / name
        with writing(ours.parent):
            _private(ours.parent)
        with contextlib.suppress(FileNotFoundError):
            ours.unlink()
        try:
            os.link(os.path.realpath(path), ours)
        except OSError:    # another file system, or a file that the kernel does not let us link
            return Item(os.path.abspath(path), None, size)
        return Item(str(ours), None, size)

    def _remember(self, place: Place) -> None:
        self._places[place.node], self._keys[place.key] = place, place.node
        for mac in place.macs:
            self._macs[mac] = place.node

    def _forget(self, node_uuid: str) -> None:
        place = self._places.pop(node_uuid, None)
        if place is None:
            return
        self._keys.pop(place.key, None)
        for mac in place.macs:
            if self._macs.get(mac) == node_uuid:
                del self._macs[mac]
        with contextlib.suppress(FileNotFoundError):
            self._file(node_uuid).unlink()
        shutil.rmtree(self._files / place.key, ignore_errors=True)

    def _file(self, node_uuid: str) -> pathlib.Path:
        return self._nodes / f"{node_uuid}.json"

    def _write(self, place: Place) -> None:
        draft = self._nodes / f".{place.node}.new"
        with writing(self._nodes, draft):
            _private(self._nodes)
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                items = {name: vars(item) for name, item in place.items.items()}
                file.write(json.dumps({**vars(place), "items": items}))
            draft.replace(self._file(place.node))

    def _load(self) -> None:
        """Read what was there before a restart, and remove what belongs to nobody."""
        for file in sorted(self._nodes.glob("*.json"), key=lambda file: file.stat().st_mtime):
            try:
                self._remember(_place(json.loads(file.read_text("utf-8"))))
            except (ValueError, KeyError, TypeError) as error:
                LOG.warning("%s cannot be read (%s); its node must be prepared again", file, error)
                file.unlink()
        for folder in self._files.iterdir() if self._files.exists() else ():
            if folder.name not in self._keys:
                shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def writing(folder: pathlib.Path, draft: pathlib.Path | None = None) -> collections.abc.Iterator[None]:
    """Tell what keeps this block from writing to ``folder``, and leave no ``draft`` behind."""
    try:
        yield
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        raise errors.BootFolderUnwritable(folder=folder, why=error.strerror or str(error)) from error


def _private(folder: pathlib.Path) -> None:
    """Make a folder that only this user may look into, and those above it."""
    if not folder.exists():
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)


def _place(found: dict[str, typing.Any]) -> Place:
    items = {name: Item(**item) for name, item in found["items"].items()}
    return Place(found["node"], found["key"], tuple(found["macs"]), found["mode"], items)
