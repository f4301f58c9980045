"""Compressed images, told by their first bytes and unpacked within bounds. Archives with several files are none."""

import bz2
import lzma
import typing
import zlib
from pathlib import Path

import zstandard

from baremetal import errors
from baremetal.images import checksum, guard, sink, sources

PORTION = 1 << 20
MEMORY = 1 << 28        # what a stream may demand for its dictionary
#: zstd has no bound for what it gives at once; four bytes may become 128 KiB
PORTIONS = {"zstd": 1 << 12}
#: kind of compression: first bytes
MAGIC = {
    "gzip": b"\x1f\x8b\x08",
    "xz": b"\xfd7zXZ\x00",
    "zstd": b"\x28\xb5\x2f\xfd",
    "bzip2": b"BZh",
}
MAKERS: dict[str, typing.Callable[[], typing.Any]] = {
    "gzip": lambda: zlib.decompressobj(wbits=31),
    "xz": lambda: lzma.LZMADecompressor(memlimit=MEMORY),
    "zstd": lambda: zstandard.ZstdDecompressor(max_window_size=MEMORY).decompressobj(),
    "bzip2": lambda: bz2.BZ2Decompressor(),
}
BROKEN = (zlib.error, lzma.LZMAError, zstandard.ZstdError, OSError, EOFError, ValueError)


def kind(path: Path) -> str | None:
    """Return how the file is compressed; None when it is not."""
    with path.open("rb") as file:
        head = file.read(8)
    return next((name for name, magic in MAGIC.items() if head.startswith(magic)), None)


def unpack(packed: Path, how: str, path: Path, bounds: sink.Bounds, progress: sources.Progress) -> checksum.Meter:
    """Write what ``packed`` holds to ``path``; return its measure."""
    total = packed.stat().st_size
    with packed.open("rb") as file, sink.Sink(path, bounds) as into:
        stream, begun, first = MAKERS[how](), False, True
        while chunk := file.read(PORTIONS.get(how, PORTION)):
            while chunk and (first or begun or chunk.strip(b"\0")):      # zeros behind the end are padding
                for piece in _pieces(stream, chunk, how, bounds.source):
                    into.take(piece)
                begun, first, chunk = True, False, b""
                if stream.eof:          # several streams may follow one another
                    chunk, begun, stream = stream.unused_data, False, MAKERS[how]()
            progress(file.tell(), total)
        if begun:
            raise errors.ImageFault(source=guard.plain(bounds.source), why=f"its {how} stream ends before its time")
        into.finish()
        return into.meter


def _pieces(stream: typing.Any, chunk: bytes, how: str, source: str) -> typing.Iterator[bytes]:
    """Give what ``chunk`` unpacks to, in pieces of bounded size where the format lets itself be bounded."""
    try:
        if how == "zstd":
            yield stream.decompress(chunk)
        elif how == "gzip":
            yield stream.decompress(chunk, PORTION)
            while stream.unconsumed_tail and not stream.eof:
                yield stream.decompress(stream.unconsumed_tail, PORTION)
        else:
            yield stream.decompress(chunk, PORTION)
            while not stream.eof and not stream.needs_input:
                yield stream.decompress(b"", PORTION)
    except BROKEN as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise errors.ImageFault(source=guard.plain(source), why=f"its {how} stream is damaged ({error})") from None
