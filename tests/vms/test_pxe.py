"""Network boot without iPXE: PXELINUX where the firmware is a BIOS, shim and GRUB where it is UEFI."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from baremetal import milestones
from baremetal.lab.vms import lab
from tests.vms import day

#: machine: what its firmware must have fetched
LOADERS = {"vm-1": "lpxelinux.0", "vm-2": "shimx64.efi"}


@pytest.fixture(scope="module")
def service(machines: lab.Lab, booted: Path, images: Path, workdir: Path, clients: Path) -> Iterator[day.Service]:
    """A service of its own, with both machines enrolled."""
    folder = workdir / "pxe-vms"
    folder.mkdir()
    yield from day.serve(machines, booted, images, folder, clients)


def test_both_kinds_of_firmware_boot_the_ramdisk(service: day.Service) -> None:
    for name in ("vm-1", "vm-2"):
        service.cli("node", "set", name, "--boot-interface", "pxe")
        service.cli("node", "manage", "--wait", "300", name)
        service.cli("node", "inspect", name)
    for name in ("vm-1", "vm-2"):
        service.until("manageable", name)
        assert service.node(name)["last_error"] is None, service.story(name)
        assert milestones.LOADER in service.story(name), service.story(name)
        # the ROM of the first one is iPXE: it takes PXELINUX all the same, whose configuration is asked for by name
        assert LOADERS[name] in service.story(name), service.story(name)
