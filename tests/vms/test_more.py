"""What a day of two virtual machines leaves out: no disk at all, an agent's own steps, an agent with nothing of ours.

The tests go on from each other: what the second machine does goes on while the first one does two other things.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from baremetal.lab.vms import lab
from baremetal.lab.vms.builders import cache, ramdisk
from tests.vms import day

FIRST, SECOND = "vm-1", "vm-2"


@pytest.fixture(scope="module")
def service(machines: lab.Lab, booted: Path, images: Path, workdir: Path, clients: Path) -> Iterator[day.Service]:
    """A service of its own, with both machines enrolled; they are not cleaned, which the day does."""
    folder = workdir / "more-vms"
    folder.mkdir()
    yield from day.serve(machines, booted, images, folder, clients)


@pytest.fixture(scope="module")
def plain(kept: cache.Cache) -> Path:
    """Folder with a ramdisk that has the agent and nothing of ours."""
    return ramdisk.build(kept, plugin=None)


@pytest.fixture(scope="module")
def since(machines: lab.Lab) -> list[int]:
    """How much each console had said before these tests."""
    return [len(day.console(machines, number)) for number in range(2)]


def test_an_instance_without_a_disk(service: day.Service, machines: lab.Lab, images: Path, plain: Path,
                                    since: list[int]) -> None:
    service.cli("node", "set", FIRST, "--no-automated-clean", "--deploy-interface", "ramdisk",
                "--instance-info", f"kernel={(images / 'vmlinuz').as_uri()}",
                "--instance-info", f"ramdisk={(images / 'blue.initrd').as_uri()}")
    service.cli("node", "set", SECOND, "--no-automated-clean",
                "--driver-info", f"deploy_ramdisk={(plain / 'ramdisk').as_uri()}")
    day.image(service, SECOND, images / "blue.raw")
    service.cli("node", "manage", "--wait", "300", FIRST, SECOND)
    service.cli("node", "provide", "--wait", "300", FIRST, SECOND)
    service.cli("node", "deploy", SECOND, "--config-drive", json.dumps({"meta_data": {"name": "stock"}}))
    service.cli("node", "deploy", FIRST, "--wait", "600")
    text = day.said(machines, 0, since[0], "LAB-SYSTEM ready")
    assert "flavour=blue" in day.line(text, "LAB-SYSTEM up") and "agent starts" not in text
    assert "config-drive none" in day.line(text, "LAB-SYSTEM config-drive")
    assert service.steps(FIRST)["deploy"]["facts"] == {"written": "nothing"}


def test_the_agents_own_steps_are_a_deploy(service: day.Service) -> None:
    service.cli("node", "undeploy", "--wait", "300", FIRST)
    service.cli("node", "set", FIRST, "--deploy-interface", "custom-agent")
    wanted = [{"interface": "deploy", "step": "erase_devices_metadata", "priority": 80, "args": {}}]
    service.cli("node", "deploy", FIRST, "--deploy-steps", json.dumps(wanted))
    service.until("active", FIRST)
    steps = service.steps(FIRST)
    assert "erase_devices_metadata" in steps and "write_image" not in steps, service.story(FIRST)
    assert service.node(FIRST)["power_state"] == "power on"


def test_an_agent_with_nothing_of_ours(service: day.Service, machines: lab.Lab, since: list[int]) -> None:
    service.until("active", SECOND)
    text = day.said(machines, 1, since[1], "LAB-SYSTEM ready stock")
    assert "flavour=blue firmware=uefi" in day.line(text, "LAB-SYSTEM up")
    assert service.steps(SECOND)["write_image"]["facts"]["written_by"] == "agent", service.story(SECOND)
