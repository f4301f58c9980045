"""The map of an image: which stretches have data, and the checksum of each. Read, verified, put in order."""

import dataclasses
import hashlib
import json
import typing

from baremetal_ramdisk import failure

LONGEST = 64 << 20      # an extent is kept in memory until it is verified


@dataclasses.dataclass(frozen=True)
class Extent:
    """A stretch of the image that has data."""

    offset: int
    length: int
    sha256: str

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.offset + self.length


@dataclasses.dataclass(frozen=True)
class BlockMap:
    """All extents of an image, in order; what is between them is zero."""

    virtual_size: int
    extents: tuple[Extent, ...]

    @property
    def data(self) -> int:
        """How many bytes the extents have together."""
        return sum(extent.length for extent in self.extents)

    def runs(self) -> typing.Iterator[tuple[Extent, ...]]:
        """Give the extents that touch one another together: one request fetches them."""
        run: list[Extent] = []
        for extent in self.extents:
            if run and run[-1].end != extent.offset:
                yield tuple(run)
                run = []
            run.append(extent)
        if run:
            yield tuple(run)

    def holes(self, end: int) -> typing.Iterator[tuple[int, int]]:
        """Give (offset, length) of what has no data, up to ``end``."""
        place = 0
        for run in self.runs():
            if run[0].offset > place:
                yield place, run[0].offset - place
            place = run[-1].end
        if end > place:
            yield place, end - place


def parse(content: bytes, sha256: str) -> BlockMap:
    """Return the map in ``content``, which must have the digits ``sha256``."""
    got = hashlib.sha256(content).hexdigest()
    if got != str(sha256).lower():
        raise failure.Damaged(f"the block map has sha256 {got}, expected was {sha256}")
    try:
        told = json.loads(content)
        size = int(told["virtual_size"])
        extents = tuple(Extent(int(offset), int(length), str(digits)) for offset, length, digits in told["extents"])
    except (ValueError, KeyError, TypeError) as error:
        raise failure.Damaged(f"the block map is none: {error!r}") from None
    place = 0
    for extent in extents:
        if extent.offset < place or not 0 < extent.length <= LONGEST or extent.end > size:
            raise failure.Damaged(f"the block map has an extent at {extent.offset} of {extent.length} bytes, which is "
                                  f"out of order, too long or behind the end ({size})")
        place = extent.end
    return BlockMap(size, extents)
