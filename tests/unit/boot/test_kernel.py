"""Kernel lines: whose words count, and which are refused."""

import typing

import pytest

from baremetal import errors
from baremetal.boot import kernel
from tests.contract import devices

#: columns of the node, what is appended where the option says "nofb quiet"
APPENDED: list[tuple[dict[str, typing.Any], str]] = [
    ({}, "nofb quiet"),
    ({"driver_info": {"kernel_append_params": "console=ttyS0,115200n8"}}, "console=ttyS0,115200n8"),
    ({"driver_info": {"kernel_append_params": " %default%  console=tty1 "}}, "nofb quiet console=tty1"),
    ({"driver_info": {"kernel_append_params": ""}}, ""),
    ({"properties": {"kernel_append_params": "a"}, "driver_info": {"kernel_append_params": "b"}}, "b"),
    ({"instance_info": {"kernel_append_params": "c"}, "driver_info": {"kernel_append_params": "b"}}, "c"),
]


@pytest.mark.parametrize(("columns", "line"), APPENDED)
def test_what_is_appended(columns: dict[str, typing.Any], line: str) -> None:
    assert kernel.line(devices.node("ipmi", **columns), "nofb quiet", {}) == line


def test_what_the_agent_is_told_comes_last() -> None:
    node = devices.node("ipmi", instance_info={"kernel_append_params": "ipa-api-url=http://evil"})
    assert kernel.line(node, "", {"ipa-api-url": "http://10.0.0.1:6386", "ipa-debug": ""}) == (
        "ipa-api-url=http://evil ipa-api-url=http://10.0.0.1:6386 ipa-debug")


@pytest.mark.parametrize("text", [
    "a\nb", "a\r", "a\0", 'a="b c"', "a='b'", "a=${net0/mac}", "a;b", "a || shell", "a && reboot", "a|b", "a<b", "a>b",
    "{a", "a}", "a\\", "a`b`", "#a", "ä=1", "a=\u2028"])
def test_what_a_loader_would_read_as_its_own_is_refused(text: str) -> None:
    with pytest.raises(errors.BadField, match="kernel_append_params"):
        kernel.line(devices.node("ipmi", driver_info={"kernel_append_params": text}), "", {})
    with pytest.raises(errors.BadField, match="kernel parameter x"):
        kernel.line(devices.node("ipmi"), "", {"x": text})


def test_too_long_a_line_is_refused() -> None:
    with pytest.raises(errors.BadField, match="2048"):
        kernel.line(devices.node("ipmi", driver_info={"kernel_append_params": "a" * 2049}), "", {})


def test_the_line_of_an_instance() -> None:
    node = devices.node("ipmi", instance_info={"ramdisk_kernel_arguments": "rescue=1"})
    assert kernel.instance(node, "nofb") == "nofb rescue=1"
