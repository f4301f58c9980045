"""The package beside the product made importable, an image of it, and a server of it."""

import dataclasses
import hashlib
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from baremetal.images import blockmap
from tests.unit.images import web

sys.path.insert(0, str(Path(__file__).parents[3] / "ramdisk"))
MIB = 1 << 20


@dataclasses.dataclass
class Offer:
    """A raw image and its map on a server."""

    site: web.Site
    content: bytes
    text: bytes

    @property
    def image_url(self) -> str:
        return f"{self.site.url}/boot/secret-key/image"

    @property
    def map_url(self) -> str:
        return f"{self.site.url}/boot/secret-key/image.map"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text).hexdigest()


@pytest.fixture
def offer(tmp_path: Path) -> Iterator[Offer]:
    """An image of 64 MiB with data here and there, a hole at each end of an extent, and an odd end."""
    content = bytearray(64 * MIB + 512)
    for start, length in ((0, 3 * MIB), (9 * MIB, 20 * MIB), (40 * MIB + 5, 100), (64 * MIB, 512)):
        content[start:start + length] = random.Random(start).randbytes(length)
    path = tmp_path / "raw"
    path.write_bytes(content)
    text = blockmap.make(path).text().encode()
    with web.serve() as site:
        site.files = {"/boot/secret-key/image": bytes(content), "/boot/secret-key/image.map": text}
        yield Offer(site, bytes(content), text)
