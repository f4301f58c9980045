"""Steps, RAID, config drives, network data: what fits, and how what does not is named."""

from typing import Any

import pytest

from baremetal import errors
from baremetal.api import shapes, types

STEP = {"interface": "deploy", "step": "erase"}
DISK = {"raid_level": "1", "size_gb": 10}
NETWORK: dict[str, Any] = {"links": [], "networks": [], "services": []}

# fmt: off
FITS: list[tuple[types.Kind, Any]] = [
    (shapes.STEP,         STEP),
    (shapes.STEP,         STEP | {"args": {"a": [1]}, "order": 0, "execute_on_child_nodes": True}),
    (shapes.DEPLOY_STEP,  STEP | {"args": {}, "priority": 0}),
    (shapes.RAID,         {"logical_disks": [DISK, DISK | {"size_gb": "MAX", "is_root_volume": True}]}),
    (shapes.RAID,         {"logical_disks": [DISK | {"controller": "c", "physical_disks": ["a"]}]}),
    (shapes.RAID,         {"logical_disks": [DISK | {"physical_disks": [{"size": "> 1"}, {}]}]}),
    (shapes.NETWORK_DATA, NETWORK),
    (shapes.NETWORK_DATA, NETWORK | {"links": [{"id": "l", "type": "phy", "mtu": 9000}]}),
    (shapes.CONFIG_DRIVE, {}),
    (shapes.CONFIG_DRIVE, {"meta_data": {}, "network_data": {}, "user_data": "text", "vendor_data": {}}),
    (shapes.CONFIG_DRIVE, {"user_data": None}),
    (shapes.CONFIG_DRIVE, {"user_data": ["a"]}),
    (shapes.CONFIG_DRIVE, "http://server/drive"),
    (shapes.CONFIG_DRIVE, "H4sIAAAA\nAAAA"),
]

#: kind, value, words of the fault
WRONG: list[tuple[types.Kind, Any, tuple[str, ...]]] = [
    (shapes.Each(shapes.STEP), [STEP, {"interface": "deploy"}],             ("'1'", "'step'")),
    (shapes.STEP,         STEP | {"interface": "boot"},                      ("'interface'", "'boot'", "vendor")),
    (shapes.STEP,         STEP | {"priority": 1},                            ("'priority'", "order")),
    (shapes.STEP,         STEP | {"order": -1},                              ("'order'",)),
    (shapes.STEP,         STEP | {"order": True},                            ("'order'",)),
    (shapes.STEP,         STEP | {"args": "hush"},                           ("'args'",)),
    (shapes.STEP,         STEP | {"limit_child_node_execution": ["a"]},      ("'limit_child_node_execution'", "'0'")),
    (shapes.STEP,         "erase",                                           ("object",)),
    (shapes.DEPLOY_STEP,  STEP,                                              ("'args'",)),
    (shapes.RAID,         {"logical_disks": []},                             ("'logical_disks'",)),
    (shapes.RAID,         {"disks": []},                                     ("'logical_disks'",)),
    (shapes.RAID,         {"logical_disks": [DISK | {"raid_level": "9"}]},   ("'raid_level'", "'9'")),
    (shapes.RAID,         {"logical_disks": [DISK | {"size_gb": "10"}]},     ("'size_gb'",)),
    (shapes.RAID,         {"logical_disks": [DISK | {"physical_disks": [{}]}]}, ("'physical_disks'",)),
    (shapes.NETWORK_DATA, {"links": [], "networks": []},                     ("'services'",)),
    (shapes.NETWORK_DATA, NETWORK | {"links": [{"id": "l"}]},                ("'links'", "'0'", "'type'")),
    (shapes.CONFIG_DRIVE, {"unicorn": 1},                                    ("'unicorn'",)),
    (shapes.CONFIG_DRIVE, {"meta_data": "a"},                                ("'meta_data'",)),
    (shapes.CONFIG_DRIVE, '{"unicorn": 1}',                                  ("'unicorn'",)),
    (shapes.CONFIG_DRIVE, "{",                                               ("JSON",)),
    (shapes.CONFIG_DRIVE, "%%%",                                             ("base64",)),
    (shapes.CONFIG_DRIVE, 5,                                                 ("URL",)),
]
# fmt: on


@pytest.mark.parametrize(("kind", "value"), FITS)
def test_fits(kind: types.Kind, value: Any) -> None:
    assert shapes.check("it", kind, value) == value


@pytest.mark.parametrize(("kind", "value", "words"), WRONG)
def test_does_not_fit_and_says_where(kind: types.Kind, value: Any, words: tuple[str, ...]) -> None:
    with pytest.raises(errors.Invalid) as raised:
        shapes.check("it", kind, value)
    assert "'it'" in raised.value.text
    assert [word for word in words if word not in raised.value.text] == []
    assert "hush" not in raised.value.text
