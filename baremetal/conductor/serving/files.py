"""The file listener: gives servers their boot scripts, kernels, ramdisks and images, each only its own. A WSGI app.

A path that is not exactly one of the table's is nothing, and all that is nothing looks the same: who tries keys learns
nothing. What is fetched becomes a milestone with the bytes that really went out.
"""

import collections.abc
import functools
import os
import re
import stat
import typing

from baremetal import clock, milestones
from baremetal.boot import loaders, shelf, templates
from baremetal.conductor import witness
from baremetal.conductor.serving import window

#: paths, whole; a key is 43 characters of base64url
# fmt: off
PATHS = (
    (re.compile(r"/boot/boot\.ipxe"),                                             "chain"),
    (re.compile(r"/boot/mac/(?P<mac>[0-9a-f]{2}(?:-[0-9a-f]{2}){5})/boot\.ipxe"), "by_mac"),
    (re.compile(r"/boot/loaders/(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{0,63})"),      "loader"),
    (re.compile(r"/boot/(?P<key>[A-Za-z0-9_-]{43})/(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{0,63})"), "by_key"),
)
#: item: what its fetching is in the timeline
FETCHED = {"kernel": milestones.KERNEL, "ramdisk": milestones.RAMDISK, shelf.SCRIPT: milestones.SCRIPT,
           "image": milestones.SENT}
# fmt: on
#: the item whose way out is told in between: each tenth, or after so many seconds
WATCHED, SHARE, EVERY = "image", 10, 3.0
RANGE = re.compile(r"bytes=(\d*)-(\d*)")
BYTES = "application/octet-stream"
BLOCK = 1 << 18
NOTHING = b"Nothing here.\n"

Start = typing.Callable[..., typing.Any]
#: address of a client: the MAC it was given to, None for one that DHCP did not give
Lessee = collections.abc.Callable[[str], str | None]


class Files:
    """The application. Keeps nothing of a request."""

    def __init__(self, places: shelf.Shelf, seen: witness.Witness, found: loaders.Loaders, ticker: clock.Clock,
                 lessee: Lessee | None = None) -> None:
        """``lessee`` where DHCP is ours: a client's address then must be its node's."""
        self._shelf, self._witness, self._loaders, self._clock = places, seen, found, ticker
        self._lessee = lessee

    def __call__(self, environ: dict[str, typing.Any], start_response: Start) -> typing.Any:
        """Answer a request."""
        answer = None
        if environ["REQUEST_METHOD"] in ("GET", "HEAD") and "%" not in environ.get("REQUEST_URI", ""):
            for pattern, name in PATHS:
                if found := pattern.fullmatch(environ.get("PATH_INFO", "")):
                    answer = getattr(self, f"_{name}")(environ, start_response, **found.groupdict())
                    break
        return _nothing(start_response) if answer is None else answer

    def _chain(self, environ: dict[str, typing.Any], start_response: Start) -> typing.Any:
        return _text(environ, start_response, templates.chain(self._shelf.base))

    def _by_mac(self, environ: dict[str, typing.Any], start_response: Start, mac: str) -> typing.Any:
        address = mac.replace("-", ":")
        place = self._shelf.by_mac(address)
        if place is None or place.script is None:
            return None
        if self._lessee is not None and self._lessee(environ["REMOTE_ADDR"]) not in place.macs:
            return None
        if environ["REQUEST_METHOD"] == "GET":
            self._witness.seen(place.node, milestones.SCRIPT, mac=address, address=environ["REMOTE_ADDR"])
        return _text(environ, start_response, place.script)

    def _by_key(self, environ: dict[str, typing.Any], start_response: Start, key: str, name: str) -> typing.Any:
        place = self._shelf.by_key(key)
        item = place.items.get(name) if place else None
        if place is None or item is None or not self._may(place, environ["REMOTE_ADDR"]):
            return None
        if item.text is not None:
            if environ["REQUEST_METHOD"] == "GET" and name in FETCHED:
                self._witness.seen(place.node, FETCHED[name], address=environ["REMOTE_ADDR"])
            return _text(environ, start_response, item.text)
        seen = functools.partial(self._witness.seen, place.node)
        return _file(environ, start_response, str(item.path),
                     lambda start, size: Sending(name, start, size, seen, self._clock))

    def _loader(self, environ: dict[str, typing.Any], start_response: Start, name: str) -> typing.Any:
        """Give UEFI's HTTP boot its loader; these are no secret."""
        if name not in self._loaders.found:
            return None
        mac = self._lessee(environ["REMOTE_ADDR"]) if self._lessee else None
        if mac and environ["REQUEST_METHOD"] == "GET":
            self._witness.seen_mac(mac, milestones.LOADER, loader=name)
        return _file(environ, start_response, str(self._loaders.folder / name), None)

    def _may(self, place: shelf.Place, address: str) -> bool:
        """Return whether a client may have what its key opens: an address that DHCP gave must be of that node.

        Addresses that are not from us are let pass: the agent may come by another card; its key is proof enough.
        """
        mac = self._lessee(address) if self._lessee else None
        if mac is None or mac in place.macs:
            return True
        other = self._shelf.by_mac(mac)
        return other is None or other.node == place.node


class Sending:
    """One file on its way to one server: counts, and tells the timeline."""

    def __init__(self, name: str, start: int, size: int, seen: collections.abc.Callable[..., None], ticker: clock.Clock
                 ) -> None:
        self._name, self._size, self._seen, self._clock = name, size, seen, ticker
        self._start, self._far, self._told = start, start, start
        self._since = self._told_at = ticker.tick()

    def __call__(self, size: int) -> None:
        """Take note that ``size`` more bytes went out."""
        self._far += size
        now = self._clock.tick()
        if self._far >= self._size:
            if self._name in FETCHED:
                self._seen(FETCHED[self._name], bytes=self._far - self._start, total=self._size,
                           seconds=round(now - self._since, 3))
        elif self._name == WATCHED and ((self._far - self._told) * SHARE >= self._size or now - self._told_at >= EVERY):
            self._told, self._told_at = self._far, now
            self._seen(milestones.SENDING, bytes=self._far, total=self._size)


def _file(environ: dict[str, typing.Any], start_response: Start, path: str,
          sending: collections.abc.Callable[[int, int], Sending] | None) -> typing.Any:
    """Answer with a file or the part of it that is asked for; None where it is gone."""
    try:
        file = open(path, "rb", buffering=0)    # the server closes it
    except OSError:
        return None
    told = os.fstat(file.fileno())
    if not stat.S_ISREG(told.st_mode):
        file.close()
        return None
    tag = f'"{told.st_mtime_ns:x}-{told.st_size:x}"'
    headers = [("Content-Type", BYTES), ("Accept-Ranges", "bytes"), ("ETag", tag), ("Cache-Control", "no-store")]
    part = _part(environ, told.st_size, tag)
    if part == (0, 0):
        file.close()
        start_response("416 Range Not Satisfiable", [*headers, ("Content-Range", f"bytes */{told.st_size}"),
                                                     ("Content-Length", "0")])
        return []
    start, end = part or (0, told.st_size)
    headers.append(("Content-Length", str(end - start)))
    if part:
        headers.append(("Content-Range", f"bytes {start}-{end - 1}/{told.st_size}"))
    start_response("206 Partial Content" if part else "200 OK", headers)
    if environ["REQUEST_METHOD"] == "HEAD":
        file.close()
        return []
    made = window.Window(file, start, end, sending(start, told.st_size) if sending else None)
    return environ["wsgi.file_wrapper"](made, BLOCK)


def _part(environ: dict[str, typing.Any], size: int, tag: str) -> tuple[int, int] | None:
    """Return start and end of the part that is asked for; None for all, (0, 0) for one that there is not.

    Several parts at once are answered with all, which HTTP allows.
    """
    found = RANGE.fullmatch(environ.get("HTTP_RANGE", "").replace(" ", ""))
    if not found or not any(found.groups()) or environ.get("HTTP_IF_RANGE", tag) != tag:
        return None
    first, last = found.groups()
    if not first:
        return (max(0, size - int(last[:20])), size) if int(last[:20]) and size else (0, 0)
    start, end = int(first[:20]), min(int(last[:20]) + 1, size) if last else size
    return (start, end) if start < end else (0, 0)


def _text(environ: dict[str, typing.Any], start_response: Start, text: str) -> list[bytes]:
    body = text.encode()
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body))),
                              ("Cache-Control", "no-store")])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _nothing(start_response: Start) -> list[bytes]:
    start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8"),
                                     ("Content-Length", str(len(NOTHING)))])
    return [NOTHING]
