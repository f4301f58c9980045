"""Two virtual machines live a server's whole life: real firmware, PXE, the real agent, images, and systems that boot.

Driven by python-ironicclient and openstacksdk alone. The tests go on from each other, in their order; the two machines
do everything at the same time.
"""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from baremetal.lab.vms import lab, qemu
from tests.vms import day

BIOS, UEFI = "vm-1", "vm-2"
BOTH = (BIOS, UEFI)


@pytest.fixture(scope="module")
def service(machines: lab.Lab, booted: Path, images: Path, workdir: Path, clients: Path) -> Iterator[day.Service]:
    """The service on the lab's network, with both machines enrolled."""
    yield from day.serve(machines, booted, images, workdir, clients)


@pytest.fixture(scope="module", autouse=True)
def in_order(request: pytest.FixtureRequest) -> None:
    """What follows a failure would only fail after it."""
    if request.session.testsfailed:
        pytest.skip("an earlier test of this day has failed")


def at_once(*works: object) -> None:
    """Do works at the same time; raise what one of them raised."""
    raised: list[BaseException] = []

    def do(work: object) -> None:
        try:
            work()      # type: ignore[operator]
        except BaseException as error:
            raised.append(error)
    threads = [threading.Thread(target=do, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def disk(machines: lab.Lab, number: int) -> str:
    """The serial number of a machine's last disk."""
    place = machines.machines[number].place
    return f"{qemu.serial(place)}-{len(place.machine.disks) - 1}"


def test_they_are_managed_and_inspected(service: day.Service, machines: lab.Lab) -> None:
    # the agent takes the smallest disk unless it is told otherwise
    service.cli("node", "set", UEFI, "--property", f"root_device={json.dumps({'serial': disk(machines, 1)})}")
    service.cli("node", "manage", "--wait", "300", *BOTH)
    service.cli("node", "inspect", *BOTH)
    service.until("manageable", *BOTH)
    for number, name in enumerate(BOTH):
        node, described = service.node(name), machines.servers[number].describe()
        wanted = machines.wanted.machines[number]
        assert node["properties"]["cpus"] == wanted.cpus and node["properties"]["cpu_arch"] == "x86_64"
        assert node["properties"]["local_gb"] == (wanted.disks[-1] >> 30) - 1
        assert abs(int(node["properties"]["memory_mb"]) - wanted.memory) < 64
        assert f"boot_mode:{wanted.firmware}" in node["properties"]["capabilities"]
        report = service.get(f"/v1/nodes/{name}/inventory")
        assert report["inventory"]["boot"]["current_boot_mode"] == wanted.firmware
        ports = service.get(f"/v1/ports/detail?node={name}")["ports"]
        assert [port["address"] for port in ports] == [described["macs"][0]]
        assert ports[0]["local_link_connection"]["port_id"].startswith("Ethernet1/")
        assert node["power_state"] == "power off" and described["power"] == "off"


def test_they_are_cleaned(service: day.Service) -> None:
    service.cli("node", "provide", *BOTH)
    service.until("available", *BOTH)
    for name in BOTH:
        assert "erase_devices_metadata" in service.steps(name), service.story(name)
        assert service.node(name)["power_state"] == "power off"


def test_they_are_deployed_and_boot_from_their_disks(service: day.Service, machines: lab.Lab, images: Path
                                                      ) -> None:
    day.image(service, BIOS, images / "blue.raw")
    day.image(service, UEFI, images / "blue.qcow2")
    since = [len(day.console(machines, number)) for number in range(2)]
    drives = {BIOS: {"meta_data": {"name": "bios-host", "hostname": "bios-host"}, "user_data": "value: from-the-drive"}}
    at_once(
        lambda: service.cli("node", "deploy", BIOS, "--wait", str(day.LONG), "--config-drive",
                            json.dumps(drives[BIOS])),
        lambda: service.sdk(
            "drive = dict(meta_data=dict(name='uefi-host', hostname='uefi-host'), user_data='value: by-the-sdk')",
            f"baremetal.set_node_provision_state('{UEFI}', 'active', config_drive=drive, wait=True, "
            f"timeout={day.LONG})"))
    expected = (("bios-host", "from-the-drive", "/dev/vda"), ("uefi-host", "by-the-sdk", "/dev/vdb"))
    for number, (host, value, device) in enumerate(expected):
        text = day.said(machines, number, since[number], f"LAB-SYSTEM ready {host}")
        firmware = machines.wanted.machines[number].firmware
        assert f"flavour=blue firmware={firmware}" in day.line(text, "LAB-SYSTEM up")
        drive = day.line(text, "LAB-SYSTEM config-drive")
        assert f"name={host}" in drive and device in drive
        assert value in day.line(text, "LAB-SYSTEM user-data")
    for name in BOTH:
        steps = service.steps(name)
        assert steps["write_image"]["facts"]["written_by"] == "block map", service.story(name)


def test_they_are_rebuilt_with_another_image(service: day.Service, machines: lab.Lab, images: Path) -> None:
    day.image(service, BIOS, images / "green.qcow2")
    day.image(service, UEFI, images / "green.ext4", kernel=(images / "vmlinuz").as_uri(),
              ramdisk=(images / "green.initrd").as_uri(), root_mb=1024, swap_mb=64, ephemeral_gb=1)
    since = [len(day.console(machines, number)) for number in range(2)]
    service.cli("node", "rebuild", "--config-drive", json.dumps({"meta_data": {"name": "again"}}), *BOTH)
    service.until("active", *BOTH)
    for number in range(2):
        text = day.said(machines, number, since[number], "LAB-SYSTEM ready again")
        assert "flavour=green" in day.line(text, "LAB-SYSTEM up")
    # a root file system became one of four or five partitions of the disk that was hinted at
    steps = service.steps(UEFI)
    assert steps["write_image"]["facts"]["written_by"] == "agent", service.story(UEFI)
    assert steps["prepare_instance_boot"]["facts"]["boot_loader"] == "installed by the agent"
    assert "/dev/vdb" in day.line(text, "LAB-SYSTEM root-file-system")
    sizes = dict(one.split(":") for one in day.line(text, "LAB-SYSTEM disks").split()[2:])
    parts = [int(size) for name, size in sizes.items() if name.startswith("vdb") and name != "vdb"]
    assert {64 << 10, 1 << 20} <= set(parts), sizes     # swap; root and ephemeral (KiB)


def test_they_are_rescued(service: day.Service, machines: lab.Lab) -> None:
    since = [len(day.console(machines, number)) for number in range(2)]
    service.cli("node", "rescue", "--rescue-password", "open sesame", *BOTH)
    service.until("rescue", *BOTH)
    for number, name in enumerate(BOTH):
        day.said(machines, number, since[number], "login:")
        assert "open sesame" not in json.dumps(service.node(name))


def test_they_leave_the_rescue(service: day.Service, machines: lab.Lab) -> None:
    since = [len(day.console(machines, number)) for number in range(2)]
    service.cli("node", "unrescue", *BOTH)
    service.until("active", *BOTH)
    for number in range(2):
        day.said(machines, number, since[number], "LAB-SYSTEM ready again")


def test_they_are_deleted_and_cleaned(service: day.Service) -> None:
    service.cli("node", "undeploy", *BOTH)
    service.until("available", *BOTH)
    for name in BOTH:
        node = service.node(name)
        assert node["instance_info"] == {} and node["power_state"] == "power off"
        assert "erase_devices_metadata" in service.steps(name), service.story(name)
    # nothing of them lies ready any more: neither files nor addresses that boot
    assert not list((service.data / "boot" / "nodes").glob("*.json"))
