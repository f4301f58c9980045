"""A library on a folder of its own, with a web server it may fetch from."""

import hashlib
import random
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

from baremetal import clock, config
from baremetal.images import checksum, library
from tests.unit.images import web

MIB = 1 << 20


@pytest.fixture
def site() -> Iterator[web.Site]:
    """A web server with habits."""
    with web.serve() as served:
        yield served


@pytest.fixture
def ticker() -> clock.MovedClock:
    """A clock that the test moves."""
    return clock.MovedClock()


Maker = typing.Callable[..., library.Library]


@pytest.fixture
def make(tmp_path: Path, ticker: clock.MovedClock) -> Maker:
    """Make a library; keywords are options."""
    def build(**options: typing.Any) -> library.Library:
        allowed = {"images__allowed_networks": ["127.0.0.1/32"], "images__attempts": 3,
                   "conductor__file_url_allowed_paths": [str(tmp_path / "allowed")],
                   "pxe__images_path": str(tmp_path / "images")}
        conf = config.build(state_path=str(tmp_path), **{**allowed, **options})
        return library.Library(conf, ticker)
    return build


@pytest.fixture
def books(make: Maker) -> library.Library:
    """A library with the options as they are."""
    return make()


def disk(data: int, holes: int = 0, seed: int = 1) -> bytes:
    """Bytes of a disk: ``data`` MiB of noise, then ``holes`` MiB of zeros."""
    return random.Random(seed).randbytes(data * MIB) + bytes(holes * MIB)


def promise(content: bytes, algorithm: str = "sha256") -> checksum.Promise:
    """The checksum of ``content``."""
    return checksum.Promise(hashlib.new(algorithm, content).hexdigest(), algorithm)


def left(books: library.Library) -> list[str]:
    """The names of all that a library has in work or content."""
    return sorted(path.relative_to(books.store.folder).as_posix() for name in ("work", "content")
                  for path in (books.store.folder / name).iterdir())
