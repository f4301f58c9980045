"""Software RAID of a simulated computer."""

import uuid
from typing import Any

import pytest

from baremetal.lab import machine
from baremetal.lab.agent import computer, failures, hints, profile, raid

ROOT = {"raid_level": "1", "size_gb": 100, "controller": "software"}
REST = {"raid_level": "0", "size_gb": "MAX", "controller": "software"}
NODE = {"uuid": "n"}


@pytest.fixture
def owner() -> computer.Computer:
    """A computer with its two disks."""
    box = machine.Machine(machine.Identity("m", uuid.uuid4(), "s"), lambda _seconds, _then: None)
    return computer.Computer(box, profile.hardware(1), profile.Profile())


def _names(owner: computer.Computer) -> dict[str, int]:
    return {disk.drive.name: disk.drive.size // profile.GIB for disk in owner.disks}


def test_volumes_are_disks_and_the_smallest_is_the_root(owner: computer.Computer) -> None:
    config = {"logical_disks": [ROOT, REST]}
    assert raid.create(owner, config, NODE) == config
    assert _names(owner) == {"/dev/sda": 200, "/dev/sdb": 1000, "/dev/md0": 100, "/dev/md1": 298}
    assert hints.root_device(owner.disks, None, owner.size).drive.name == "/dev/md0"
    raid.delete(owner)
    assert set(_names(owner)) == {"/dev/sda", "/dev/sdb"}


def test_a_mirror_over_all(owner: computer.Computer) -> None:
    raid.create(owner, {"logical_disks": [{**ROOT, "size_gb": "MAX"}]}, NODE)
    assert _names(owner)["/dev/md0"] == 199
    assert hints.described(owner.disks[-1], 1)["name"] == "/dev/md0"


@pytest.mark.parametrize("config", [None, {}, {"logical_disks": [{"raid_level": "1", "size_gb": 1}]}])
def test_nothing_to_build(owner: computer.Computer, config: Any) -> None:
    assert raid.create(owner, config, NODE) == {}
    assert len(owner.disks) == 2


#: configuration, words of the error
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"logical_disks": []}, "no logical disks"),
    ({"logical_disks": [ROOT, {**REST, "controller": "c"}]}, "all logical disks to have"),
    ({"logical_disks": [REST]}, "requires RAID-1 for the first"),
    ({"logical_disks": [ROOT, {**REST, "raid_level": "5"}]}, "level 5 with only 2"),
    ({"logical_disks": [ROOT, REST, REST]}, "one or two"),
    ({"logical_disks": [{**ROOT, "size_gb": "MAX"}, REST]}, "only one RAID device with size 'MAX'"),
]


def _said(found: Any) -> str:
    return str(found.value.plain())


@pytest.mark.parametrize(("config", "says"), WRONG)
def test_refused_in_the_agents_words(owner: computer.Computer, config: dict[str, Any], says: str) -> None:
    with pytest.raises(failures.Failure) as found:
        raid.create(owner, config, NODE)
    assert says in _said(found)


def test_what_is_there_is_not_overwritten(owner: computer.Computer) -> None:
    raid.create(owner, {"logical_disks": [ROOT]}, NODE)
    with pytest.raises(failures.Failure) as found:
        raid.create(owner, {"logical_disks": [ROOT]}, NODE)
    assert "Existing" in _said(found)
