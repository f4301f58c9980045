"""The hooks that no default has: PCI devices, accelerators, extra hardware, the device of a RAID."""

import json
import pathlib
from typing import Any

import pytest

from baremetal import config, inspection
from tests.unit.inspection import reports

PCI = [{"vendor_id": "10de", "product_id": "1eb8", "class": "030200", "revision": "a1", "bus": "0000:3b:00.0"},
       {"vendor_id": "10de", "product_id": "1eb8", "class": "030200", "revision": "a1", "bus": "0000:af:00.0"},
       {"vendor_id": "8086", "product_id": "1521", "class": "020000", "revision": "01", "bus": "0000:01:00.0"}, 7]
ALIAS = json.dumps({"vendor_id": "8086", "product_id": "1521", "name": "nic"})


def run(hook: str, report: Any, node: Any = None, previous: Any = None, **options: Any) -> inspection.Outcome:
    """What one hook makes of a report."""
    conf = config.build(inspector__hooks=[hook], **{f"inspector__{name}": value for name, value in options.items()})
    return inspection.process(report, node or reports.node(), inspection.Around(previous=previous), conf)


def test_pci_devices_with_a_name_are_counted() -> None:
    gpu = json.dumps({"vendor_id": "10de", "product_id": "1eb8", "name": "gpu"})
    assert run("pci-devices", reports.report(pci_devices=PCI), pci_device_alias=[ALIAS, gpu]
               ).capabilities == {"gpu": "2", "nic": "1"}
    assert run("pci-devices", reports.report(inventory__pci_devices=PCI), pci_device_alias=[ALIAS]
               ).capabilities == {"nic": "1"}
    assert run("pci-devices", reports.report(pci_devices=PCI)).capabilities == {}
    assert run("pci-devices", reports.report(), pci_device_alias=[ALIAS]).capabilities == {}


@pytest.mark.parametrize("line", ["{", "7", '{"vendor_id": "1"}', '{"vendor_id": "1", "product_id": "2", "x": "y"}'])
def test_wrong_names_of_pci_devices_are_told(line: str) -> None:
    found = run("pci-devices", reports.report(pci_devices=PCI), pci_device_alias=[line])
    assert found.failed is not None and "[inspector]pci_device_alias" in found.failed and line in found.failed


def test_known_accelerators_are_noted(tmp_path: pathlib.Path) -> None:
    found = run("accelerators", reports.report(pci_devices=PCI))
    assert [(one["type"], one["vendor_id"], one["device_id"], one["pci_address"])
            for one in found.properties["accelerators"]] == [
        ("GPU", "10de", "1eb8", "0000:3b:00.0"), ("GPU", "10de", "1eb8", "0000:af:00.0")]
    own = tmp_path / "own.yaml"
    own.write_text("pci_devices: [{vendor_id: '8086', device_id: '1521', type: NIC}]")
    found = run("accelerators", reports.report(pci_devices=PCI), known_accelerators=str(own))
    assert found.properties["accelerators"] == [
        {"vendor_id": "8086", "device_id": "1521", "type": "NIC", "pci_address": "0000:01:00.0"}]
    # those that are gone are forgotten, those nobody looked for are not
    was = reports.node(accelerators=[{"type": "GPU"}])
    assert run("accelerators", reports.report(pci_devices=PCI[2:]), was).properties["accelerators"] == []
    assert run("accelerators", reports.report(), was).properties["accelerators"] == [{"type": "GPU"}]


@pytest.mark.parametrize("text", [None, "[", "[]", "pci_devices: [{vendor_id: a}]", "pci_devices: 7"])
def test_a_wrong_list_of_accelerators_is_named(tmp_path: pathlib.Path, text: str | None) -> None:
    own = tmp_path / "own.yaml"
    if text is not None:
        own.write_text(text)
    found = run("accelerators", reports.report(pci_devices=PCI), known_accelerators=str(own))
    assert found.failed is not None and "[inspector]known_accelerators" in found.failed


def test_extra_hardware_becomes_an_object() -> None:
    data = [["cpu", "physical_0", "cores", "8"], ["cpu", "physical_0", "vendor", "Intel"], [], ["short"],
            ["disk", "sda", "size", 10]]
    found = run("extra-hardware", reports.report(data=data))
    assert found.plugin_data["extra"] == {"cpu": {"physical_0": {"cores": 8, "vendor": "Intel"}},
                                          "disk": {"sda": {"size": 10}}}
    assert "data" not in found.plugin_data
    # in another form it is left alone, or forgotten where it must be right
    assert run("extra-hardware", reports.report(data={"a": 1})).plugin_data["data"] == {"a": 1}
    strict = run("extra-hardware", reports.report(data=data), extra_hardware_strict=True)
    assert not {"data", "extra"} & set(strict.plugin_data)
    assert "extra" not in run("extra-hardware", reports.report()).plugin_data


def test_the_one_new_disk_becomes_the_root_device() -> None:
    def root(previous: Any, **properties: Any) -> Any:
        return run("raid-device", reports.report(), reports.node(**properties), previous).properties.get("root_device")
    assert root({"disks": [{"serial": "one"}]}) == {"serial": "two"}
    assert root({"disks": [{"serial": "one"}, {"serial": "two"}]}) is None
    assert root({"disks": []}) is None          # two are new
    assert root(None) is None
    assert root({"disks": [{"serial": "one"}]}, root_device={"name": "x"}) == {"name": "x"}


def test_capabilities_of_processors_are_configured() -> None:
    found = run("cpu-capabilities", reports.report(), cpu_capabilities={"fpu": "has_fpu", "avx": "has_avx"})
    assert found.capabilities == {"has_fpu": "true"}
