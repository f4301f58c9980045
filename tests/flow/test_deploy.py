"""Servers of a simulated fleet are deployed by their agents: the service in one process, spoken to over its API."""

import re
import subprocess
import sys
import time
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests import processes

VERSION = {"X-OpenStack-Ironic-API-Version": "latest"}
#: seconds that a verb may take
PATIENCE = 240.0
#: what is known of an agent while it runs
TRACES = ("agent_url", "agent_secret_token", "agent_verify_ca", "agent_command", "agent_writing")
#: the deploy interface's own steps
STEPS = ["deploy", "write_image", "prepare_instance_boot", "tear_down_agent", "switch_to_tenant_network",
         "boot_instance"]


class Service:
    """The service, and what its start printed."""

    def __init__(self, url: str, folder: Path, printed: str) -> None:
        self.url, self.folder = url, folder
        #: the image that lies there for trying out
        self.image = dict(re.findall(r"--instance-info (image_\w+)=(\S+)", printed))

    def call(self, method: str, path: str, body: typing.Any = None) -> typing.Any:
        """Call the API; what it refuses is a failure of the test."""
        answer = requests.request(method, self.url + path, json=body, headers=VERSION, timeout=30)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def node(self, name: str) -> dict[str, typing.Any]:
        """The node as the API shows it."""
        return dict(self.call("GET", f"/v1/nodes/{name}"))

    def set(self, name: str, **info: typing.Any) -> None:
        """Set keys of instance_info."""
        self.call("PATCH", f"/v1/nodes/{name}",
                  [{"op": "add", "path": f"/instance_info/{key}", "value": value} for key, value in info.items()])

    def begin(self, name: str, target: str, **more: typing.Any) -> None:
        """Begin a verb."""
        self.call("PUT", f"/v1/nodes/{name}/states/provision", {"target": target, **more})

    def until(self, name: str, *states: str) -> dict[str, typing.Any]:
        """The node when it is in one of these states, and nobody holds it."""
        end = time.monotonic() + PATIENCE
        while True:
            node = self.node(name)
            if node["provision_state"] in states and not node["reservation"]:
                return node
            assert time.monotonic() < end and (not node["last_error"] or "failed" in str(states)), (
                f"{name} is {node['provision_state']}, last_error {node['last_error']}")
            time.sleep(0.05)

    def do(self, name: str, target: str, *states: str, **more: typing.Any) -> dict[str, typing.Any]:
        """Do a verb."""
        self.begin(name, target, **more)
        return self.until(name, *states)

    def available(self, name: str) -> None:
        """Bring a server to where it can be deployed."""
        if self.node(name)["provision_state"] == "enroll":
            self.do(name, "manage", "manageable")
            self.do(name, "provide", "available")

    def flow(self, name: str) -> dict[str, typing.Any]:
        """The newest flow of a node."""
        return dict(self.call("GET", f"/ops/v1/nodes/{name}/timeline")["flows"][0])

    def fault(self, name: str, fault: str, whether: str) -> None:
        """Make a server bad, or good again."""
        subprocess.run([sys.executable, "-m", "baremetal.cmd.lab", "fault", "--control",
                        str(self.folder / "data" / "fleet.sock"), name, fault, whether], check=True)

    def left(self, name: str) -> list[str]:
        """What lies on the conductor for a node: boot files, images held, traces of agents."""
        node = self.node(name)
        found = [str(path) for path in (self.folder / "data").rglob(f"*{node['uuid']}*") if "logs" not in path.parts]
        return found + [key for key in node["driver_internal_info"] if key in TRACES]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """API, conductor and a fleet of three."""
    folder = tmp_path_factory.mktemp("deploy")
    api, agents = processes.free_port(), processes.free_port()
    (folder / "conf").write_text(f"[api]\nagents_port = {agents}\n")
    command = processes.Command([sys.executable, "-m", "baremetal.cmd.single", "--config-file", str(folder / "conf"),
                                 "--fleet", "3", "--fleet-network", processes.free_network(), "--auth", "noauth",
                                 "--data", str(folder / "data"), "--port", str(api)],
                                    logs=[folder / "data" / "baremetal.log", folder / "data" / "fleet.log"])
    with processes.spawned("deploy", command, folder / "log") as process:
        process.wait_for(lambda: "image_source=" in (folder / "log").read_text(), within=300)
        yield Service(f"http://127.0.0.1:{api}", folder, (folder / "log").read_text())


def test_the_whole_life_of_a_server(service: Service) -> None:
    name = "server-1"
    service.do(name, "manage", "manageable")
    found = service.do(name, "inspect", "manageable")
    assert {"cpus", "memory_mb", "local_gb", "cpu_arch"} <= set(found["properties"])
    assert found["power_state"] == "power off"
    service.do(name, "provide", "available")
    assert any(step["step"] == "erase_devices_metadata" for step in service.flow(name)["steps"])
    service.set(name, **service.image)
    active = service.do(name, "active", "active", configdrive={"meta_data": {"hostname": "web-1"}})
    assert active["power_state"] == "power on" and active["last_error"] is None
    flow = service.flow(name)
    assert [step["step"] for step in flow["steps"] if step["interface"] == "deploy"] == STEPS
    written, = (step["facts"] for step in flow["steps"] if step["step"] == "write_image")
    assert written["written_by"] in ("block map", "agent") and written["bytes"] > 0
    assert service.left(name) == []
    rescued = service.do(name, "rescue", "rescue", rescue_password="a secret")
    assert not [key for key in rescued["instance_info"] if "password" in key] and service.left(name) == []
    service.do(name, "unrescue", "active")
    service.do(name, "rebuild", "active")
    gone = service.do(name, "deleted", "available")
    assert gone["instance_info"] == {} and gone["power_state"] == "power off" and service.left(name) == []


def test_a_wrong_checksum_is_told_and_can_be_mended(service: Service) -> None:
    name = "server-2"
    service.available(name)
    service.set(name, **{**service.image, "image_os_hash_value": "0" * 64})
    failed = service.do(name, "active", "deploy failed")
    assert "0000" in failed["last_error"] and failed["power_state"] == "power off" and service.left(name) == []
    service.set(name, **service.image)
    service.do(name, "active", "active")
    service.do(name, "deleted", "available")


def test_an_abort_while_the_ramdisk_boots_leaves_nothing(service: Service) -> None:
    name = "server-3"
    service.available(name)
    service.set(name, **service.image)
    # its ramdisk boots for as long as the test wants
    service.fault(name, "silent", "on")
    service.begin(name, "active")
    service.until(name, "wait call-back")
    service.begin(name, "abort")
    aborted = service.until(name, "deploy failed")
    service.fault(name, "silent", "off")
    assert aborted["power_state"] == "power off" and service.left(name) == []
    service.do(name, "deleted", "available")


def test_several_at_once(service: Service) -> None:
    names = ("server-1", "server-2", "server-3")
    for name in names:
        service.available(name)
        service.set(name, **service.image)
        service.begin(name, "active")
    for name in names:
        assert service.until(name, "active")["last_error"] is None
    for name in names:
        service.begin(name, "deleted")
    for name in names:
        service.until(name, "available")
        assert service.left(name) == []


def test_an_unknown_hint_is_refused_before_anything_happens(service: Service) -> None:
    service.available("server-3")
    service.set("server-3", **service.image, root_device={"colour": "red"})
    told = service.call("GET", "/v1/nodes/server-3/validate")["deploy"]
    assert told["result"] is False and "Known hints are size" in told["reason"]
    answer = requests.put(f"{service.url}/v1/nodes/server-3/states/provision", json={"target": "active"},
                          headers=VERSION, timeout=30)
    assert answer.status_code == 400 and "colour" in answer.text
    assert service.node("server-3")["provision_state"] == "available"
    service.call("PATCH", "/v1/nodes/server-3", [{"op": "remove", "path": "/instance_info"}])
