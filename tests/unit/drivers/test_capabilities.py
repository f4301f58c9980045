"""Capabilities, and the boot mode that follows from them."""

import typing

import pytest

from baremetal import config, errors
from baremetal.drivers import capabilities
from tests.contract import devices

FORMS = [
    (None, {}), ("", {}), ({}, {}), ("a:b", {"a": "b"}), ("a:b, c:d:e ,", {"a": "b", "c": "d:e"}),
    ({"a": True}, {"a": "True"}), ('{"boot_mode": "uefi"}', {"boot_mode": "uefi"}),
]


@pytest.mark.parametrize(("value", "parsed"), FORMS)
def test_every_form_is_read(value: typing.Any, parsed: dict[str, str]) -> None:
    assert capabilities.parse(value) == parsed


@pytest.mark.parametrize("value", ["a", "a:b,c", "{a}"])
def test_other_forms_are_refused(value: str) -> None:
    with pytest.raises(errors.BadField, match="capabilities"):
        capabilities.parse(value)


#: columns of the node, the boot mode to use
MODES: list[tuple[dict[str, typing.Any], str]] = [
    ({}, "uefi"),
    ({"boot_mode": "bios"}, "bios"),
    ({"boot_mode": "bios", "properties": {"capabilities": "boot_mode:uefi"}}, "uefi"),
    ({"properties": {"capabilities": "boot_mode:uefi"}, "instance_info": {"deploy_boot_mode": "bios"}}, "bios"),
    ({"properties": {"capabilities": "boot_mode:uefi"}, "instance_info": {"capabilities": {"boot_mode": "bios"}}},
     "bios"),
    ({"boot_mode": "bios", "instance_info": {"capabilities": '{"secure_boot": "true"}'}}, "uefi"),
]


@pytest.mark.parametrize(("columns", "mode"), MODES)
def test_boot_mode(columns: dict[str, typing.Any], mode: str) -> None:
    assert capabilities.boot_mode(devices.node("ipmi", **columns), config.build()) == mode


def test_boot_mode_default_is_an_option() -> None:
    assert capabilities.boot_mode(devices.node("ipmi"), config.build(deploy__default_boot_mode="bios")) == "bios"


def test_unknown_boot_mode_is_refused() -> None:
    with pytest.raises(errors.BadField, match="bios, uefi"):
        capabilities.boot_mode(devices.node("ipmi", properties={"capabilities": "boot_mode:zap"}), config.build())
