"""Where a raw image has data: a list of extents with a checksum each, so that a writer can leave out the rest.

What is not listed reads as zeros. An extent is short enough to be kept in memory until its checksum is
known to be right.
"""

import concurrent.futures
import dataclasses
import errno
import hashlib
import json
import os
import typing
from pathlib import Path

BLOCK = 1 << 20         # what is zero or not, as a whole
LONGEST = 8 << 20       # bytes of an extent
THREADS = 2             # hashing leaves the interpreter's lock
ZEROS = bytes(BLOCK)


@dataclasses.dataclass(frozen=True)
class BlockMap:
    """The extents of one image: (offset, length, sha256)."""

    virtual_size: int
    extents: tuple[tuple[int, int, str], ...]

    @property
    def data(self) -> int:
        """How many bytes the extents have together."""
        return sum(length for _, length, _ in self.extents)

    def text(self) -> str:
        """The map as it is stored and served."""
        return json.dumps({"virtual_size": self.virtual_size, "block": BLOCK, "extents": self.extents},
                          separators=(",", ":"))


def make(path: Path) -> BlockMap:
    """Read what has data in the raw file ``path`` and return its map."""
    size = path.stat().st_size
    with path.open("rb", buffering=0) as file, concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        places = [(start, min(LONGEST, end - start))
                  for begin, end in _allocated(file.fileno(), size) for start in range(begin, end, LONGEST)]
        found = list(pool.map(lambda place: _extents(file.fileno(), *place), places))
    return BlockMap(size, tuple(extent for some in found for extent in some))


def _allocated(number: int, size: int) -> typing.Iterator[tuple[int, int]]:
    """Give the (begin, end) of what the file system has stored, rounded outwards to blocks, in order, never twice."""
    end = 0
    while end < size:
        try:
            begin = os.lseek(number, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:      # only a hole is left
                return
            raise
        begin = max(end, begin - begin % BLOCK)
        until = begin
        # holes that end inside a block are not worth a new extent
        while until < size and os.lseek(number, until, os.SEEK_HOLE) > until:
            until = min(size, -(-os.lseek(number, until, os.SEEK_HOLE) // BLOCK) * BLOCK)
        if until == begin:      # data begins further on in this very block
            until = min(size, begin + BLOCK)
        yield begin, until
        end = until


def _extents(number: int, start: int, length: int) -> list[tuple[int, int, str]]:
    """Return the extents of one stretch, its blocks of zeros left out."""
    stretch = memoryview(_read(number, start, length))
    found, begun = [], None
    for place in range(0, length + BLOCK, BLOCK):
        block = stretch[place:place + BLOCK]
        zero = place >= length or block == ZEROS[:len(block)]
        if zero and begun is not None:
            run = stretch[begun:min(place, length)]
            found.append((start + begun, len(run), hashlib.sha256(run).hexdigest()))
            begun = None
        elif not zero and begun is None:
            begun = place
    return found


def _read(number: int, start: int, length: int) -> bytes:
    """Read exactly ``length`` bytes."""
    parts, done = [], 0
    while done < length:
        part = os.pread(number, length - done, start + done)
        if not part:
            raise OSError(errno.EIO, "the image became shorter while it was read")
        parts.append(part)
        done += len(part)
    return b"".join(parts)
