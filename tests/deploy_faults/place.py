"""A service and simulated servers to break things on: spoken to over the API, looked at as an onlooker does."""

import json
import os
import sqlite3
import threading
import time
import typing
from pathlib import Path

import requests

from baremetal.lab import demo, enrol, fleet, machine
from baremetal.lab.agent import profile
from tests import processes

VERSION = {"X-OpenStack-Ironic-API-Version": "latest"}
#: seconds that a verb may take on a busy machine
PATIENCE = 240.0
#: what is known of an agent while it runs
TRACES = ("agent_url", "agent_secret_token", "agent_verify_ca", "agent_command", "agent_writing", "agent_silent_since")
#: servers and agents that are quick about it
QUICK = profile.Profile(start=0.2, step=0.1, forced=0.2, off=0.1, waits=0.2, attempts=2, pause=0.1)
LOGIN = enrol.Login("admin", "ipmi-Zebra-4711")
#: states of a flow that is over
OVER = ("done", "failed", "aborted")


def servers(size: int, network: str, boots: str, manner: profile.Profile = QUICK) -> fleet.Fleet:
    """Return simulated servers that boot from ``boots``."""
    return fleet.Fleet(fleet.Plan(size, network=network, user=LOGIN.user, password=LOGIN.password, boot_url=boots,
                                  timing=machine.Timing(boot=0.1, soft=0.1, cycle=0.1), manner=manner))


class Place:
    """The API, the servers, and where the conductors keep what they keep."""

    def __init__(self, url: str, lab: fleet.Fleet, files: demo.Files, kept: list[Path]) -> None:
        """``kept`` are the folders of conductors, each a state_path."""
        self.url, self.lab, self.files, self.kept = url, lab, files, kept
        self.image = {"image_source": files.image.as_uri(), "image_os_hash_algo": "sha256",
                      "image_os_hash_value": files.sha256}
        self.seen: list[str] = []
        self._lock, self._next = threading.Lock(), iter(range(len(lab.servers)))

    def enrol(self) -> None:
        """Enrol all servers and bring them to manageable; they are not cleaned unless a test wants that."""
        enrol.enrol(enrol.Api(self.url), LOGIN, [server.describe() for server in self.lab.servers], self.files)
        for server in self.lab.servers:
            self.patch(server.name, "add", automated_clean=False)
            self.begin(server.name, "manage")
        for server in self.lab.servers:
            self.until(server.name, "manageable")

    def server(self) -> str:
        """Return the name of a server that nobody has had so far."""
        with self._lock:
            return self.lab.servers[next(self._next)].name

    # --- the API ---

    def ask(self, method: str, path: str, body: typing.Any = None, **more: typing.Any) -> requests.Response:
        """Call the API; keep what it says, to be searched for secrets."""
        answer = requests.request(method, self.url + path, json=body, headers=VERSION, timeout=60, **more)
        self.seen.append(answer.text)
        return answer

    def call(self, method: str, path: str, body: typing.Any = None) -> typing.Any:
        """Call the API; what it refuses is a failure of the test."""
        answer = self.ask(method, path, body)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def node(self, name: str) -> dict[str, typing.Any]:
        """The node as the API shows it."""
        return dict(self.call("GET", f"/v1/nodes/{name}"))

    def patch(self, name: str, how: str, **fields: typing.Any) -> None:
        """Change fields of a node; ``instance_info__x`` is a key of one."""
        self.call("PATCH", f"/v1/nodes/{name}", [
            {"op": how, "path": "/" + key.replace("__", "/"), "value": value} for key, value in fields.items()])

    def info(self, name: str, info: dict[str, typing.Any]) -> None:
        """Let instance_info be exactly this."""
        self.patch(name, "add", instance_info=info)

    def begin(self, name: str, target: str, **more: typing.Any) -> None:
        """Begin a verb."""
        self.call("PUT", f"/v1/nodes/{name}/states/provision", {"target": target, **more})

    def until(self, name: str, *states: str, within: float = PATIENCE) -> dict[str, typing.Any]:
        """The node when it is in one of these states, and nobody holds it."""
        end = time.monotonic() + within
        while True:
            node = self.node(name)
            if node["provision_state"] in states and not node["reservation"]:
                return node
            wrong = "failed" in node["provision_state"] and not node["reservation"]
            assert time.monotonic() < end and not wrong, (
                f"{name} is {node['provision_state']} ({node['reservation']}), wanted {states}; last_error "
                f"{node['last_error']}; its story: {self.story(name)[-8:]}")
            time.sleep(0.15)

    def do(self, name: str, target: str, *states: str, **more: typing.Any) -> dict[str, typing.Any]:
        """Do a verb."""
        self.begin(name, target, **more)
        return self.until(name, *states)

    def flow(self, name: str) -> dict[str, typing.Any]:
        """The newest flow of a node."""
        flows = self.call("GET", f"/ops/v1/nodes/{name}/timeline")["flows"]
        return dict(flows[0]) if flows else {}

    # --- what onlookers see ---

    def fault(self, name: str, fault: str, value: typing.Any = None, *, on: bool = True) -> None:
        """Break something of a server, or mend it."""
        self.lab.fault(name, fault, on=on, value=value)

    def truth(self, name: str) -> dict[str, typing.Any]:
        """What is true of a server, whatever the service believes."""
        return dict(self.lab.do(self.lab.server(name).describe))

    def story(self, name: str) -> list[str]:
        """What happened on the server."""
        return list(self.lab.do(lambda: list(self.lab.server(name).computer.story)))

    def left(self, name: str) -> list[str]:
        """What lies around for a node although nothing runs: files, images held, traces of agents, open flows."""
        node = self.node(name)
        # others' files may go meanwhile, which os.walk() bears
        found = [f"{where}/{name}" for folder in self.kept for where, folders, files in os.walk(folder)
                 for name in (*folders, *files) if node["uuid"] in name and "logs" not in Path(where).parts]
        found += [f"driver_internal_info/{key}" for key in node["driver_internal_info"] if key in TRACES]
        found += [f"reservation {node['reservation']}"] if node["reservation"] else []
        flow = self.flow(name)
        return found + ([f"flow {flow['verb']} {flow['state']}"] if flow.get("state") not in OVER else [])

    def rest(self) -> list[str]:
        """What lies around that belongs to no node any more: jobs of the image cache, files under keys, drafts."""
        return [str(path) for folder in self.kept for where in ("images/work/*", "boot/files/*", "boot/nodes/.*")
                for path in folder.glob(where)]


def tokens(database: Path) -> list[str]:
    """Return the agents' tokens that the database has now."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10) as connection:
        rows = connection.execute("SELECT driver_internal_info_secrets FROM nodes").fetchall()
    return [known["agent_secret_token"] for known in (json.loads(row[0] or "{}") for row in rows)
            if known.get("agent_secret_token")]


def closed_port() -> int:
    """Return a port on which nobody listens."""
    return processes.free_port()
