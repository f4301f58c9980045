"""What is on the disks of a simulated computer: which image was written, and what its system would find at its boot."""

import base64
import binascii
import dataclasses
import gzip
import json
import struct
import typing
import zlib

from baremetal.lab.agent import failures, iso, profile

HEAD = 64 * 1024
SECTOR = 512
MBR_MARK, MBR_PLACE, MBR_ENTRIES, MBR_ENTRY = b"\x55\xaa", 510, 446, 16
QCOW2 = b"QFI\xfb"
LARGEST_CONFIGDRIVE = 64 * 1024 * 1024
#: files of a config drive that are kept: where they lie there
KEPT = {"meta_data": "openstack/latest/meta_data.json", "network_data": "openstack/latest/network_data.json",
        "vendor_data": "openstack/latest/vendor_data.json"}
USER_DATA = "openstack/latest/user_data"


@dataclasses.dataclass
class Written:
    """An image on a disk."""

    image: str
    """Its id, as the agent was told."""
    sha256: str
    """SHA-256 of all bytes as they were sent; of the whole disk for a block map. Empty: too large."""
    size: int
    """Bytes that it occupies on the disk."""
    received: int
    """Bytes that came over the network."""
    by: str
    """agent or block map."""
    device: str
    """Disk on which it lies."""
    format: str = "raw"
    """What it was before it was written."""
    configdrive: dict[str, typing.Any] | None = None
    """What its config drive says; None: there is none."""

    def boots(self) -> dict[str, typing.Any]:
        """Return what the running system is, as an onlooker would see it."""
        drive = self.configdrive or {}
        meta = drive.get("meta_data") or {}
        return {"what": "image", "image": self.image, "sha256": self.sha256, "size": self.size, "by": self.by,
                "device": self.device, "hostname": meta.get("hostname") or meta.get("name"),
                "configdrive": self.configdrive}


@dataclasses.dataclass
class Disk:
    """One disk and what is on it."""

    drive: profile.Drive
    """As it was bought."""
    written: Written | None = None
    """The image on it; None: it is empty."""
    erased: str = ""
    """The last way in which it was erased: metadata or all."""

    def erase(self, way: str) -> None:
        """Forget what is on it."""
        self.written, self.erased = None, way


def configdrive(content: str | bytes, node: str) -> dict[str, typing.Any]:
    """Return what a config drive says: base64 of gzip of an ISO image, as the agent takes it; raise Failure."""
    try:
        packed = base64.b64decode(content)
    except (binascii.Error, ValueError) as error:
        raise failures.Failure("DeploymentError", f"Config drive for node {node} is not base64 encoded or the content "
                                                  f"is malformed. Error: {error}.") from error
    try:
        image = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        raise failures.Failure("DeploymentError", f"Config drive for node {node} is not gzipped or the content is "
                                                  f"malformed. Error: {error}.") from error
    if len(image) > LARGEST_CONFIGDRIVE:
        raise failures.Failure("DeploymentError", "Config drive size exceeds maximum limit of 64MiB. Size of the "
                               f"given config drive is {len(image) // profile.MIB} MiB for node {node}.")
    return _read(image)


def _read(image: bytes) -> dict[str, typing.Any]:
    """Return what the system would read; an image that no system can read says so, as it would on its console."""
    try:
        found = iso.files(image)
        return {"label": iso.label(image), "files": sorted(found),
                **{name: json.loads(found[path]) for name, path in KEPT.items() if path in found},
                **({"user_data": found[USER_DATA].decode("utf-8", "replace")} if USER_DATA in found else {})}
    except (iso.Malformed, ValueError, IndexError, struct.error) as error:
        return {"error": f"the config drive cannot be read: {error}"}


def image_format(head: bytes) -> tuple[str, int | None]:
    """Return what an image is by its first bytes, and its virtual size when that stands there."""
    if head.startswith(QCOW2):
        return "qcow2", int.from_bytes(head[24:32], "big")
    if head[32769:32774] == b"CD001":
        return "iso", None
    return ("gpt" if has_table(head) else "raw"), None


def has_table(head: bytes) -> bool:
    """Return whether a disk that begins so has a table with at least one partition."""
    if head[MBR_PLACE:MBR_PLACE + 2] != MBR_MARK:
        return False
    return any(head[MBR_ENTRIES + number * MBR_ENTRY + 4] for number in range(4))
