"""What a target RAID configuration may say."""

import typing

import pytest

from baremetal import errors
from baremetal.drivers import raid

DISK = {"raid_level": "1", "size_gb": 100}
GOOD: list[dict[str, typing.Any]] = [
    {}, DISK, {**DISK, "size_gb": "MAX"}, {**DISK, "is_root_volume": True, "disk_type": "ssd"},
    {**DISK, "controller": "software", "physical_disks": [{"size": "> 100"}, {"size": "> 100"}]},
    {**DISK, "controller": "c", "physical_disks": ["a"]},
    {**DISK, "share_physical_disks": False, "interface_type": "sas", "number_of_physical_disks": 2, "volume_name": "v"},
]


@pytest.mark.parametrize("disk", GOOD)
def test_good(disk: dict[str, typing.Any]) -> None:
    raid.check({"logical_disks": [disk]} if disk else {})


#: configuration, words of the text
BAD: list[tuple[typing.Any, str]] = [
    ({"logical_disks": []}, "at least one disk"), ({"logical_disks": {}}, "at least one"),
    ({"disks": [DISK]}, "logical_disks"),
    ({"logical_disks": ["a"]}, "object"),
    ({"logical_disks": [{"size_gb": 1}]}, "raid_level"), ({"logical_disks": [{"raid_level": "1"}]}, "size_gb"),
    ({"logical_disks": [{**DISK, "raid_level": "7"}]}, "JBOD"), ({"logical_disks": [{**DISK, "size_gb": -1}]}, "MAX"),
    ({"logical_disks": [{**DISK, "size_gb": True}]}, "size_gb"), ({"logical_disks": [{**DISK, "zap": 1}]}, "zap"),
    ({"logical_disks": [{**DISK, "disk_type": "tape"}]}, "hdd or ssd"),
    ({"logical_disks": [{**DISK, "number_of_physical_disks": 0}]}, "from 1 on"),
    ({"logical_disks": [{**DISK, "physical_disks": ["a"]}]}, "controller"),
    ({"logical_disks": [{**DISK, "controller": "c", "physical_disks": [{"size": "> 1"}]}]}, "at least two"),
    ({"logical_disks": [{**DISK, "is_root_volume": True}] * 2}, "At most one"),
]


@pytest.mark.parametrize(("config", "says"), BAD)
def test_bad(config: typing.Any, says: str) -> None:
    with pytest.raises(errors.Fault, match=says) as met:
        raid.check(config)
    assert met.value.kind == "invalid"
