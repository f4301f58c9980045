"""Small files for a first deployment: a kernel and a ramdisk that nobody runs, and an image with data and holes."""

import dataclasses
import hashlib
import pathlib
import typing

MIB = 1024 ** 2
IMAGE_SIZE = 8 * MIB
#: where the image has data: offset and length; the rest are holes
DATA = ((0, MIB), (3 * MIB, MIB), (6 * MIB, MIB // 2))
#: one partition of type Linux, from the second MiB to the end
PARTITION = bytes((0x80, 0, 2, 0, 0x83, 0, 0, 0)) + (2048).to_bytes(4, "little") + (
    (IMAGE_SIZE - MIB) // 512).to_bytes(4, "little")
TABLE_AT, MARK_AT, MARK = 446, 510, b"\x55\xaa"


@dataclasses.dataclass(frozen=True)
class Files:
    """Where they are."""

    kernel: pathlib.Path
    """Deploy kernel of simulated servers."""
    ramdisk: pathlib.Path
    """Deploy ramdisk of simulated servers."""
    image: pathlib.Path
    """Raw image with a partition table."""
    sha256: str
    """The image's checksum."""


def make(folder: pathlib.Path) -> Files:
    """Write the files that are missing, the same ones each time, and return where they are."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    paths = {name: folder / name for name in ("deploy.kernel", "deploy.ramdisk", "demo.raw")}
    for path in paths.values():
        if not path.exists():
            unfinished = path.with_suffix(path.suffix + ".new")
            with unfinished.open("wb") as file:
                _image(file) if path.suffix == ".raw" else file.write(noise(path.name, MIB // 4))
            unfinished.replace(path)
    with paths["demo.raw"].open("rb") as image:
        checksum = hashlib.file_digest(image, "sha256").hexdigest()
    return Files(paths["deploy.kernel"], paths["deploy.ramdisk"], paths["demo.raw"], checksum)


def noise(name: str, size: int) -> bytes:
    """Return bytes that look like data, the same ones for a name each time."""
    return hashlib.shake_128(name.encode()).digest(size)


def _image(file: typing.BinaryIO) -> None:
    for offset, length in DATA:
        data = bytearray(noise(f"demo image at {offset}", length))
        if offset == 0:
            data[TABLE_AT:MARK_AT] = PARTITION.ljust(MARK_AT - TABLE_AT, b"\0")
            data[MARK_AT:MARK_AT + len(MARK)] = MARK
        file.seek(offset)
        file.write(data)
    file.truncate(IMAGE_SIZE)
