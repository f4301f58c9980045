"""A report as the agent sends it from a small virtual machine with two interfaces, and the node that it is of."""

import copy
import types
from typing import Any

BOOTED, OTHER = "52:54:00:12:34:01", "52:54:00:12:34:02"
GIB = 2 ** 30

REPORT: dict[str, Any] = {
    "inventory": {
        "interfaces": [
            {"name": "lo", "mac_address": "00:00:00:00:00:00", "ipv4_address": "127.0.0.1", "ipv6_address": "::1",
             "has_carrier": True, "lldp": None, "vendor": None, "product": None, "client_id": None,
             "biosdevname": None, "speed_mbps": None, "pci_address": None, "driver": None},
            {"name": "ens3", "mac_address": BOOTED.upper(), "ipv4_address": "10.77.0.51",
             "ipv6_address": "fe80::5054:ff:fe12:3401%ens3", "has_carrier": True, "lldp": [], "vendor": "0x1af4",
             "product": "0x0001", "client_id": None, "biosdevname": None, "speed_mbps": None,
             "pci_address": "0000:00:03.0", "driver": "virtio_net"},
            {"name": "ens4", "mac_address": OTHER, "ipv4_address": None, "ipv6_address": None, "has_carrier": False,
             "lldp": None, "vendor": "0x1af4", "product": "0x0001", "client_id": None, "biosdevname": None,
             "speed_mbps": None, "pci_address": "0000:00:04.0", "driver": "virtio_net"}],
        "cpu": {"model_name": "QEMU Virtual CPU version 2.5+", "frequency": "2194.8400", "count": 2,
                "architecture": "x86_64", "flags": ["fpu", "pse", "aes", "vmx", "pdpe1gb"], "socket_count": 1},
        "disks": [
            {"name": "/dev/vda", "model": "", "size": 10 * GIB, "rotational": True, "wwn": None, "serial": "one",
             "vendor": "0x1af4", "hctl": None, "by_path": "/dev/disk/by-path/pci-0000:00:05.0",
             "logical_sectors": 512, "physical_sectors": 512, "tran": "virtio"},
            {"name": "/dev/vdb", "model": "", "size": 40 * GIB, "rotational": False, "wwn": None, "serial": "two",
             "vendor": "0x1af4", "hctl": None, "by_path": None, "logical_sectors": 512, "physical_sectors": 512,
             "tran": "virtio"}],
        "memory": {"total": 2079784960, "physical_mb": 2048},
        "bmc_address": None, "bmc_v6address": None,
        "system_vendor": {"product_name": "Standard PC (i440FX + PIIX, 1996)", "serial_number": "",
                          "manufacturer": "QEMU",
                          "firmware": {"vendor": "EFI Development Kit II / OVMF", "version": "0.0.0",
                                       "build_date": "02/06/2015"}},
        "boot": {"current_boot_mode": "uefi", "pxe_interface": BOOTED},
        "hostname": "localhost"},
    "root_disk": {"name": "/dev/vda", "size": 10 * GIB},
    "boot_interface": "01-52-54-00-12-34-01",
    "configuration": {"collectors": ["default", "logs"],
                      "managers": [{"name": "generic_hardware_manager", "version": "1.2"}]},
    "error": None,
    "logs": "bG9ncw==",
}

#: what a switch says to one interface
LLDP = [[1, "0488113355779a"], [2, "0545746865726e6574312f31"], [3, "0078"], [4, "706f7274206f6e65"],
        [5, "73772d31"], [6, "61207377697463680a"], [7, "00140004"], [8, "05010a4d00fe0200000001"],
        [127, "0080c2010065"], [127, "0080c203006507766c616e313031"], [127, "0080c20302bc03626967"],
        [127, "0080c20206000a"], [127, "0080c20400"], [127, "0080c20701000000ff"], [127, "00120f01036c11001e"],
        [127, "00120f042400"], [127, "ffffff01aa"], [0, ""]]


def report(**changes: Any) -> dict[str, Any]:
    """The report, with values at dotted paths changed (``inventory__cpu__count=4``)."""
    made = copy.deepcopy(REPORT)
    for path, value in changes.items():
        *way, last = path.split("__")
        place: Any = made
        for name in way:
            place = place[int(name)] if isinstance(place, list) else place[name]
        place[int(last) if isinstance(place, list) else last] = value
    return made


def node(**properties: Any) -> Any:
    """A node with these properties."""
    return types.SimpleNamespace(uuid="6c9f3b2e-0b6c-4f0d-9a30-5a54ad8f1c11", properties=properties)


def port(address: str, uuid: str = "p1", **columns: Any) -> Any:
    """A row of the table ports."""
    return types.SimpleNamespace(**{
        "id": 1, "uuid": uuid, "address": address, "pxe_enabled": True, "extra": "{}", "internal_info": None,
        "local_link_connection": None, "physical_network": None, **columns})
