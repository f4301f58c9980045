"""Loading what is enabled, choosing what a node uses, naming what is wrong."""

import pathlib
import typing

import pytest

from baremetal import config, errors
from baremetal.drivers import interface, load
from tests.contract import devices, packages


def test_defaults_bind_every_type_that_is_enabled_by_default() -> None:
    loaded = load.Drivers(config.build())
    for name in loaded.types:
        assert set(loaded.bind(devices.node(name))) == set(interface.KINDS)
        assert set(loaded.interfaces(name)) == set(interface.KINDS)


#: hardware type: what its nodes use when nothing is said
DEFAULTS = {
    "fake-hardware": {**dict.fromkeys(interface.KINDS, "fake"), "network": "noop", "storage": "noop"},
    "ipmi": {"bios": "no-bios", "boot": "ipxe", "console": "no-console", "deploy": "direct",
             "firmware": "no-firmware", "inspect": "agent", "management": "ipmitool", "network": "noop",
             "power": "ipmitool", "raid": "no-raid", "rescue": "agent", "storage": "noop", "vendor": "ipmitool"},
    "manual-management": {"bios": "no-bios", "boot": "ipxe", "console": "no-console", "deploy": "direct",
                          "firmware": "no-firmware", "inspect": "agent", "management": "noop", "network": "noop",
                          "power": "fake", "raid": "no-raid", "rescue": "agent", "storage": "noop",
                          "vendor": "no-vendor"},
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_default_interfaces(name: str) -> None:
    found = load.Drivers(config.build()).interfaces(name)
    assert {kind: entry["default"] for kind, entry in found.items()} == DEFAULTS[name]


def test_fakes_come_last_for_ipmi_and_must_be_named() -> None:
    found = load.Drivers(config.build()).interfaces("ipmi")
    for kind in ("boot", "deploy", "inspect"):
        assert found[kind]["enabled"][-1] == "fake" != found[kind]["default"]
    assert [kind for kind in found if "fake" in found[kind]["enabled"]] == ["boot", "deploy", "inspect"]


def test_properties_are_those_of_the_defaults() -> None:
    loaded = load.Drivers(config.build())
    assert set(loaded.properties("fake-hardware")) == {"B1", "B2"}
    assert loaded.properties("ipmi")["ipmi_address"].endswith("Required.")
    assert set(loaded.properties("manual-management")) >= {"deploy_kernel", "deploy_ramdisk"}
    assert not [key for key, says in loaded.properties("manual-management").items() if says.endswith("Required.")]


def test_conf_chooses_the_default_for_types_that_support_it() -> None:
    loaded = load.Drivers(config.build(default_deploy_interface="fake"))
    chosen = {name: loaded.interfaces(name)["deploy"]["default"] for name in loaded.types}
    assert chosen == {"ipmi": "fake", "manual-management": "direct", "fake-hardware": "fake"}


#: options, words of the sentence at start
WRONG: list[tuple[dict[str, typing.Any], str]] = [
    ({"enabled_hardware_types": ["ipmi", "impi"]},
     r"\[DEFAULT\]enabled_hardware_types names 'impi'.*fake-hardware, ipmi"),
    ({"enabled_power_interfaces": ["ipmitol", "fake"]}, r"enabled_power_interfaces names 'ipmitol'.*fake, ipmitool"),
    ({"default_power_interface": "redfish"}, r"default_power_interface is 'redfish'.*ipmitool, fake"),
]


@pytest.mark.parametrize(("options", "says"), WRONG)
def test_wrong_names_are_told_at_start(options: dict[str, typing.Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        load.Drivers(config.build(**options))


def test_a_type_without_an_implementation_is_told_at_start() -> None:
    with pytest.raises(errors.InterfaceUndecided, match="enabled_power_interfaces to one of: ipmitool"):
        load.Drivers(config.build(enabled_power_interfaces=["fake"]))


def test_a_package_that_does_not_load_is_told_at_start(tmp_path: pathlib.Path) -> None:
    (tmp_path / "torn_driver.py").write_text("import a_library_that_is_not_there\n")
    facts = tmp_path / "torn-1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: torn\nVersion: 1\n")
    (facts / "entry_points.txt").write_text("[baremetal.power]\ntorn = torn_driver:Power\n")
    says = "'torn' of baremetal.power cannot be loaded.*a_library_that_is_not_there"
    with packages.visible(tmp_path), pytest.raises(ValueError, match=says):
        load.Drivers(config.build(enabled_power_interfaces=["torn", "fake", "ipmitool"]))


def test_only_enabled_ones_are_usable() -> None:
    loaded = load.Drivers(config.build(enabled_hardware_types=["ipmi", "fake-hardware"],
                                       enabled_deploy_interfaces=["noop", "fake"]))
    assert loaded.choose("ipmi", "deploy", "fake").name == "fake"
    assert loaded.choose("ipmi", "deploy", None).name == "noop"
    with pytest.raises(errors.DriverUnknown, match="manual-management.*fake-hardware, ipmi"):
        loaded.choose("manual-management", "power", None)
    with pytest.raises(errors.InterfaceUnknown, match="'power_interface' cannot be 'fake'.*supported are: ipmitool"):
        loaded.choose("ipmi", "power", "fake")


def test_fake_hardware_takes_whatever_is_enabled() -> None:
    loaded = load.Drivers(config.build())
    assert loaded.choose("fake-hardware", "power", "ipmitool").name == "ipmitool"
    assert "ipmitool" not in loaded.interfaces("fake-hardware")["power"]["enabled"]
    with pytest.raises(errors.InterfaceUnknown):
        loaded.choose("fake-hardware", "power", "redfish")


def test_a_node_is_bound_as_its_columns_say() -> None:
    node = devices.node("ipmi", deploy_interface="fake", management_interface="noop")
    bound = load.Drivers(config.build()).bind(node)
    assert (bound["deploy"].name, bound["management"].name, bound["power"].name) == ("fake", "noop", "ipmitool")
