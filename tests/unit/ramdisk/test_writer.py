"""An image written by its map is the image, whatever lay there before and whatever the server does."""

import hashlib
import json
import os
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.ramdisk import conftest

# the package is found by the path that conftest has added
from baremetal_ramdisk import blockmap, failure, source, writer  # isort: skip

MIB = 1 << 20
SIZE = 80 * MIB


@pytest.fixture(params=["file", "file in memory", "loop device", "loop device without discard"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A disk full of old data."""
    folder = Path("/dev/shm") if "memory" in request.param else tmp_path
    path = folder / f"disk-{os.getpid()}"
    path.write_bytes(b"old data" * (SIZE // 8))
    if "loop" not in request.param:
        yield path
        path.unlink()
        return
    made = subprocess.run(["losetup", "--find", "--show", path], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no loop device: {made.stderr}")
    loop = Path(made.stdout.strip())
    limit = Path("/sys/block", loop.name, "queue/discard_max_bytes")
    try:
        if "without" in request.param:
            limit.write_text("0")
        yield loop
    finally:
        subprocess.run(["losetup", "--detach", loop], check=True)
        path.unlink()


def origin(**options: typing.Any) -> source.Source:
    return source.Source(**{"attempts": 3, "pause": 0, "timeout": 60, **options})


def write(path: Path, offer: conftest.Offer, **options: typing.Any) -> writer.Report:
    server = origin(**options)
    try:
        return writer.write(str(path), offer.image_url, server.map(offer.map_url, offer.sha256), server)
    finally:
        server.close()


def test_disk_has_the_image_and_nothing_old(disk: Path, offer: conftest.Offer) -> None:
    report = write(disk, offer)
    content = disk.read_bytes()
    assert content[:len(offer.content)] == offer.content
    assert not content[-MIB:].strip(b"\0")      # no old backup partition table
    assert report.written < 30 * MIB and report.received < 31 * MIB and report.requests == 5
    assert sum(report.zeroed_by.values()) >= report.virtual_size - report.written


def test_server_that_breaks_off(tmp_path: Path, offer: conftest.Offer) -> None:
    path = tmp_path / "disk"
    path.write_bytes(b"x" * SIZE)
    offer.site.break_after = [len(offer.text), 10 * MIB, 1000, 5 * MIB]
    write(path, offer)
    assert path.read_bytes()[:len(offer.content)] == offer.content


def test_server_trouble_passes(tmp_path: Path, offer: conftest.Offer) -> None:
    path = tmp_path / "disk"
    path.write_bytes(bytes(SIZE))
    offer.site.statuses = [503, 500]
    assert write(path, offer).written


@pytest.mark.parametrize(("habit", "value", "words"), [
    ("ranges", False, "does not give ranges"), ("statuses", [404], "404"), ("statuses", [503] * 3, "503"),
])
def test_server_that_does_not_serve(tmp_path: Path, offer: conftest.Offer, habit: str, value: typing.Any,
                                        words: str) -> None:
    path = tmp_path / "disk"
    path.write_bytes(bytes(SIZE))
    setattr(offer.site, habit, value)
    with pytest.raises(failure.Unreachable, match=words) as unreachable:
        write(path, offer)
    assert "secret-key" not in str(unreachable.value)


def test_content_that_was_changed_is_not_written(tmp_path: Path, offer: conftest.Offer) -> None:
    path = tmp_path / "disk"
    path.write_bytes(bytes(SIZE))
    changed = bytearray(offer.content)
    changed[20 * MIB] ^= 1
    offer.site.files["/boot/secret-key/image"] = bytes(changed)
    with pytest.raises(failure.Unreachable, match="expected was"):
        write(path, offer)
    assert path.read_bytes()[17 * MIB:25 * MIB] == bytes(8 * MIB)


def test_map_that_was_changed(offer: conftest.Offer) -> None:
    with pytest.raises(failure.Damaged, match="expected was"):
        origin().map(offer.map_url, "0" * 64)


@pytest.mark.parametrize("told", [
    {}, [], {"virtual_size": 5, "extents": [[0, 6, "x"]]}, {"virtual_size": 5, "extents": [[3, 1, "x"], [0, 1, "x"]]},
    {"virtual_size": 5, "extents": [[-1, 1, "x"]]}, {"virtual_size": 5, "extents": [[0, 0, "x"]]},
    {"virtual_size": 1 << 40, "extents": [[0, 1 << 30, "x"]]}, {"virtual_size": 5, "extents": [[0, 1]]},
])
def test_maps_that_are_none(told: typing.Any) -> None:
    text = json.dumps(told).encode()
    with pytest.raises(failure.Damaged):
        blockmap.parse(text, hashlib.sha256(text).hexdigest())


def test_image_too_large_touches_nothing(tmp_path: Path, offer: conftest.Offer) -> None:
    path = tmp_path / "disk"
    path.write_bytes(b"old" * MIB)
    with pytest.raises(failure.TooLarge, match="image too large"):
        write(path, offer)
    assert path.read_bytes() == b"old" * MIB


def test_importing_needs_no_agent_and_does_nothing() -> None:
    told = ("import sys, baremetal_ramdisk.writer; "
            "assert not [name for name in sys.modules if 'ironic' in name or 'oslo' in name]")
    folder = Path(__file__).parents[3] / "ramdisk"
    subprocess.run([sys.executable, "-c", told], check=True, env={
        "PYTHONPATH": os.pathsep.join([str(folder), str(Path(pytest.__file__).parents[1])])})
