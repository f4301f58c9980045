"""Where bytes of an image go: a sparse file that is measured while it grows. Blocks of zeros become holes."""

import dataclasses
import errno
import functools
import os
import shutil
import typing
from pathlib import Path

from baremetal import errors
from baremetal.images import checksum, guard

GRAIN = 1 << 16         # the smallest hole that is worth having
PORTION = 1 << 20       # what is gathered before it is written
ZEROS = bytes(GRAIN)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclasses.dataclass(frozen=True)
class Bounds:
    """What one image may take, and where. ``spare`` makes room where it can."""

    source: str
    limit: int
    folder: Path
    spare: typing.Callable[[int], None] = lambda needed: None

    def need_room(self, needed: int) -> None:
        """Raise when the disk has less than ``needed`` bytes, even after what nobody needs is gone."""
        if shutil.disk_usage(self.folder).free < needed:
            self.spare(needed)
        if shutil.disk_usage(self.folder).free < needed:
            raise self.full(needed)

    def need_size(self, size: int) -> None:
        """Raise when ``size`` bytes are more than an image may have."""
        if size > self.limit:
            raise errors.ImageTooLarge(source=guard.plain(self.source), size=size, room=self.limit,
                                       what="[images]largest")

    def full(self, needed: int) -> errors.ImageFolderFull:
        """Return the fault of a disk that has less than ``needed`` bytes."""
        return errors.ImageFolderFull(source=guard.plain(self.source), folder=str(self.folder), needed=needed,
                                      free=shutil.disk_usage(self.folder).free)


class Sink:
    """A file being written. ``finish`` makes it whole; who fails before removes it."""

    def __init__(self, path: Path, bounds: Bounds, wanted: checksum.Checksum | None = None) -> None:
        self.bounds, self.wanted = bounds, wanted
        self.meter = checksum.Meter(wanted)
        self._gathered = bytearray()
        self._written = 0
        self._file = open(path, "wb", buffering=0)

    def __enter__(self) -> typing.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def size(self) -> int:
        """How many bytes were taken."""
        return self.meter.size

    def expect(self, more: int) -> None:
        """Refuse ``more`` bytes that would be too many, or for which the disk has no room."""
        self.bounds.need_size(self.size + more)
        self.bounds.need_room(more)

    def take(self, chunk: bytes) -> None:
        """Measure and write ``chunk``."""
        self.meter.take(chunk)
        self.bounds.need_size(self.size)
        self._gathered += chunk
        if len(self._gathered) >= PORTION:
            whole = len(self._gathered) - len(self._gathered) % GRAIN
            self._write(bytes(self._gathered[:whole]))
            del self._gathered[:whole]

    def restart(self) -> None:
        """Forget all that was taken."""
        self.meter = checksum.Meter(self.wanted)
        self._gathered.clear()
        self._written = 0
        self._file.truncate(0)

    def finish(self) -> None:
        """Write what is left, the hole at the end too, and make it last."""
        self._write(bytes(self._gathered))
        self._gathered.clear()
        self._try(lambda: self._file.truncate(self._written))
        self._try(lambda: os.fdatasync(self._file.fileno()))

    def _write(self, portion: bytes) -> None:
        """Write what is not zero of ``portion``, in runs; leave holes for the rest."""
        view, start = memoryview(portion), 0
        while start < len(portion):
            hole = view[start:start + GRAIN] == ZEROS[:len(view[start:start + GRAIN])]
            end = start + GRAIN
            while end < len(portion) and (view[end:end + GRAIN] == ZEROS[:len(view[end:end + GRAIN])]) == hole:
                end += GRAIN
            if not hole:
                self._put(view[start:end], self._written + start)
            start = end
        self._written += len(portion)

    def _put(self, run: memoryview, offset: int) -> None:
        while run:
            count = self._try(functools.partial(os.pwrite, self._file.fileno(), run, offset))
            run, offset = run[count:], offset + count

    def _try(self, act: typing.Callable[[], typing.Any]) -> typing.Any:
        try:
            return act()
        except OSError as error:
            if error.errno in FULL:
                raise self.bounds.full(PORTION) from None
            raise
