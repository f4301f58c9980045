"""Config drives: what an operator gave, as the text that is written to a disk: base64 of gzip of an ISO 9660 image.

Given as an object it is built here; given as text it is checked and passed on; given as a URL it is fetched first.
"""

import base64
import binascii
import dataclasses
import gzip
import io
import json
import typing
import zlib

import pycdlib
import pycdlib.pycdlibexception

from baremetal import errors

LABEL = "config-2"
LARGEST = 64 << 20                  # the partition that agents make for it
LARGEST_TEXT = LARGEST * 4 // 3 + (1 << 20)
FOLDERS = ("2012-08-10", "latest")
VOLUME = 16 * 2048                  # where ISO 9660 begins to describe itself
KEYS = ("meta_data", "user_data", "network_data", "vendor_data")
#: key: file
FILES = {
    "meta_data": "meta_data.json",
    "user_data": "user_data",
    "network_data": "network_data.json",
    "vendor_data": "vendor_data2.json",
}

Drive = str | dict[str, typing.Any]
#: (URL, most bytes) -> content; ``Library.read`` is one
Reader = typing.Callable[[str, int], bytes]


@dataclasses.dataclass(frozen=True)
class Facts:
    """What is known of the node, for what the operator left out."""

    uuid: str
    name: str | None = None
    hostname: str | None = None
    network_data: dict[str, typing.Any] | None = None


def build(drive: Drive, facts: Facts, read: Reader) -> str:
    """Return the text of ``drive``. What is wrong with it is an ``errors.ConfigDriveWrong`` that says what."""
    if isinstance(drive, dict):
        return _pack(_image(_files(drive, facts)))
    if not isinstance(drive, str):
        raise errors.ConfigDriveWrong(why=f"it is {type(drive).__name__}; right would be an object with "
                                      f"{', '.join(KEYS)}, the base64 text of a gzipped ISO, or a URL")
    if "://" in drive:
        return _check(read(drive.strip(), LARGEST_TEXT))
    return _check(drive.encode(errors="replace"))


def check(drive: Drive, facts: Facts) -> None:
    """Raise what ``build`` would, as far as that is known without fetching; cheaper, for nothing is packed."""
    if isinstance(drive, dict):
        _files(drive, facts)
    elif not isinstance(drive, str) or "://" not in drive:
        build(drive, facts, _unread)


def _unread(_url: str, _most: int) -> bytes:
    raise AssertionError("what is no URL is not fetched")


def _files(drive: dict[str, typing.Any], facts: Facts) -> dict[str, bytes]:
    """Return the files of a drive that was given as an object."""
    unknown = sorted(set(drive) - set(KEYS))
    if unknown:
        raise errors.ConfigDriveWrong(why=f"it has {', '.join(unknown)}; known are {', '.join(KEYS)}")
    for key in ("meta_data", "network_data", "vendor_data"):
        if not isinstance(drive.get(key), dict | None):
            raise errors.ConfigDriveWrong(why=f"its {key} is {type(drive[key]).__name__}; right would be an object")
    user = drive.get("user_data")
    if not isinstance(user, str | dict | list | None):
        raise errors.ConfigDriveWrong(why=f"its user_data is {type(user).__name__}; right would be text, an object "
                                      "or a list")
    content: dict[str, typing.Any] = {
        "meta_data": _named(drive.get("meta_data") or {}, facts),
        "network_data": drive.get("network_data") or facts.network_data,
        "vendor_data": drive.get("vendor_data"),
        "user_data": user,
    }
    try:
        files = {FILES[key]: value.encode() if isinstance(value, str) else json.dumps(value).encode()
                 for key, value in content.items() if value}
    except UnicodeEncodeError as error:
        raise errors.ConfigDriveWrong(why=f"its user_data is not text ({error.reason})") from None
    size = sum(len(content) for content in files.values()) * len(FOLDERS)
    if size > LARGEST - (1 << 20):
        raise errors.ConfigDriveWrong(why=f"it would have {size} bytes; it may have {LARGEST} with its file system")
    return files


def _named(meta_data: dict[str, typing.Any], facts: Facts) -> dict[str, typing.Any]:
    """Return ``meta_data`` with what the node itself says where the operator said nothing."""
    hostname = meta_data.get("name") or facts.hostname or facts.name
    known = {"uuid": facts.uuid, "name": facts.name, "hostname": hostname}
    return {**{key: value for key, value in known.items() if value}, **meta_data}


def _image(files: dict[str, bytes]) -> bytes:
    """Return an ISO image with ``files`` in each of the folders, by long names (Rock Ridge and Joliet)."""
    iso, written = pycdlib.PyCdlib(), io.BytesIO()
    iso.new(interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident=LABEL)
    try:
        iso.add_directory("/OPENSTACK", rr_name="openstack", joliet_path="/openstack")
        for folder in FOLDERS:
            short = "/OPENSTACK/" + folder.upper().replace("-", "_")
            iso.add_directory(short, rr_name=folder, joliet_path=f"/openstack/{folder}")
            for name, content in files.items():
                stem, _, ending = name.upper().partition(".")
                iso.add_fp(io.BytesIO(content), len(content), f"{short}/{stem}.{ending};1", rr_name=name,
                           joliet_path=f"/openstack/{folder}/{name}")
        iso.write_fp(written)
    finally:
        iso.close()
    return written.getvalue()


def _pack(image: bytes) -> str:
    """Return the text of an image; the same image gives the same text."""
    return base64.b64encode(gzip.compress(image, compresslevel=6, mtime=0)).decode()


def _check(text: bytes) -> str:
    """Return the text of a drive that somebody else made, if it is one."""
    try:
        packed = base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise errors.ConfigDriveWrong(why=f"its text is not base64 ({error})") from None
    if not packed:
        raise errors.ConfigDriveWrong(why="it is empty")
    image = _unzip(packed)
    if _label(image).lower() != LABEL:
        raise errors.ConfigDriveWrong(why=f"its content is no ISO 9660 or FAT image labelled {LABEL} (its label is "
                                      f"{_label(image)!r})")
    return base64.b64encode(packed).decode()


def _unzip(packed: bytes) -> bytes:
    """Return the content of gzip, within bounds."""
    stream = zlib.decompressobj(wbits=31)
    try:
        image = stream.decompress(packed, LARGEST + 1)
    except zlib.error as error:
        raise errors.ConfigDriveWrong(why=f"under base64 it is not gzip ({error})") from None
    if len(image) > LARGEST:
        raise errors.ConfigDriveWrong(why=f"it has more than {LARGEST} bytes unpacked")
    if not stream.eof:
        raise errors.ConfigDriveWrong(why="its gzip data ends before its time")
    return image


def _label(image: bytes) -> str:
    """Return the label of an ISO 9660 or FAT file system; empty when it is neither."""
    if image[VOLUME + 1:VOLUME + 6] == b"CD001":
        return image[VOLUME + 40:VOLUME + 72].decode("ascii", errors="replace").strip()
    if image[510:512] == b"\x55\xaa":
        for kind, at in ((b"FAT32", 71), (b"FAT", 43)):
            if image[at + 11:at + 11 + len(kind)] == kind:
                return image[at:at + 11].decode("ascii", errors="replace").strip()
    return ""
