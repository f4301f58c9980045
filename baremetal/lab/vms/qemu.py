"""The command line of one machine's QEMU process, from its plan. Pure: starts nothing."""

import dataclasses
import pathlib
import typing

from baremetal.lab.vms import plan

CODE, VARS = "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"
NEEDS = ("qemu-system-x86_64", "qemu-img", "ip", "/usr/lib/ipxe/qemu")
NEEDS_UEFI = ("/usr/share/OVMF/OVMF_CODE_4M.fd",)
#: accelerator: how it is asked for, and which processor; page tables of five levels only slow emulation down
ACCELERATORS = {"tcg": ("tcg,thread=multi", "max,la57=off"), "kvm": ("kvm", "host")}

#: what an IPMI boot device means: the kinds of devices in the order they are tried
ORDER = {
    "pxe": ("net", "disk", "cd"),
    "disk": ("disk", "net", "cd"),
    "cdrom": ("cd", "disk", "net"),
}
USUAL = "disk"
CONSOLE = "console=ttyS0,115200"
"""What a kernel needs to be told so that it speaks on the machine's only console."""


@dataclasses.dataclass(frozen=True)
class Place:
    """One machine of a lab, and its files."""

    lab: plan.Plan
    number: int

    @property
    def machine(self) -> plan.Machine:
        """What it is to be."""
        return self.lab.machines[self.number]

    @property
    def name(self) -> str:
        """Its name in the lab."""
        return self.lab.name(self.number)

    def file(self, kind: str) -> pathlib.Path:
        """Return the path of one of its files."""
        return self.lab.folder / f"{self.name}.{kind}"

    def disks(self) -> list[pathlib.Path]:
        """Return the files of its disks."""
        return [self.file(f"disk{number}.qcow2") for number in range(len(self.machine.disks))]

    @property
    def console(self) -> pathlib.Path:
        """All that its serial console ever said."""
        return self.file("console.log")


def order(machine: plan.Machine, device: str) -> dict[str, int]:
    """Return for each bootable device its place when ``device`` comes first; what QEMU has no way for is the disk."""
    kinds = {"net": [f"net{card}" for card in range(machine.nics)],
             "disk": [f"disk{number}" for number in range(len(machine.disks))], "cd": ["cd0"]}
    names = [name for kind in ORDER.get(device, ORDER[USUAL]) for name in kinds[kind]]
    return {name: place for place, name in enumerate(names)}


def arguments(place: Place, device: str, accelerator: str, monitor: int) -> list[str]:
    """Return the whole command line. ``monitor`` is the descriptor that QEMU speaks QMP on."""
    first = order(place.machine, device)
    return [*_machine(place, accelerator, monitor), *_firmware(place), *_network(place, first), *_disks(place, first)]


def _machine(place: Place, accelerator: str, monitor: int) -> list[str]:
    accel, cpu = ACCELERATORS[accelerator]
    smbios = {"manufacturer": "baremetal lab", "product": "Virtual Server", "serial": serial(place),
              "uuid": str(place.lab.guid(place.number))}
    return [
        "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-name", place.name,
        "-machine", "q35,graphics=off", "-accel", accel, "-cpu", cpu, "-smp", str(place.machine.cpus),
        "-m", str(place.machine.memory), "-display", "none", "-uuid", smbios["uuid"],
        "-smbios", "type=1," + ",".join(f"{key}={value}" for key, value in smbios.items()),
        "-chardev", f"socket,id=monitor,fd={monitor}", "-mon", "chardev=monitor,mode=control",
        "-chardev", (f"socket,id=serial,path={place.file('serial').name},server=on,wait=off,"
                     f"logfile={place.console.name},logappend=on"),
        "-serial", "chardev:serial", "-device", "virtio-rng-pci",
    ]


def _firmware(place: Place) -> list[str]:
    if place.machine.firmware == "bios":
        return []
    return ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={CODE}",
            "-drive", f"if=pflash,format=raw,unit=1,file={place.file('nvram').name}"]


def _network(place: Place, first: dict[str, int]) -> list[str]:
    # OVMF has a driver for the card; iPXE in its ROM would be started beside it
    rom = ",romfile=" if place.machine.firmware == "uefi" else ""
    words: list[str] = []
    for card, (tap, mac) in enumerate(zip(place.lab.taps(place.number), place.lab.macs(place.number), strict=True)):
        words += ["-netdev", f"tap,id=wire{card},ifname={tap},script=no,downscript=no",
                  "-device", (f"virtio-net-pci,id=net{card},netdev=wire{card},mac={mac},"
                              f"bootindex={first[f'net{card}']}{rom}")]
    return words


def _disks(place: Place, first: dict[str, int]) -> list[str]:
    words: list[str] = []
    for number, file in enumerate(place.disks()):
        words += ["-drive", f"file={file.name},if=none,id=store{number},cache=unsafe,discard=unmap,detect-zeroes=unmap",
                  "-device", (f"virtio-blk-pci,id=disk{number},drive=store{number},"
                              f"serial={serial(place)}-{number},bootindex={first[f'disk{number}']}")]
    return [*words, "-drive", "if=none,id=tray,media=cdrom,readonly=on",
            "-device", f"ide-cd,id=cd0,bus=ide.0,drive=tray,bootindex={first['cd0']}"]


def serial(place: Place) -> str:
    """Return the serial number on the sticker."""
    return f"LAB{place.lab.guid(place.number).hex[:8].upper()}"


def describe(place: Place) -> dict[str, typing.Any]:
    """Return what enrolment, and somebody who looks for its files, wants to know."""
    return {"firmware": place.machine.firmware, "architecture": plan.ARCHITECTURE, "memory_mb": place.machine.memory,
            "cpus": place.machine.cpus, "disks": [size >> 30 for size in place.machine.disks],
            "macs": place.lab.macs(place.number), "console": str(place.console),
            "serial_socket": str(place.file("serial")), "kernel_append_params": CONSOLE}
