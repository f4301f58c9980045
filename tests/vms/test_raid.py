"""Software RAID on two real disks of a virtual machine, built and deleted by the real agent."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from baremetal.lab.vms import lab
from tests.vms import day

MACHINE = "vm-2"
MIRROR = {"raid_level": "1", "size_gb": 4, "controller": "software", "is_root_volume": True}


@pytest.fixture(scope="module")
def service(machines: lab.Lab, booted: Path, images: Path, workdir: Path, clients: Path) -> Iterator[day.Service]:
    """A service of its own, with both machines enrolled."""
    folder = workdir / "raid-vms"
    folder.mkdir()
    yield from day.serve(machines, booted, images, folder, clients)


def test_a_mirror_is_built_and_deleted(service: day.Service) -> None:
    # the client sends the RAID configuration before all else that it is told
    service.cli("node", "set", MACHINE, "--no-automated-clean", "--raid-interface", "agent")
    service.cli("node", "set", MACHINE, "--target-raid-config", json.dumps({"logical_disks": [MIRROR]}))
    service.cli("node", "manage", "--wait", "300", MACHINE)
    wanted = [{"interface": "raid", "step": step} for step in ("delete_configuration", "create_configuration")]
    # other tests have left partitions on the disk, which the agent does not build over
    empty = {"interface": "deploy", "step": "erase_devices_metadata"}
    service.cli("node", "clean", MACHINE, "--clean-steps", json.dumps([wanted[0], empty, wanted[1]]))
    service.until("manageable", MACHINE)
    node = service.node(MACHINE)
    assert node["last_error"] is None, service.story(MACHINE)
    assert node["raid_config"]["logical_disks"] == [MIRROR], service.story(MACHINE)
    assert node["properties"]["local_gb"] == 4
    service.cli("node", "clean", MACHINE, "--clean-steps", json.dumps(wanted[:1]))
    service.until("manageable", MACHINE)
    assert service.node(MACHINE)["raid_config"] == {}, service.story(MACHINE)
