"""Reports that are wrong: each fails with words that name what is wrong, none with a traceback."""

from typing import Any

import pytest

from baremetal import config, inspection
from tests.unit.inspection import reports

MANY = [{"name": f"e{number}", "mac_address": f"52:54:00:00:{number // 256:02x}:{number % 256:02x}"}
        for number in range(10_000)]


def nested(levels: int) -> Any:
    """An object nested so many levels."""
    found: Any = {}
    for _ in range(levels):
        found = {"a": [found]}
    return found


# fmt: off
CASES: list[tuple[Any, str]] = [
    (None,                                                     "must be an object with 'inventory'"),
    ([],                                                       "must be an object with 'inventory'"),
    ({},                                                       "no 'inventory'"),
    ({"inventory": []},                                        "inventory is a list"),
    ({"inventory": {}},                                        "inventory.interfaces is empty"),
    (reports.report(inventory__interfaces=[]),                 "inventory.interfaces is empty"),
    (reports.report(inventory__interfaces={}),                 "inventory.interfaces is an object"),
    (reports.report(inventory__interfaces=["eth0"]),           "inventory.interfaces.0 is the text 'eth0'"),
    (reports.report(inventory__interfaces=MANY),               "inventory.interfaces has 10000 items; at most 512"),
    (reports.report(inventory__disks=[None]),                  "inventory.disks.0 is null"),
    (reports.report(inventory__disks=7),                       "inventory.disks is 7"),
    (reports.report(deep=nested(5000)),                        "nested deeper than 32"),
    (reports.report(error="no disk found"),                    "ramdisk reports an error: no disk found"),
    (reports.report(error={"a": 1}),                           "ramdisk reports an error: {'a': 1}"),
    (reports.report(inventory__interfaces=[{"name": "lo", "mac_address": None}]),  "lo has mac_address 'None'"),
    (reports.report(inventory__interfaces=[{"mac_address": reports.BOOTED}]),      "number 0 has no name"),
    (reports.report(inventory__interfaces=[{"name": "e", "mac_address": "zz"}]),   "e has mac_address 'zz'"),
    (reports.report(inventory__interfaces=[{"name": 5, "mac_address": [5]}]),      "number 0 has no name"),
    (reports.report(inventory__cpu=None),                      "inventory.cpu.architecture is absent"),
    (reports.report(inventory__cpu="fast"),                    "inventory.cpu is the text 'fast'"),
    (reports.report(inventory__cpu__architecture=64),          "inventory.cpu.architecture is 64"),
    (reports.report(inventory__cpu__count="two"),              "inventory.cpu.count is the text 'two'"),
    (reports.report(inventory__cpu__count=-1),                 "inventory.cpu.count is -1"),
    (reports.report(inventory__cpu__count=True),               "inventory.cpu.count is True"),
    (reports.report(inventory__memory__physical_mb=1.5),       "inventory.memory.physical_mb is 1.5"),
    (reports.report(inventory__memory=[]),                     "inventory.memory is a list"),
    (reports.report(root_disk="/dev/sda"),                     "root_disk is the text '/dev/sda'"),
    (reports.report(root_disk={"size": "10G"}),                "root_disk.size is the text '10G'"),
    (reports.report(inventory__boot="uefi"),                   "inventory.boot is the text 'uefi'"),
    (reports.report(inventory__boot__current_boot_mode="x"),   "current_boot_mode is 'x'; it must be one of: uefi"),
    (reports.report(lldp_raw=[]),                              "lldp_raw is a list"),
    (reports.report(lldp_raw={"ens3": "01"}),                  "LLDP data of interface ens3 is no list"),
    (reports.report(lldp_raw={"ens3": [["1", "00"]]}),         "LLDP data of interface ens3 has ['1', '00']"),
    (reports.report(lldp_raw={"ens3": [[1]]}),                 "LLDP data of interface ens3 has [1]"),
]
# fmt: on


@pytest.mark.parametrize(("raw", "says"), CASES, ids=[says[:40] for _raw, says in CASES])
def test_what_is_wrong_is_said(raw: Any, says: str) -> None:
    found = inspection.process(raw, reports.node(), inspection.Around(), config.build())
    assert found.failed is not None and says in found.failed
    assert "broke" not in found.failed and len(found.failed) < 2500
    assert (found.new_ports, found.changed_ports, found.gone_ports) == ([], [], [])


def test_what_came_is_kept_when_it_failed() -> None:
    found = inspection.process(reports.report(error="boom"), reports.node(), inspection.Around(), config.build())
    assert found.logs == b"logs" and found.inventory and found.plugin_data["error"] == "boom"


@pytest.mark.parametrize("logs", [None, 7, "", "not base64!", "YQ", {}])
def test_logs_that_are_none_are_none(logs: Any) -> None:
    found = inspection.process(reports.report(logs=logs), reports.node(), inspection.Around(), config.build())
    assert found.failed is None and not isinstance(found.logs, str)


@pytest.mark.parametrize("capabilities", ["boot", "a:b,c", [1]])
def test_capabilities_of_the_node_that_are_none(capabilities: Any) -> None:
    found = inspection.process(reports.report(), reports.node(capabilities=capabilities), inspection.Around(),
                               config.build())
    if isinstance(capabilities, str):
        assert "properties/capabilities" in str(found.failed)
    else:
        assert found.properties["capabilities"] == "boot_mode:uefi"


@pytest.mark.parametrize("path", ["inventory__interfaces__1__ipv4_address", "inventory__interfaces__1__client_id",
                                  "inventory__boot__pxe_interface", "boot_interface", "inventory__cpu__flags",
                                  "inventory__disks__0__size", "inventory__disks__0__serial", "pci_devices"])
@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [[]], {"a": {}}, True, -1, "\ud800"])
def test_no_value_anywhere_breaks_a_hook(path: str, value: Any) -> None:
    hooks = [*config.build().inspector.hooks, "cpu-capabilities", "physical-network"]
    conf = config.build(inspector__hooks=hooks, inspector__physical_network_cidr_map=["10.0.0.0/8:a"])
    node = reports.node(root_device={"serial": "one", "size": "> 1"})
    around = inspection.Around((reports.port(reports.OTHER),))
    found = inspection.process(reports.report(**{path: value}), node, around, conf)
    assert found.failed is None or "broke" not in found.failed
