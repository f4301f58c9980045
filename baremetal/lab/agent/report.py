"""What the agent finds when it looks around: the inventory, and the report of an inspection, in the real shapes."""

import base64
import io
import tarfile
import typing

from baremetal.lab.agent import disks, failures, hints, profile

FLAGS = ["fpu", "vme", "de", "pse", "tsc", "msr", "pae", "aes", "sse4_2", "avx2", "vmx"]
DEFAULT_COLLECTORS = "default,logs"
#: LLDP's types of what a switch tells
CHASSIS, PORT, LIVES, SYSTEM, END = 1, 2, 3, 5, 0
BY_MAC, BY_NAME = "04", "05"


class Seen(typing.Protocol):
    """The computer that the agent runs on."""

    def size(self, disk: disks.Disk) -> int:
        """Return the size that a disk turns out to have."""

    def describe_system(self) -> dict[str, str]:
        """Return name, serial and boot mode."""

    hardware: profile.Hardware
    disks: list[disks.Disk]
    address: str


def neighbours(seen: Seen, place: int) -> list[list[typing.Any]]:
    """Return what the switch at the other end of a cable tells: [type, hexadecimal]."""
    port = int(seen.hardware.nics[0].mac.replace(":", "")[-6:], 16) + 1
    switch = f"5254790000{place:02x}"
    name = f"leaf-{place + 1}".encode().hex()
    return [[CHASSIS, BY_MAC + switch], [PORT, BY_NAME + f"Ethernet1/{port}".encode().hex()], [LIVES, "0078"],
            [SYSTEM, name], [END, ""]]


def inventory(seen: Seen, *, lldp: bool) -> dict[str, typing.Any]:
    """Return what is in the box, as ``list_hardware_info`` of the real agent does."""
    box, told = seen.hardware, seen.describe_system()
    nics = [{"name": nic.name, "mac_address": nic.mac, "ipv4_address": seen.address if place == 0 else None,
             "ipv6_address": None, "has_carrier": nic.cabled, "lldp": neighbours(seen, place) if lldp else None,
             "vendor": "0x8086", "product": "0x1572", "client_id": None, "biosdevname": None, "speed_mbps": 10000,
             "pci_address": nic.pci, "driver": "i40e"} for place, nic in enumerate(box.nics)]
    return {
        "interfaces": nics,
        "cpu": {"model_name": "Lab CPU 3.0", "frequency": "3000.0000", "count": box.cpus, "architecture": box.arch,
                "flags": FLAGS, "socket_count": 1},
        "disks": [hints.described(disk, seen.size(disk)) for disk in seen.disks],
        "memory": {"total": (box.memory_mb - 300) * profile.MIB, "physical_mb": box.memory_mb},
        "bmc_address": seen.address, "bmc_v6address": "::/0", "bmc_mac": None,
        "system_vendor": {"product_name": "Lab Server", "serial_number": told["serial"], "manufacturer": "Lab",
                          "firmware": {"vendor": "Lab", "version": "1.0", "build_date": "01/01/2026"}},
        "boot": {"current_boot_mode": told["mode"], "pxe_interface": box.nics[0].mac},
        "hostname": told["name"],
    }


def inspection(seen: Seen, parameters: dict[str, str], story: typing.Iterable[str]) -> dict[str, typing.Any]:
    """Return the report that the collectors, which the kernel's command line asks for, put together."""
    names = [name.strip() for name in (parameters.get("ipa-inspection-collectors") or DEFAULT_COLLECTORS).split(",")]
    lldp = parameters.get("ipa-collect-lldp", "").lower() in hints.TRUE
    found = inventory(seen, lldp=lldp)
    report: dict[str, typing.Any] = {
        "inventory": found,
        "boot_interface": parameters.get("BOOTIF") or "01-" + seen.hardware.nics[0].mac.replace(":", "-"),
        "configuration": {"collectors": names, "managers": [{"name": "generic_hardware_manager", "version": "1.2"}]},
        "error": None}
    try:
        root = hints.root_device(seen.disks, None, seen.size)
        report["root_disk"] = hints.described(root, seen.size(root))
    except failures.Failure:
        pass    # as the real one: without a disk that is large enough the report has none
    if "logs" in names:
        report["logs"] = logs(story)
    if "lldp" in names:
        report["lldp_raw"] = {nic.name: neighbours(seen, place) for place, nic in enumerate(seen.hardware.nics)}
    if "pci-devices" in names:
        report["pci_devices"] = [{"vendor_id": "8086", "product_id": "1572", "class": "020000", "revision": "02",
                                  "bus": nic.pci, "numa_node_id": "0"} for nic in seen.hardware.nics]
    return report


def logs(story: typing.Iterable[str]) -> str:
    """Return the logs of the ramdisk: base64 of a compressed archive."""
    content, packed = "\n".join(story).encode() + b"\n", io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        entry = tarfile.TarInfo("journal")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return base64.b64encode(packed.getvalue()).decode()
