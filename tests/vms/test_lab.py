"""The lab comes up, its machines obey their BMCs, and nothing of it is left. What they boot is not looked at."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from baremetal.lab import machine
from baremetal.lab.vms import lab, ledger, plan
from tests import processes, programs

DHCP = """port=0
interface={link}
bind-interfaces
log-dhcp
no-ping
dhcp-range={network}.20,{network}.60,255.255.255.0,1h
dhcp-boot=nothing
"""


def ipmi(running: lab.Lab, number: int, *words: str) -> str:
    """What ipmitool says."""
    argv = [programs.find("ipmitool"), "-I", "lanplus", "-C", "17", "-R", "8", "-N", "2",
            "-H", running.servers[number].address, "-U", "admin", "-P", running.wanted.password, *words]
    return subprocess.run([str(word) for word in argv], capture_output=True, text=True, check=True).stdout


def until(true: Callable[[], object], within: float) -> None:
    """Wait for what comes by itself."""
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)


@pytest.fixture
def dhcp(machines: lab.Lab, tmp_path: pathlib.Path) -> Iterator[processes.Process]:
    """A DHCP server where the house would be."""
    network = machines.wanted.network
    conf = tmp_path / "dnsmasq.conf"
    conf.write_text(DHCP.format(link=network.link, network=network.host.rpartition(".")[0]))
    command = processes.Command([str(programs.find("dnsmasq")), "--keep-in-foreground", "--log-facility=-",
                                 f"--conf-file={conf}", f"--dhcp-leasefile={tmp_path / 'leases'}", "--user=root"])
    with processes.spawned("dnsmasq", command, tmp_path / "dnsmasq.log") as process:
        process.wait_for(lambda: "DHCP, IP range" in process.tail())
        yield process


@pytest.mark.parametrize("number", [0, 1], ids=["bios", "uefi"])
def test_firmware_asks_for_an_address(number: int, machines: lab.Lab, dhcp: processes.Process) -> None:
    mac = machines.wanted.macs(number)[0]
    ipmi(machines, number, "chassis", "bootdev", "pxe")
    ipmi(machines, number, "power", "on")
    assert "is on" in ipmi(machines, number, "power", "status")
    dhcp.wait_for(lambda: f"DHCPDISCOVER({machines.wanted.network.link}) {mac}" in dhcp.tail(200), 400)
    assert machines.machines[number].cpu_seconds() > 0
    ipmi(machines, number, "power", "off")
    assert "is off" in ipmi(machines, number, "power", "status")
    assert not machines.machines[number].problem


def test_a_boot_device_counts_once_or_always(machines: lab.Lab) -> None:
    one = machines.machines[0]
    machines.do(lambda: one.set_boot(machine.Boot("pxe")))
    machines.do(one.switch_on)
    assert one.booted == machine.Boot("pxe") and one.override is None
    ipmi(machines, 0, "chassis", "bootdev", "pxe", "options=persistent")
    ipmi(machines, 0, "power", "reset")
    ipmi(machines, 0, "power", "diag")
    until(lambda: one.boots and one.booted and one.booted.persistent, 120)
    machines.do(lambda: one.set_boot(None))
    ipmi(machines, 0, "power", "cycle")
    until(lambda: one.power == "on" and one.booted == machine.Boot("disk", persistent=True), 120)
    machines.do(one.switch_off)
    assert not one.problem and one.power == "off"


def test_a_process_that_dies_is_a_machine_that_goes_off(machines: lab.Lab) -> None:
    one = machines.machines[0]
    machines.do(one.switch_on)
    one.settle()
    told = ledger.read(machines.wanted.folder)
    assert told is not None and len(told["machines"]) == 1
    os.kill(int(next(iter(told["machines"]))), signal.SIGKILL)
    until(lambda: one.power == "off", 120)
    until(lambda: not (ledger.read(machines.wanted.folder) or {"machines": 1})["machines"], 120)


def command(network: plan.Network, folder: pathlib.Path) -> list[str]:
    """The command line of a lab of one machine that builds nothing."""
    return [sys.executable, "-m", "baremetal.cmd.lab", "vms", "1", "--no-build", "--accelerate", "tcg", "--namespace",
            f"{network.namespace}c", "--link", f"{network.link}c", "--address", "10.99.77.1/24",
            "--folder", str(folder)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.usefixtures("links")
def test_nothing_is_left(number: signal.Signals, network: plan.Network, workdir: pathlib.Path) -> None:
    folder = workdir / f"left-{number.name}"
    process = processes.Process("lab", processes.Command(command(network, folder)), workdir / f"{folder.name}.log")
    try:
        process.wait_for(lambda: "control:" in process.tail())
        asked = [sys.executable, "-m", "baremetal.cmd.lab"]
        subprocess.run([*asked, "power", "--control", str(folder / "control.sock"), "1", "on"], check=True,
                       capture_output=True)
        process.wait_for(lambda: json.loads((folder / ledger.NAME).read_text())["machines"])
        qemu = int(next(iter(json.loads((folder / ledger.NAME).read_text())["machines"])))
        os.kill(process.pid, number)
        process.child.wait(180)
        until(lambda: ledger.started(qemu) is None, 120)     # it dies with its parent, however that dies
        done = subprocess.run([*asked, "down", "--folder", str(folder)], check=True, capture_output=True, text=True)
        assert str(folder) in done.stdout and not folder.exists()
    finally:
        process.stop()


@pytest.mark.usefixtures("machines")
def test_names_of_others_are_left_alone(network: plan.Network, workdir: pathlib.Path) -> None:
    other = plan.Plan(plan.machines(1), workdir / "other", network)
    with pytest.raises(Exception, match="exists already, and is not of this lab"):
        lab.Lab(other).start()
    assert pathlib.Path("/sys/class/net", network.link).exists()
