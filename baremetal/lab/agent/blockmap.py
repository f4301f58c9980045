"""Writes an image by its block map as the house's hardware manager in a ramdisk does: extents with a checksum each.

A map is JSON: ``virtual_size`` and ``extents``, each offset, length and SHA-256; what it does not list reads as zeros.
"""

import asyncio
import copy
import dataclasses
import hashlib
import json
import typing

import aiohttp

from baremetal.lab.agent import disks, failures, fetch

if typing.TYPE_CHECKING:
    from baremetal.lab.agent import process


LARGEST_HASHED, ZEROS = 64 * 1024 * 1024, 256 * 1024


@dataclasses.dataclass(frozen=True)
class Sources:
    """From where an image comes, and what must be true of it."""

    image_url: str
    """The raw image, of which parts can be fetched."""
    map_sha256: str
    """SHA-256 of the map's text."""
    info: dict[str, typing.Any]
    """The image's image_info."""


async def write(agent: "process.Agent", text: str, sources: Sources, disk: disks.Disk) -> disks.Written:
    """Fetch and verify all extents of a map; raise Failure."""
    name, found = sources.info["id"], hashlib.sha256(text.encode()).hexdigest()
    if found != sources.map_sha256:
        raise failures.download(name, f"the block map has sha256 {found}, expected was {sources.map_sha256}",
                                fatal=True)
    plan = json.loads(text)
    size, room = plan["virtual_size"], agent.computer.size(disk)
    if size > room:
        raise failures.Failure("DeploymentError",
                               f"the image has {size} bytes, {disk.drive.name} has {room}: image too large")
    head, received, whole = b"", 0, Whole(size)
    for offset, length, checksum in plan["extents"]:
        whole.hole(offset)
        first, whole = await _extent(agent, sources, (offset, length), checksum, whole)
        received += length
        if offset < disks.HEAD:
            head = head.ljust(offset, b"\0") + first
    whole.hole(size)
    if not disks.has_table(head):
        raise failures.Failure("DeploymentError",
                               f"No partitions found on the device {disk.drive.name} after writing the image.")
    return disks.Written(name, whole.sha256(), size, received, "block map", disk.drive.name)


class Whole:
    """The SHA-256 of a disk as far as it is written, holes as zeros; very large ones are not worth the time."""

    def __init__(self, size: int) -> None:
        self._digest, self._place, self._counts = hashlib.sha256(), 0, size <= LARGEST_HASHED

    def copy(self) -> "Whole":
        """Return another one, for a try that may not succeed."""
        made = copy.copy(self)
        made._digest = self._digest.copy()
        return made

    def data(self, chunk: bytes) -> None:
        """Take what was written."""
        self._place += len(chunk)
        if self._counts:
            self._digest.update(chunk)

    def hole(self, until: int) -> None:
        """Go on to a place."""
        while self._counts and self._place < until:
            self.data(bytes(min(ZEROS, until - self._place)))
        self._place = until

    def sha256(self) -> str:
        """Return it; empty for what is too large."""
        return self._digest.hexdigest() if self._counts else ""


async def _extent(agent: "process.Agent", sources: Sources, part: tuple[int, int], checksum: str, whole: Whole
                  ) -> tuple[bytes, Whole]:
    """Fetch one extent, again when it breaks; return its first bytes, and the disk as it is then."""
    name = sources.info["id"]
    for attempt in range(agent.profile.attempts):
        digest, head, tried = hashlib.sha256(), b"", whole.copy()
        try:
            async for chunk in fetch.stream(agent, sources.info, sources.image_url, name, part):
                digest.update(chunk)
                tried.data(chunk)
                head += chunk[:disks.HEAD - len(head)]
            if digest.hexdigest() == checksum:
                return head, tried
            wrong = f"the checksum of the {part[1]} bytes at {part[0]} is {digest.hexdigest()}, not {checksum}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            wrong = f"{type(error).__name__} {error}"
        agent.tell(f"extent at {part[0]} failed, {attempt + 1} of {agent.profile.attempts}: {wrong}")
        await asyncio.sleep(agent.profile.pause)
    raise failures.download(name, wrong)
