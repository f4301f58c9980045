"""The shapes of a port's local link connection."""

from typing import Any

import pytest

from baremetal import errors
from baremetal.api import types
from baremetal.api.ports import link

MAC, DATAPATH = "aa:bb:cc:dd:ee:ff", "0123456789abcdef"
VTEP = {"vtep-logical-switch": "a", "vtep-physical-switch": "b"}

# fmt: off
CASES: list[tuple[Any, bool]] = [
    ({},                                                                  True),
    ({"port_id": "a", "switch_id": MAC},                                  True),
    ({"port_id": "a", "switch_id": DATAPATH},                             True),
    ({"port_id": "a", "switch_id": MAC, "switch_info": "x"},              True),
    ({"port_id": "a", "switch_id": MAC, "network_type": "managed"},       True),
    ({"port_id": "a", "hostname": "h"},                                   True),
    ({"port_id": "a", "hostname": "h", "switch_id": MAC},                 True),
    ({"network_type": "unmanaged"},                                       True),
    ({"network_type": "unmanaged", "port_id": "a"},                       True),
    ({"port_id": "a", **VTEP},                                            True),
    ({"port_id": "a"},                                                    False),
    ({"switch_id": MAC},                                                  False),
    ({"hostname": "h"},                                                   False),
    ({"switch_info": "x"},                                                False),
    ({"network_type": "managed"},                                         False),
    ({"network_type": "x", "port_id": "a", "switch_id": MAC},             False),
    (VTEP,                                                                False),
    ({"port_id": "a", "vtep-logical-switch": "a"},                        False),
    ({"port_id": 1, "switch_id": MAC},                                    False),
    ({"port_id": "a", "switch_id": None},                                 False),
    ({"port_id": "a", "switch_id": ""},                                   False),
    ({"port_id": "a", "switch_id": "aa-bb-cc-dd-ee-ff"},                  False),
    ({"port_id": "a", "switch_id": "0x" + DATAPATH},                      False),
    ({"port_id": "a", "switch_id": MAC, "unicorn": "x"},                  False),
    ([],                                                                  False),
    ("x",                                                                 False),
]
# fmt: on


@pytest.mark.parametrize(("value", "good"), CASES)
def test_shapes(value: Any, good: bool) -> None:
    if good:
        assert types.check(link.LINK, value) == value
    else:
        with pytest.raises(ValueError, match=r"must be|is not known|no string"):
            types.check(link.LINK, value)


def test_switches_are_kept_in_lower_case() -> None:
    assert types.check(link.LINK, {"port_id": "A", "switch_id": MAC.upper()}) == {"port_id": "A", "switch_id": MAC}


@pytest.mark.parametrize(("value", "version", "good"), [
    ({"network_type": "unmanaged"}, 63, False), ({"network_type": "unmanaged"}, 64, True),
    ({"port_id": "a", **VTEP}, 89, False), ({"port_id": "a", **VTEP}, 90, True),
    ({"port_id": "a", **VTEP}, 104, True), ({"port_id": "a", **VTEP}, 105, False), (None, 1, True), ({}, 1, True)])
def test_keys_have_their_versions(value: Any, version: int, good: bool) -> None:
    if good:
        link.require(value, version)
    else:
        with pytest.raises(errors.NotAcceptable):
            link.require(value, version)
