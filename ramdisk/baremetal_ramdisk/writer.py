"""Writes an image by its block map: fetching and writing go on at the same time, holes are made and not written.

Works on any path, a disk or a plain file; knows no agent.
"""

import dataclasses
import queue
import threading
import time
import typing

from baremetal_ramdisk import blockmap, device, failure, source

AHEAD = 4       # extents that wait in memory for the disk


@dataclasses.dataclass
class Report:
    """What was done; it becomes part of the step's result."""

    virtual_size: int
    device_size: int
    extents: int
    written: int = 0
    received: int = 0
    requests: int = 0
    zeroed_by: dict[str, int] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0


def write(path: str, image_url: str, found: blockmap.BlockMap, origin: source.Source) -> Report:
    """Write the image to ``path``. Every extent was verified before it is written; all is on the disk on return."""
    begun = time.monotonic()
    with device.Device(path) as disk:
        report = Report(found.virtual_size, disk.size, len(found.extents))
        if found.virtual_size > disk.size:
            raise failure.TooLarge(f"the image has {found.virtual_size} bytes, {path} has {disk.size}: image too large")
        # first, so that what fails later cannot leave a disk that boots an old system with half of a new one
        for offset, length in found.holes(found.virtual_size):
            disk.zero(offset, length)
        if disk.size > found.virtual_size:
            disk.forget(found.virtual_size, disk.size - found.virtual_size)
        for extent, content in _ahead(_all(found, image_url, origin)):
            disk.write(extent.offset, content)
            report.written += extent.length
        report.zeroed_by = disk.zeroed_by
    report.received, report.requests = origin.received, origin.requests
    report.seconds = round(time.monotonic() - begun, 3)
    return report


Piece = tuple[blockmap.Extent, bytes]


def _all(found: blockmap.BlockMap, url: str, origin: source.Source) -> typing.Iterator[Piece]:
    for run in found.runs():
        yield from origin.extents(url, run)


def _ahead(pieces: typing.Iterator[Piece]) -> typing.Iterator[Piece]:
    """Fetch in a thread of its own what is then given; what fails there is raised here."""
    waiting: queue.Queue[typing.Any] = queue.Queue(AHEAD)
    stopped = threading.Event()

    def fetch() -> None:
        try:
            for piece in pieces:
                if not _put(waiting, piece, stopped):
                    return
            _put(waiting, None, stopped)
        except BaseException as error:
            _put(waiting, error, stopped)

    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    try:
        while True:
            piece = waiting.get()
            if piece is None:
                return
            if isinstance(piece, BaseException):
                raise piece
            yield piece
    finally:
        stopped.set()
        thread.join(120)


def _put(waiting: "queue.Queue[typing.Any]", piece: typing.Any, stopped: threading.Event) -> bool:
    """Put ``piece`` in as soon as there is room; return False when nobody wants it any more."""
    while not stopped.is_set():
        try:
            waiting.put(piece, timeout=0.5)
            return True
        except queue.Full:
            continue
    return False
