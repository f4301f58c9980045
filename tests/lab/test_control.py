"""The fleet from outside: its socket file, and ``baremetal-lab`` as a process of its own."""

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from baremetal.clients import ipmi
from baremetal.lab import control, faults, fleet
from baremetal.lab.agent import troubles
from tests import processes

NETWORK, SIZE = "127.93.0.0", 3


@pytest.fixture
def path(servers: fleet.Fleet, tmp_path: Path) -> Iterator[Path]:
    """The socket file of the fleet."""
    with control.Control(servers, tmp_path / "lab.sock") as opened:
        yield opened.path


def test_it_tells_the_truth(path: Path, servers: fleet.Fleet) -> None:
    found = control.ask(path, "list")
    assert [server["address"] for server in found] == [f"127.92.0.{number}" for number in (1, 2, 3, 4)]
    assert control.ask(path, "power", machine="server-2", button="on")["power"] == "on"
    assert servers.machine(1).power == "on" and control.ask(path, "show", machine="2")["boots"] == 1
    assert control.ask(path, "fault", machine="1", fault="late", value=2)["faults"] == {"late": 2.0}
    assert control.ask(path, "fault", machine="1", fault="late", on=False)["faults"] == {}
    assert control.ask(path, "fault", machine="1", fault="silent")["agent_faults"] == {"silent": 1.0}
    assert control.ask(path, "fault", machine="1", fault="silent", on=False)["agent_faults"] == {}
    assert not control.ask(path, "plug", machine="1", on=False)["plugged"]
    assert control.ask(path, "plug", machine="1")["plugged"]


def test_no_fault_is_both_of_bmcs_and_of_agents() -> None:
    assert not faults.TABLE.keys() & troubles.TABLE.keys()


def test_it_is_the_owners_only(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("request_", [
    {"do": "nothing"}, {"do": "show"}, {"do": "show", "machine": "99"}, {"do": "power", "machine": "1", "button": "x"},
    {"do": "fault", "machine": "1", "fault": "moody"}, {"do": "fault", "machine": "1", "fault": "late", "value": "x"}])
def test_nonsense_is_refused(path: Path, request_: dict[str, str]) -> None:
    with pytest.raises(control.Refused):
        control.ask(path, **request_)   # type: ignore[arg-type]


def test_the_command(workdir: Path, client: ipmi.Client) -> None:
    program, path = [sys.executable, "-m", "baremetal.cmd.lab"], workdir / "command.sock"
    port = processes.free_port("127.93.0.1")
    command = processes.Command([*program, "fleet", str(SIZE), "--network", NETWORK, "--port", str(port), "--control",
                                 path, "--user", "root"], env={"BAREMETAL_LAB_PASSWORD": "from the environment"})
    with processes.spawned("lab", command, workdir / "lab.log") as process:
        process.wait_for(lambda: control.ask(path, "list"))
        where = ipmi.Address("127.93.0.3", port, "root", "from the environment")
        client.call(where, "power_set", state="on")
        told = _run(program, "status", path, "server-3", "--json")
        assert json.loads(told)["power"] == "on"
        _run(program, "fault", path, "3", "lies", "--value", "off")
        assert client.call(where, "power_read") == "off" and "lies=off" in _run(program, "status", path)
        _run(program, "fault", path, "3", "lies", "off")
        assert client.call(where, "power_read") == "on"
        assert "from the environment" not in process.tail(100) and "server-3" in process.tail(100)
        assert process.stop() == 0
    assert not path.exists()
    done = subprocess.run([*program, "status", "--control", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "no fleet answers" in done.stderr


def _run(program: list[str], verb: str, path: Path, *words: str) -> str:
    done = subprocess.run([*program, verb, "--control", str(path), *words], capture_output=True, text=True,
                          timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_three_hundred_servers(client: ipmi.Client) -> None:
    plan = fleet.Plan(300, network="127.94.0.0", port=processes.free_port("127.94.0.1"))
    assert plan.address(299) == "127.94.1.50"
    with fleet.Fleet(plan):
        places = [ipmi.Address(plan.address(n), plan.port, plan.user, plan.password) for n in range(plan.size)]
        for _ in range(2):
            futures = [client.submit(where, "power_read") for where in places]
            assert {future.result(120) for future in futures} == {"off"}
    assert (client.counts.opened, client.counts.reused, client.counts.faults) == (300, 300, 0)
