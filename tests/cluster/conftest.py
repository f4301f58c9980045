"""A cluster: two API processes and two conductors over RabbitMQ, on each database server in turn."""

import contextlib
import dataclasses
import itertools
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import calls, processes

_numbers = itertools.count(1)

CONF = """
[DEFAULT]
host = {host}
state_path = {data}
log_file = {log}
auth_strategy = noauth
transport_url = {transport}
rpc_response_timeout = 10
hash_ring_reset_interval = 1
enabled_hardware_types = fake-hardware

[api]
port = {port}
agents_port = {agents}

[deploy]
http_port = {files}

[database]
connection = {database}

[conductor]
heartbeat_interval = 2
heartbeat_timeout = 10
lease_seconds = 6
takeover_interval = 0.5
automated_clean = false
"""


@dataclasses.dataclass
class Cluster:
    """The running processes and how to talk to the API copies."""

    folder: Path
    facts: dict[str, Any]
    apis: list[str] = dataclasses.field(default_factory=list)
    conductors: dict[str, processes.Process] = dataclasses.field(default_factory=dict)
    stack: contextlib.ExitStack = dataclasses.field(default_factory=contextlib.ExitStack)

    def spawn(self, program: str, host: str, port: int = 6385) -> processes.Process:
        """Start one of our programs with a configuration of its own."""
        file = self.folder / f"{host}.conf"
        file.write_text(CONF.format(host=host, port=port, agents=processes.free_port(), files=processes.free_port(),
                                    data=self.folder / host, log=self.folder / f"{host}.log", **self.facts))
        command = processes.Command([sys.executable, "-m", f"baremetal.cmd.{program}", "--config-file", str(file),
                                     *(["create"] if program == "dbsync" else [])],
                                    logs=[self.folder / f"{host}.log"])
        return self.stack.enter_context(processes.spawned(host, command, self.folder / f"{host}.out"))

    def conductor(self, host: str) -> processes.Process:
        """Start a conductor and wait until it is alive and answers; one that was killed just now seems alive, too."""
        self.conductors[host] = self.spawn("conductor", host)
        self.until(lambda: self.alive(host))
        calls.wait_for(self.facts["transport"], host)
        return self.conductors[host]

    def alive(self, host: str) -> bool:
        """Whether a conductor is alive for all that is known of it."""
        return any(c["hostname"] == host and c["alive"] for c in self.get("/v1/conductors")["conductors"])

    def get(self, path: str, copy: int = 0) -> dict[str, Any]:
        """GET from an API copy."""
        return self.call("GET", path, copy=copy)

    def call(self, method: str, path: str, body: Any = None, copy: int = 0) -> dict[str, Any]:
        """Call an API copy; anything but success fails the test with the answer."""
        answer = requests.request(method, self.apis[copy] + path, json=body, timeout=60,
                                  headers={"X-OpenStack-Ironic-API-Version": "latest"})
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else {}

    def until(self, ready: Callable[[], Any], within: float = processes.PATIENCE) -> Any:
        """Return what ``ready`` returns as soon as it is true."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            found = ready()
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"not within {within} s; last: {ready()!r}")

    def node(self, name: str, copy: int = 0) -> dict[str, Any]:
        """Return a node."""
        return self.get(f"/v1/nodes/{name}", copy=copy)

    def verb(self, name: str, target: str, copy: int = 0, **more: Any) -> None:
        """Ask for a provision verb."""
        self.call("PUT", f"/v1/nodes/{name}/states/provision", {"target": target, **more}, copy=copy)

    def becomes(self, name: str, state: str) -> dict[str, Any]:
        """Return the node once it is in ``state`` and nobody holds it."""
        def there() -> Any:
            node = self.node(name)
            assert node["provision_state"] == state or "failed" not in node["provision_state"], node["last_error"]
            return node if node["provision_state"] == state and not node["reservation"] else None
        return self.until(there)

    def flow(self, name: str) -> dict[str, Any]:
        """Return the newest flow of a node."""
        return dict(self.get(f"/ops/v1/nodes/{name}/timeline")["flows"][0])

    def begun(self, name: str, step: str) -> str:
        """Return who does a step as soon as it has begun; whoever ends before that begins it for the first time."""
        def there() -> Any:
            flow = self.flow(name)
            return flow["conductor"] if any((line["step"], line["state"]) == (step, "started")
                                            for line in flow["steps"]) else None
        return str(self.until(there))


@pytest.fixture(scope="module", params=["mariadb", "postgresql"])
def cluster(request: pytest.FixtureRequest, workdir: Path) -> Iterator[Cluster]:
    """Two API copies, two conductors."""
    number = next(_numbers)
    folder = workdir / f"cluster{number}"
    folder.mkdir()
    rabbit = request.getfixturevalue("rabbitmq").transport_url(f"cluster{number}")
    database = request.getfixturevalue(request.param).database(f"cluster{number}")
    made = Cluster(folder, {"transport": rabbit, "database": str(database).replace("%", "%%")})
    with made.stack:
        assert made.spawn("dbsync", "sync").child.wait(processes.PATIENCE) == 0, (folder / "sync.out").read_text()
        for name in ("api1", "api2"):
            port = processes.free_port()
            process = made.spawn("api", name, port)
            made.apis.append(f"http://127.0.0.1:{port}")
            process.wait_for(lambda url=made.apis[-1]: requests.get(url, timeout=5).ok)
        for host in ("one", "two"):
            made.conductor(host)
        # both API copies know both conductors
        time.sleep(1.5)
        yield made
