"""What comes of a good report: properties, ports, boot mode, inventory, logs."""

from typing import Any

import pytest

from baremetal import config, inspection
from tests.unit.inspection import reports


def processed(raw: Any, *ports: Any, node: Any = None, **options: Any) -> inspection.Outcome:
    """What comes of a report under these options of [inspector]."""
    conf = config.build(**{f"inspector__{name}": value for name, value in options.items()})
    return inspection.process(raw, node or reports.node(), inspection.Around(ports), conf)


def test_a_new_node_gets_properties_and_the_port_that_booted() -> None:
    found = processed(reports.report(), node=reports.node(note="kept", capabilities="raid:1,boot_mode:bios"))
    assert found.failed is None
    assert found.properties == {"note": "kept", "capabilities": "raid:1,boot_mode:uefi", "cpu_arch": "x86_64",
                                "cpus": 2, "memory_mb": 2048, "local_gb": 9}
    assert (found.boot_mode, found.capabilities) == ("uefi", {"boot_mode": "uefi"})
    assert found.new_ports == [{"address": reports.BOOTED, "pxe_enabled": True, "extra": {},
                                "local_link_connection": {}}]
    assert (found.changed_ports, found.gone_ports) == ([], [])
    assert found.inventory == reports.REPORT["inventory"]
    assert found.logs == b"logs" and "logs" not in found.plugin_data and "inventory" not in found.plugin_data
    assert found.plugin_data["macs"] == [reports.BOOTED, reports.OTHER]
    assert set(found.plugin_data["valid_interfaces"]) == {"ens3", "ens4"}


def test_the_node_and_the_report_are_left_as_they_were() -> None:
    raw, node = reports.report(), reports.node(capabilities="a:b")
    processed(raw, node=node)
    assert raw == reports.REPORT and node.properties == {"capabilities": "a:b"}


# fmt: off
PORTS = [
    # add_ports   keep_ports  new                            gone
    ("all",       "all",      [reports.OTHER],               []),
    ("active",    "all",      [],                            []),
    ("pxe",       "present",  [],                            ["p2"]),
    ("disabled",  "all",      [],                            []),
    ("all",       "present",  [reports.OTHER],               ["p2"]),
    ("pxe",       "added",    [],                            ["p2"]),
    ("disabled",  "added",    [],                            ["p1", "p2"]),
]
# fmt: on


@pytest.mark.parametrize(("add", "keep", "new", "gone"), PORTS)
def test_ports_are_added_and_kept_as_configured(add: str, keep: str, new: list[str], gone: list[str]) -> None:
    there = reports.port(reports.BOOTED), reports.port("52:54:00:99:99:99", "p2", pxe_enabled=False)
    found = processed(reports.report(), *there, add_ports=add, keep_ports=keep)
    assert [port["address"] for port in found.new_ports] == new
    assert all(port["pxe_enabled"] is False for port in found.new_ports)
    assert (found.gone_ports, found.changed_ports) == (gone, [])


def test_only_what_booted_is_for_booting() -> None:
    there = reports.port(reports.BOOTED, "p1", pxe_enabled=False), reports.port(reports.OTHER, "p2")
    found = processed(reports.report(), *there)
    assert found.changed_ports == [("p1", {"pxe_enabled": True}), ("p2", {"pxe_enabled": False})]


def test_where_nobody_knows_what_booted_all_may() -> None:
    raw = reports.report(inventory__boot={"current_boot_mode": "bios"}, boot_interface=None)
    found = processed(raw, reports.port(reports.BOOTED, pxe_enabled=False))
    assert found.changed_ports == []
    assert [(port["address"], port["pxe_enabled"]) for port in found.new_ports] == [(reports.OTHER, True)]


# fmt: off
HINTS = [
    ({"name": "/dev/vdb"},                  39),
    ({"serial": "TWO"},                     39),
    ({"size": 10},                          9),
    ({"size": ">= 20"},                     39),
    ({"size": "> 5", "rotational": False},  39),
    ({"size": "<or> 11 <or> 40"},           39),
    ({"rotational": "true"},                9),
    ({"by_path": "s!= x"},                  9),
    ({"serial": "<in> wo"},                 39),
    ({"name": "<or> /dev/sda <or> /dev/vdb"}, 39),
    ({"wwn": "0x5"},                        None),
    ({"size": "big"},                       None),
]
# fmt: on


@pytest.mark.parametrize(("hints", "size"), HINTS)
def test_hints_choose_the_root_disk(hints: dict[str, Any], size: int | None) -> None:
    found = processed(reports.report(), node=reports.node(root_device=hints))
    if size is None:
        assert found.failed is not None and f"{next(iter(hints))} {next(iter(hints.values()))}" in found.failed
    else:
        assert (found.failed, found.properties["local_gb"]) == (None, size)


def test_without_a_root_disk_there_is_none() -> None:
    assert processed(reports.report(root_disk=None, inventory__disks=[])).properties["local_gb"] == 0


def test_lldp_is_named_and_says_where_ports_are_plugged_in() -> None:
    there = reports.port(reports.BOOTED, local_link_connection='{"switch_info":"row 1","port_id":"old"}')
    found = processed(reports.report(lldp_raw={"ens3": reports.LLDP}), there)
    assert found.failed is None
    assert found.plugin_data["parsed_lldp"] == {"ens3": {
        "switch_chassis_id": "88:11:33:55:77:9a", "switch_port_id": "Ethernet1/1",
        "switch_port_description": "port one", "switch_system_name": "sw-1", "switch_system_description": "a switch",
        "switch_capabilities_support": ["Bridge", "Router"], "switch_capabilities_enabled": ["Bridge"],
        "switch_mgmt_addresses": ["10.77.0.254"], "switch_port_untagged_vlan_id": 101,
        "switch_port_vlans": [{"id": 101, "name": "vlan101"}, {"id": 700, "name": "big"}],
        "switch_port_protocol_vlan_support": True, "switch_port_protocol_vlan_enabled": True,
        "switch_port_protocol_vlan_ids": [10], "switch_protocol_identities": [""],
        "switch_port_link_aggregation_support": True, "switch_port_link_aggregation_enabled": False,
        "switch_port_link_aggregation_id": 255, "switch_port_autonegotiation_support": True,
        "switch_port_autonegotiation_enabled": True,
        "switch_port_physical_capabilities": ["10BASE-T hdx", "10BASE-T fdx", "100BASE-TX hdx", "100BASE-TX fdx",
                                              "Asym and Sym PAUSE fdx", "1000BASE-T fdx"],
        "switch_port_mau_type": 30, "switch_port_mtu": 9216}}
    assert found.changed_ports == [("p1", {"local_link_connection": {
        "switch_info": "row 1", "switch_id": "88:11:33:55:77:9a", "port_id": "Ethernet1/1"}})]


def test_a_switch_that_sends_nonsense_spoils_nothing() -> None:
    nonsense = [[1, ""], [1, "04aa"], [2, ""], [7, "00"], [8, "ff01"], [127, ""], [127, "0080c203"], [5, "xyz"],
                [5, "ff"]]
    found = processed(reports.report(lldp_raw={"ens3": nonsense}))
    assert found.failed is None
    assert found.new_ports[0]["local_link_connection"] == {}
    assert found.plugin_data["parsed_lldp"] == {"ens3": {"switch_system_name": "\ufffd"}}


def test_more_hooks_when_asked_for() -> None:
    found = processed(
        reports.report(), hooks=["validate-interfaces", "ports", "cpu-capabilities", "physical-network"],
        physical_network_cidr_map=["10.78.0.0/24:other", "10.77.0.0/24:provisioning"])
    assert found.capabilities == {"cpu_hugepages": "true", "cpu_aes": "true", "cpu_vt": "true",
                                  "cpu_hugepages_1g": "true"}
    assert found.new_ports[0]["physical_network"] == "provisioning"


def test_options_that_cannot_be_are_named() -> None:
    with pytest.raises(ValueError, match=r"\[inspector\]hooks has 'magic' in it; it may have: accelerators, "):
        inspection.chosen(config.build(inspector__hooks=["ports", "magic"]))
    assert "'magic'" in str(processed(reports.report(), hooks=["magic"]).failed)
    bad = processed(reports.report(), hooks=["validate-interfaces", "ports", "physical-network"],
                    physical_network_cidr_map=["10.0.0.0"])
    assert "physical_network_cidr_map" in str(bad.failed)
