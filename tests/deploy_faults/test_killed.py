"""A conductor is killed in each step of deploying and of cleaning; another one goes on to the end.

One server for each point of the flow. The workers of the first conductor stop there (``dying.py``); when all have come
so far it is killed, and the second one takes over all of them at once.
"""

import concurrent.futures
import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from baremetal.lab import demo
from tests import calls, processes
from tests.deploy_faults import dying, place

CONF = """
[DEFAULT]
host = {host}
state_path = {folder}/{host}
log_file = {folder}/{host}.log
auth_strategy = noauth
transport_url = {transport}
rpc_response_timeout = 10
hash_ring_reset_interval = 1

[api]
port = {port}
agents_port = {agents}
agents_url = http://127.0.0.1:{agents}
ramdisk_heartbeat_timeout = 6

[deploy]
http_port = {files}
erase_devices_metadata_priority = 10

[database]
connection = {database}

[conductor]
heartbeat_interval = 0.5
heartbeat_timeout = 6
lease_seconds = 4
takeover_interval = 0.5
sync_power_state_interval = 0
file_url_allowed_paths = {folder}/files
"""
DRIVE = {"meta_data": {"hostname": "web-1"}}

# fmt: off
#: step: moments at which the conductor is killed while it deploys
DEPLOY = {
    "deploy":                   ("begun", "done", "waits", "resumed", "ended"),
    "write_image":              ("begun", "done", "waits", "resumed", "ended"),
    "prepare_instance_boot":    ("begun", "done", "resumed", "ended"),
    "tear_down_agent":          ("begun", "done"),
    "switch_to_tenant_network": ("begun", "done"),
    "boot_instance":            ("begun", "done"),
}
#: the same while it cleans
CLEAN = {
    "prepare_cleaning":         ("begun", "done", "waits", "resumed", "ended"),
    "erase_devices_metadata":   ("begun", "done", "resumed", "ended"),
    "tear_down_cleaning":       ("begun", "done"),
}
#: step that waits, and nobody works on it: what keeps it waiting
WAITS = {"deploy": ("silent", None), "write_image": ("slow-image", 10), "prepare_cleaning": ("silent", None)}
# fmt: on
#: server: verb, step and moment
POINTS = [(verb, step, moment) for verb, steps in (("active", DEPLOY), ("provide", CLEAN))
          for step, moments in steps.items() for moment in moments]


class Cluster(place.Place):
    """One API and its conductors."""

    def __init__(self, folder: Path, facts: dict[str, str], files: demo.Files) -> None:
        self.folder, self.points = folder, folder / "points"
        self.points.mkdir()
        ports = {host: processes.free_port() for host in ("one", "two", "api", "agents")}
        self.ports, self.facts = ports, facts
        lab = place.servers(len(POINTS), processes.free_network(), f"http://127.0.0.1:{ports['one']}")
        super().__init__(f"http://127.0.0.1:{ports['api']}", lab, files, [folder / "one", folder / "two"])
        self.stack = contextlib.ExitStack()

    def spawn(self, module: str, host: str, *words: str) -> processes.Process:
        """Start one of our programs."""
        file = self.folder / f"{host}.conf"
        file.write_text(CONF.format(host=host, folder=self.folder, port=self.ports["api"],
                                    agents=self.ports["agents"], files=self.ports.get(host, 0), **self.facts))
        command = processes.Command([sys.executable, "-m", module, "--config-file", str(file), *words],
                                    env={dying.FOLDER: str(self.points)}, logs=[self.folder / f"{host}.log"])
        return self.stack.enter_context(processes.spawned(host, command, self.folder / f"{host}.out"))

    def conductor(self, module: str, host: str) -> processes.Process:
        """Start a conductor and wait until it lives."""
        process = self.spawn(module, host)
        process.wait_for(lambda: any(found["hostname"] == host and found["alive"]
                                     for found in self.call("GET", "/v1/conductors")["conductors"]),
                         within=place.PATIENCE)
        calls.wait_for(self.facts["transport"], host)
        return process

    def boots_from(self, host: str) -> None:
        """Let DHCP tell the servers another conductor."""
        for server in self.lab.servers:
            server.computer.boot_url = f"http://127.0.0.1:{self.ports[host]}"


@pytest.fixture(scope="module")
def cluster(workdir: Path, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """API and first conductor over RabbitMQ and MariaDB, and servers that are manageable."""
    folder = workdir / "killed"
    folder.mkdir()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        started = pool.submit(request.getfixturevalue, "rabbitmq")
        database = request.getfixturevalue("mariadb").database("killed")
        transport = started.result().transport_url("killed")
    made = Cluster(folder, {"transport": transport, "database": str(database).replace("%", "%%")},
                   demo.make(folder / "files"))
    with made.lab, made.stack:
        assert made.spawn("baremetal.cmd.dbsync", "sync", "create").child.wait(place.PATIENCE) == 0
        made.spawn("baremetal.cmd.api", "api").wait_for(lambda: requests.get(made.url, timeout=5).ok,
                                                     within=place.PATIENCE)
        made.conductor("tests.deploy_faults.dying", "one")
        time.sleep(1.5)     # until the API's ring has it
        made.enrol()
        yield made


@pytest.fixture(scope="module")
def taken(cluster: Cluster) -> dict[tuple[str, str, str], str]:
    """The name of the server for each point, when the first conductor was killed while each stood at its point."""
    names = {point: cluster.server() for point in POINTS}
    for (verb, step, moment), name in names.items():
        cluster.info(name, cluster.image)
        if verb == "active":
            cluster.begin(name, "provide")
        else:
            cluster.patch(name, "add", automated_clean=True)
        if moment == "waits":
            cluster.fault(name, *WAITS[step])
        else:
            (cluster.points / f"{name}.{step}.{moment}").touch()
    for (verb, _step, _moment), name in names.items():
        if verb == "active":
            cluster.until(name, "available")
        cluster.begin(name, verb, **({"configdrive": DRIVE} if verb == "active" else {}))
    _all_stand(cluster)
    waiting = {step: name for (_verb, step, moment), name in names.items() if moment == "waits"}
    for step, name in waiting.items():
        _waits(cluster, name, step)
    one = next(process for process in processes.running if process.name == "one")
    one.kill()
    cluster.boots_from("two")
    for step, name in waiting.items():
        cluster.fault(name, WAITS[step][0], on=False)
    cluster.conductor("baremetal.cmd.conductor", "two")
    return names


def _all_stand(cluster: Cluster) -> None:
    """Wait until each server stands at its point."""
    end = time.monotonic() + place.PATIENCE
    while True:
        reached = {path.name.removesuffix(".reached") for path in cluster.points.glob("*.reached")}
        absent = {path.name for path in cluster.points.iterdir()} - reached - {f"{name}.reached" for name in reached}
        if not absent:
            return
        assert time.monotonic() < end, f"not reached: {sorted(absent)}"
        time.sleep(0.2)


def _waits(cluster: Cluster, name: str, step: str) -> None:
    """Wait until a server's flow waits at a step."""
    end = time.monotonic() + place.PATIENCE
    while not any((line["step"], line["state"]) == (step, "waiting") for line in cluster.flow(name)["steps"]):
        assert time.monotonic() < end, cluster.flow(name)
        time.sleep(0.1)


def _writes(cluster: Cluster, name: str) -> int:
    """How often an agent has written the image to the server's disk."""
    return sum("deploy step write_image_by_map is done" in line for line in cluster.story(name))


def _boots(cluster: Cluster, name: str) -> None:
    """Wait until what was written runs."""
    end = time.monotonic() + place.PATIENCE
    while (system := cluster.truth(name)["system"])["what"] != "image":
        assert time.monotonic() < end, system
        time.sleep(0.1)


@pytest.mark.parametrize("point", POINTS, ids=["-".join(point) for point in POINTS])
def test_another_conductor_goes_on(cluster: Cluster, taken: dict[tuple[str, str, str], str],
                                   point: tuple[str, str, str]) -> None:
    name, (verb, _step, _moment) = taken[point], point
    node = cluster.until(name, "active" if verb == "active" else "available")
    assert node["last_error"] is None and not node["maintenance"] and node["conductor"] == "two"
    assert node["power_state"] == ("power on" if verb == "active" else "power off")
    flow = cluster.flow(name)
    assert flow["state"] == "done" and {line["state"] for line in flow["steps"]} == {"done"}
    assert max(line["attempts"] for line in flow["steps"]) <= 2
    if verb == "active":
        assert _writes(cluster, name) == 1, cluster.story(name)
        _boots(cluster, name)
    assert [found for found in cluster.left(name) if "/one/" not in found] == []


def test_a_conductor_that_comes_back_keeps_nothing(cluster: Cluster, taken: dict[tuple[str, str, str], str]) -> None:
    """What the killed one had lying ready is taken away when it is started again."""
    cluster.conductor("baremetal.cmd.conductor", "one")
    end = time.monotonic() + place.PATIENCE
    while left := [found for name in taken.values() for found in cluster.left(name)]:
        assert time.monotonic() < end, left
        time.sleep(0.5)
    assert not cluster.rest()
