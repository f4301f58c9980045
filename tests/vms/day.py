"""The service for the lab of virtual machines, as a user starts it, and foreign clients that look at both."""

import configparser
import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests

from baremetal.lab import demo, enrol
from baremetal.lab.vms import lab
from tests import processes

#: seconds that a boot of the ramdisk and what it does may take, with both machines on one or two busy cores
LONG = 1200
LATEST = {"X-OpenStack-Ironic-API-Version": "1.95"}


@dataclasses.dataclass(frozen=True)
class Service:
    """The running service."""

    url: str
    auth: tuple[str, str]
    data: Path
    process: processes.Process
    clients: Path

    @property
    def env(self) -> dict[str, str]:
        """What foreign clients read."""
        return {**os.environ, "OS_AUTH_TYPE": "http_basic", "OS_ENDPOINT": self.url, "OS_USERNAME": self.auth[0],
                "OS_PASSWORD": self.auth[1]}

    def cli(self, *words: str) -> str:
        """Run ``baremetal`` of python-ironicclient; it must succeed."""
        done = subprocess.run([self.clients / "baremetal", *words], env=self.env, capture_output=True, text=True,
                              timeout=LONG + 60, check=False)
        assert done.returncode == 0, f"baremetal {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def sdk(self, *lines: str) -> str:
        """Run lines of Python with ``baremetal`` of openstacksdk at hand; what they print."""
        script = ("import openstack, os\nurl = os.environ['OS_ENDPOINT']\n"
                  "auth = dict(username=os.environ['OS_USERNAME'], password=os.environ['OS_PASSWORD'], endpoint=url)\n"
                  "baremetal = openstack.connect(auth_type='http_basic', baremetal_endpoint_override=url, auth=auth"
                  ").baremetal\n" + "\n".join(lines))
        done = subprocess.run([self.clients / "python", "-c", script], env=self.env, capture_output=True, text=True,
                              timeout=LONG + 60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def get(self, path: str) -> Any:
        """Ask the API."""
        answer = requests.get(self.url + path, auth=self.auth, headers=LATEST, timeout=120)
        assert answer.ok, answer.text
        return answer.json()

    def node(self, name: str) -> dict[str, Any]:
        """The node as the API shows it."""
        return dict(self.get(f"/v1/nodes/{name}"))

    def until(self, state: str, *names: str, within: float = LONG) -> None:
        """Wait until all these nodes are in ``state``; one that has failed ends the waiting."""
        end = time.monotonic() + within
        for name in names:
            while (node := self.node(name))["provision_state"] != state or node["reservation"]:
                failed = node["provision_state"].endswith("failed") or node["provision_state"] == "error"
                assert not failed and time.monotonic() < end, (
                    f"{name} is {node['provision_state']!r}: {node['last_error']}\n{self.story(name)}")
                time.sleep(0.3)

    def story(self, name: str) -> str:
        """The newest flow of a node: its steps and milestones."""
        flow = self.get(f"/ops/v1/nodes/{name}/timeline?limit=1")["flows"][0]
        lines = [f"{flow['verb']} {flow['state']} after {flow['duration_seconds']} s, awaits {flow['awaits']}"]
        lines += [f"  step {s['interface']}.{s['step']} {s['state']} {s['duration_seconds']} {s['facts']}"
                  for s in flow["steps"]]
        return "\n".join(lines + [f"  {m['at']} {m['name']} {m['facts']}" for m in flow["milestones"]])

    def steps(self, name: str) -> dict[str, dict[str, Any]]:
        """The steps of a node's newest flow that were done, by their name."""
        flow = self.get(f"/ops/v1/nodes/{name}/timeline?limit=1")["flows"][0]
        return {step["step"]: step for step in flow["steps"] if step["state"] == "done"}


def serve(running: lab.Lab, booted: Path, images: Path, workdir: Path, clients: Path) -> Iterator[Service]:
    """Start the service on the lab's network and enrol its machines; end it afterwards.

    Images may also lie in ``workdir`` / "more"; other ramdisks beside ``booted``.
    """
    data, port, host = workdir / "vms-service", processes.free_port(), running.wanted.network.host
    prefix = host.rpartition(".")[0]
    settings = configparser.RawConfigParser()
    settings["DEFAULT"] = {"debug": "true"}
    settings["api"] = {"agents_host_ip": host, "agents_port": "6386"}
    settings["deploy"] = {"http_host_ip": host}
    settings["dnsmasq"] = {"interface": running.wanted.network.link, "dhcp_range": f"{prefix}.20,{prefix}.99"}
    settings["conductor"] = {"file_url_allowed_paths": f"{booted.parent},{images},{workdir / 'more'}",
                             "sync_power_state_interval": "0"}
    settings["images"] = {"allowed_networks": "127.0.0.0/8"}
    file = workdir / "vms.conf"
    with file.open("w") as written:
        settings.write(written)
    command = processes.Command([sys.executable, "-m", "baremetal.cmd.single", "--config-file", str(file), "--data",
                                 str(data), "--port", str(port)], logs=[data / "baremetal.log"])
    with processes.spawned("baremetal", command, workdir / "vms-service.log") as process:
        process.wait_for(lambda: "Ctrl-C" in process.tail(100), within=300)
        told = json.loads((data / "credentials.json").read_text())
        found = Service(told["url"], (told["username"], told["password"]), data, process, clients)
        boots = demo.Files(booted / "kernel", booted / "ramdisk", images / "blue.raw", "")
        enrol.enrol(enrol.Api(found.url, found.auth), enrol.Login("admin", running.wanted.password),
                    [server.describe() for server in running.servers], boots)
        yield found


def image(service: Service, name: str, path: Path, **more: object) -> None:
    """Tell a node what to be deployed with, and what else its instance_info is to have."""
    digits = json.loads((path.parent / "checksums.json").read_text())[path.name]
    wanted = {"image_source": path.as_uri(), "image_os_hash_algo": "sha256", "image_os_hash_value": digits, **more}
    service.cli("node", "set", name, *(word for key, value in wanted.items()
                                       for word in ("--instance-info", f"{key}={value}")))


def said(running: lab.Lab, number: int, since: int, words: str, within: float = 600) -> str:
    """What a machine's serial console has said from ``since`` on, once ``words`` are among it."""
    end = time.monotonic() + within
    while words not in (text := console(running, number)[since:]):
        assert time.monotonic() < end, f"the console has not said {words!r}, but:\n{text[-3000:]}"
        time.sleep(0.3)
    return text


def console(running: lab.Lab, number: int) -> str:
    """All that a machine's serial console has said."""
    path = Path(running.servers[number].describe()["console"])
    return path.read_text(errors="replace") if path.exists() else ""


def line(text: str, start: str) -> str:
    """The last line of ``text`` that has ``start``, from there on."""
    return [one[one.index(start):] for one in text.splitlines() if start in one][-1]


def until(true: Callable[[], object], within: float, what: str) -> None:
    """Wait for what comes by itself."""
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, f"{what} did not come within {within} s"
        time.sleep(0.2)
