"""One side of the comparison: a running API with its conductor, and the servers that both need."""

import contextlib
import dataclasses
import json
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

from bench import meter
from tests import processes
from tests.services import mariadb, postgresql, rabbitmq

HOST = "127.0.0.1"
SERVERS: dict[str, ModuleType] = {"mariadb": mariadb, "postgresql": postgresql}

#: the same fakes on both sides; interface kind: what is enabled
FAKES = {
    **dict.fromkeys(("bios", "boot", "console", "deploy", "firmware", "inspect", "management", "power", "raid",
                     "rescue", "vendor"), "fake"),
    "network": "noop", "storage": "noop"}


@dataclasses.dataclass(frozen=True)
class Ground:
    """Where a side runs: its folder, its empty database, its bus."""

    folder: Path
    database: str
    bus: str | None
    roots: Mapping[str, int]


@dataclasses.dataclass(frozen=True)
class Side:
    """A running service."""

    name: str
    url: str
    database: str
    roots: Mapping[str, int]
    version: str = ""

    @property
    def meters(self) -> meter.Meter:
        """Return what accounts all processes of this side, database and broker included."""
        return meter.Meter(self.roots)


def ground(stack: contextlib.ExitStack, folder: Path, kind: str, *, bus: bool) -> Ground:
    """Start what a side needs, for as long as ``stack`` is open: a server of its own, so that nothing is left over."""
    folder.mkdir(parents=True)
    roots = {}
    url = f"sqlite:///{folder}/bench.sqlite"
    if kind in SERVERS:
        server = SERVERS[kind].start(folder)
        stack.callback(server.stop)
        roots["database"], url = server.process.pid, server.database("bench")
    transport = None
    if bus:
        broker = rabbitmq.start(folder)
        stack.callback(broker.stop)
        roots["broker"], transport = broker.process.pid, broker.transport_url("bench")
    return Ground(folder, url, transport, roots)


def fakes() -> str:
    """Return the lines of section DEFAULT that enable the fakes, as both sides understand them."""
    return "enabled_hardware_types = fake-hardware\n" + "".join(
        f"enabled_{kind}_interfaces = {name}\n" for kind, name in FAKES.items())


def spawn(stack: contextlib.ExitStack, name: str, command: processes.Command, log: Path) -> processes.Process:
    """Start a process of a side, for as long as ``stack`` is open."""
    process = processes.Process(name, command, log)
    stack.callback(process.stop)
    return process


def serving(url: str, driver: str = "fake-hardware") -> Callable[[], bool]:
    """Return the question whether the API answers and a conductor serves ``driver``."""
    def ask() -> bool:
        with urllib.request.urlopen(f"{url}/v1/drivers", timeout=5) as answer:
            return any(found["name"] == driver for found in json.load(answer)["drivers"])
    return ask
