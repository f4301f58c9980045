"""Reads files from an ISO 9660 image with Joliet or Rock Ridge names, as a system reads its config drive. Nothing else.

It is our own, beside whatever the house writes such images with: what one of them gets wrong, the other shows.
"""

import struct
import typing

SECTOR = 2048
FIRST_DESCRIPTOR = 16
PRIMARY, SUPPLEMENTARY, LAST = 1, 2, 255
JOLIET = (b"%/@", b"%/C", b"%/E")
FOLDER = 2
DEEPEST = 16


class Malformed(Exception):
    """That is no ISO 9660 image, or a broken one."""


class Entry(typing.NamedTuple):
    """One file or folder."""

    name: str
    place: int
    size: int
    is_folder: bool


def label(image: bytes) -> str:
    """Return the label of the volume."""
    return _descriptors(image)[PRIMARY][40:72].decode("ascii", "replace").strip()


def files(image: bytes) -> dict[str, bytes]:
    """Return all files by their paths."""
    found = _descriptors(image)
    joliet = SUPPLEMENTARY in found
    root = _entry(found[SUPPLEMENTARY if joliet else PRIMARY][156:190], joliet=joliet)
    return dict(_walk(image, root, "", joliet=joliet))


def _descriptors(image: bytes) -> dict[int, bytes]:
    """Return the primary descriptor and that of Joliet, if there is one."""
    found: dict[int, bytes] = {}
    for number in range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + 32):
        sector = image[number * SECTOR:(number + 1) * SECTOR]
        if sector[1:6] != b"CD001" or len(sector) < SECTOR:
            raise Malformed("there is no ISO 9660 file system")
        if sector[0] == LAST:
            break
        if sector[0] == PRIMARY or (sector[0] == SUPPLEMENTARY and sector[88:91] in JOLIET):
            found.setdefault(sector[0], sector)
    if PRIMARY not in found:
        raise Malformed("the ISO 9660 file system has no primary descriptor")
    return found


def _entry(record: bytes, *, joliet: bool) -> Entry:
    place, size = struct.unpack_from("<I", record, 2)[0], struct.unpack_from("<I", record, 10)[0]
    length = record[32]
    raw = record[33:33 + length]
    name = raw.decode("utf-16-be" if joliet else "ascii", "replace")
    if not joliet:
        name = _rock_ridge(record[33 + length + (length + 1) % 2:]) or name
    return Entry(name.partition(";")[0], place, size, bool(record[25] & FOLDER))


def _rock_ridge(area: bytes) -> str:
    """Return the long name in a record's system use area; empty: there is none."""
    name = b""
    while len(area) >= 4 and area[2] >= 4:
        if area[:2] == b"NM":
            name += area[5:area[2]]
        area = area[area[2]:]
    return name.decode("utf-8", "replace")


def _walk(image: bytes, folder: Entry, path: str, *, joliet: bool, depth: int = 0
          ) -> typing.Iterator[tuple[str, bytes]]:
    content = image[folder.place * SECTOR:folder.place * SECTOR + folder.size]
    if len(content) < folder.size or depth > DEEPEST:
        raise Malformed(f"the folder {path or '/'} lies outside of the image")
    place, seen = 0, 0
    while place < len(content):
        length = content[place]
        if not length:      # the rest of the sector is empty
            place = (place // SECTOR + 1) * SECTOR
            continue
        record, place, seen = content[place:place + length], place + length, seen + 1
        if seen <= 2:       # the folder itself and the one above it
            continue
        entry = _entry(record, joliet=joliet)
        if entry.is_folder:
            yield from _walk(image, entry, f"{path}{entry.name}/", joliet=joliet, depth=depth + 1)
        else:
            yield path + entry.name, image[entry.place * SECTOR:entry.place * SECTOR + entry.size]
