"""Both ends against programs that this project did not write: OpenIPMI's simulator; pyghmi's client and BMC."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from baremetal import errors
from baremetal.clients import ipmi
from baremetal.lab import fleet
from tests import processes
from tests.lab import conftest
from tests.services import ipmi_sim

# Stock pyghmi asks for SHA-256 first.
CLIENT = """\
import json, sys
from pyghmi.ipmi import command
host, port, user, password = sys.argv[1:]
bmc = command.Command(host, user, password, port=int(port))
told = {"before": bmc.get_power()["powerstate"], "set": bmc.set_power("on", wait=True)["powerstate"]}
bmc.set_bootdev("network", persist=True, uefiboot=True)
told["boot"] = bmc.get_bootdev()
told["sensors"] = [reading.name for reading in bmc.get_sensor_data()]
told["events"] = len(list(bmc.get_event_log()))
told["serial"] = bmc.get_inventory_of_component("System")["Serial Number"]
told["hash"] = bmc.ipmi_session.currhashlib().name
print(json.dumps(told))
"""
# Stock pyghmi's BMC answers SHA-1 whatever was asked.
BMC = "import sys; sys.argv[1:] = ['--port', sys.argv[1]]; from pyghmi.cmd import fakebmc; fakebmc.main()"


@pytest.fixture(scope="module")
def simulator(workdir: Path) -> Iterator[ipmi_sim.Service]:
    """OpenIPMI's simulator."""
    service = ipmi_sim.start(workdir)
    yield service
    service.stop()


def test_ipmi_sim(client: ipmi.Client, simulator: ipmi_sim.Service) -> None:
    where = ipmi.Address(simulator.host, simulator.port, simulator.user, simulator.password)
    assert client.call(where, "power_read") == "off" == simulator.power
    for state, power in (("on", "on"), ("off", "off"), ("on", "on"), ("soft", "off"), ("on", "on")):
        client.call(where, "power_set", state=state)
        assert client.call(where, "power_read") == power == simulator.power
    client.call(where, "power_set", state="cycle")
    conftest.until(lambda: simulator.log[-2:] == ["power 0", "power 1"])
    client.call(where, "boot_set", device="pxe", persistent=False)
    conftest.until(lambda: "boot pxe" in simulator.log)
    assert client.call(where, "boot_read")["device"] == "pxe"
    client.call(where, "identify", state="blinking", seconds=20)
    conftest.until(lambda: "identify 20 0" in simulator.log)
    assert client.call(where, "bmc_info")["ipmi_version"] == "2.0"
    assert client.call(where, "event_log", clear=True) == [] == client.call(where, "sensors")
    assert client.counts.opened == 1
    with pytest.raises(errors.BmcUnsupported):
        client.call(where, "power_set", state="nmi")


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"username": "nobody"}])
def test_ipmi_sim_refuses(client: ipmi.Client, simulator: ipmi_sim.Service, wrong: dict[str, str]) -> None:
    where = ipmi.Address(simulator.host, simulator.port, simulator.user, simulator.password)
    with pytest.raises(errors.BmcRefused):
        client.call(dataclasses.replace(where, **wrong), "power_read")


def test_pyghmis_client_drives_the_lab(servers: fleet.Fleet) -> None:
    plan = servers.plan
    done = subprocess.run([sys.executable, "-c", CLIENT, plan.address(0), str(plan.port), plan.user, plan.password],
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["before"], told["set"], told["hash"]) == ("off", "on", "sha256")
    assert told["boot"] == {"bootdev": "network", "persistent": True, "uefimode": True}
    assert "Inlet Temp" in told["sensors"] and told["events"] >= 2
    assert told["serial"] == servers.machine(0).identity.serial


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_our_client_drives_pyghmis_bmc(client: ipmi.Client, workdir: Path, host: str) -> None:
    port = processes.free_port()
    command = processes.Command([sys.executable, "-c", BMC, str(port)])
    where = ipmi.Address(host, port, "admin", "password")
    with processes.spawned("fakebmc", command, workdir / "fakebmc.log") as process:
        process.wait_for(lambda: processes.listens("127.0.0.1", port))
        assert client.call(where, "bmc_info")["product_id"] == 0
        client.call(where, "power_set", state="on")
        assert client.call(where, "power_read") == "on"
        client.call(where, "boot_set", device="pxe", persistent=False)
        assert client.call(where, "boot_read")["device"] == "pxe"
    assert client.counts.opened == 1
