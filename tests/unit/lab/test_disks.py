"""Disks of simulated computers: root device hints, image formats, config drives, the demo image."""

import base64
import gzip
import pathlib
import typing

import pytest

from baremetal.lab import demo
from baremetal.lab.agent import disks, failures, hints, profile

DISKS = [disks.Disk(drive) for drive in profile.hardware(0).drives]


def size(disk: disks.Disk) -> int:
    """As bought."""
    return disk.drive.size


#: hints: the disk that they name
HINTS: list[tuple[dict[str, typing.Any], str]] = [
    ({}, "/dev/sda"), ({"name": "/dev/sdb"}, "/dev/sdb"), ({"name": "s== /dev/sdb"}, "/dev/sdb"),
    ({"size": 1000}, "/dev/sdb"), ({"size": ">= 300"}, "/dev/sdb"), ({"size": "<= 300"}, "/dev/sda"),
    ({"size": "> 10", "rotational": True}, "/dev/sdb"), ({"rotational": "false"}, "/dev/sda"),
    ({"model": "<in> disk"}, "/dev/sdb"), ({"model": "<all-in> lab <all-in> 1000"}, "/dev/sdb"),
    ({"name": "<or> /dev/nvme0n1 <or> /dev/sdb"}, "/dev/sdb"), ({"serial": DISKS[1].drive.serial.lower()}, "/dev/sdb"),
    ({"name": "s!= /dev/sda"}, "/dev/sdb"), ({"hctl": "1:0:0:0"}, "/dev/sdb"),
]


@pytest.mark.parametrize(("wanted", "name"), HINTS)
def test_hints(wanted: dict[str, typing.Any], name: str) -> None:
    assert hints.root_device(DISKS, wanted, size).drive.name == name


@pytest.mark.parametrize(("wanted", "why"), [
    ({"size": 5}, "these hints"), ({"colour": "red"}, "invalid"), ({"name": "/dev/none"}, "these hints")])
def test_no_disk(wanted: dict[str, typing.Any], why: str) -> None:
    with pytest.raises(failures.Failure, match=why) as found:
        hints.root_device(DISKS, wanted, size)
    assert found.value.kind == "DeviceNotFound"


def test_formats() -> None:
    table = bytes(450) + b"\x83" + bytes(59) + b"\x55\xaa"
    assert disks.image_format(b"QFI\xfb" + bytes(20) + (1 << 30).to_bytes(8, "big")) == ("qcow2", 1 << 30)
    assert (disks.image_format(table)[0], disks.image_format(bytes(512))[0]) == ("gpt", "raw")
    assert not disks.has_table(bytes(510) + b"\x55\xaa")


@pytest.mark.parametrize(("content", "why"), [
    ("abcde", "base64"), (base64.b64encode(b"x").decode(), "gzipped"),
    (base64.b64encode(gzip.compress(b"x")[:-4]).decode(), "gzipped")])
def test_config_drives_that_agents_refuse(content: str, why: str) -> None:
    with pytest.raises(failures.Failure, match=why):
        disks.configdrive(content, "node")


def test_config_drives_that_no_system_reads() -> None:
    assert "cannot be read" in disks.configdrive(base64.b64encode(gzip.compress(b"x" * 99999)), "node")["error"]


def test_demo_image(tmp_path: pathlib.Path) -> None:
    first, again = demo.make(tmp_path / "lab"), demo.make(tmp_path / "lab")
    assert first == again and first.image.stat().st_size == demo.IMAGE_SIZE
    assert disks.has_table(first.image.read_bytes()[:512])
    assert demo.make(tmp_path / "other").sha256 == first.sha256


def test_addresses_are_local_and_different() -> None:
    found = [mac for number in (0, 1, 255, 256, 59999) for mac in profile.macs(number)]
    assert len(set(found)) == len(found) and all(int(mac[:2], 16) & 3 == 2 for mac in found)
