"""Many simulated servers in one process: one thread, one loop, one UDP socket per BMC on an address of its own.

``with Fleet(Plan(5)) as fleet`` starts and stops it. Machines may be looked at from any thread; what changes them
goes through ``do``.
"""

import asyncio
import concurrent.futures
import dataclasses
import ipaddress
import os
import resource
import secrets
import socket
import threading
import typing
import uuid

from baremetal.lab import bmc, faults, machine
from baremetal.lab.agent import computer, profile, troubles

FAMILY = uuid.UUID("6d3f4f3a-5e0f-5c7b-9a51-8f2c6a0d9b10")
PER_NET = 250
STANDARD_PORT, OTHER_PORT, AGENT_PORT = 623, 6230, 9999
BATCH = 64
DESCRIPTORS_BESIDES = 256
DESCRIPTORS_EACH = 8      # BMC, agent and what is connected to it


def default_port() -> int:
    """Return the port of IPMI where we may use it, else one above the privileged ones."""
    return STANDARD_PORT if os.geteuid() == 0 else OTHER_PORT


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a fleet is to be."""

    size: int
    """Number of servers."""
    network: str = "127.77.0.0"
    """First address of the loopback network; servers have .1 to .250 of each /24 of it."""
    port: int = dataclasses.field(default_factory=default_port)
    """UDP port of all BMCs."""
    user: str = "admin"
    """Name of the only user of each BMC."""
    password: str = dataclasses.field(default_factory=lambda: secrets.token_hex(8))
    """Password of the user, at most 20 characters."""
    timing: machine.Timing = dataclasses.field(default_factory=machine.Timing)
    """How long the servers take for what they do."""
    boot_url: str = ""
    """Where servers find what they boot over the network; empty: there is no boot server."""
    manner: profile.Profile = dataclasses.field(default_factory=profile.Profile)
    """How the agents behave that servers boot."""
    agent_port: int = AGENT_PORT
    """TCP port of all agents, on their servers' own addresses."""

    def address(self, number: int) -> str:
        """Return the address of a server, which is all that tells it from the others."""
        first = ipaddress.IPv4Address(self.network)
        return str(first + (number // PER_NET) * 256 + number % PER_NET + 1)


class Server:
    """One machine, its BMC and the BMC's socket, and the computer behind them."""

    def __init__(self, plan: Plan, number: int, loop: asyncio.AbstractEventLoop) -> None:
        self.address, self.port, self._loop = plan.address(number), plan.port, loop
        guid = uuid.uuid5(FAMILY, f"{plan.network}/{number}")
        identity = machine.Identity(f"server-{number + 1}", guid, f"LAB{guid.hex[:10].upper()}")
        self.machine = machine.Machine(identity, loop.call_later, plan.timing)
        self.bmc = bmc.Bmc(self.machine, (plan.user, plan.password), self._send, loop.call_later)
        self.bmc.address, self.bmc.port = self.address, self.port
        self.computer = computer.Computer(self.machine, profile.hardware(number), plan.manner, plan.boot_url)
        self.computer.address, self.computer.port = self.address, plan.agent_port
        self._socket: socket.socket | None = None

    @property
    def name(self) -> str:
        """Its name in the lab."""
        return self.machine.identity.name

    def plug(self) -> None:
        """Connect the BMC to the network."""
        if self._socket is None:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            try:
                self._socket.bind((self.address, self.port))
            except OSError:
                self._socket.close()
                self._socket = None
                raise
            self._loop.add_reader(self._socket, self._read)

    def unplug(self) -> None:
        """Take the BMC off the network, and its power: it forgets all sessions."""
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        self.bmc.restart()

    def describe(self) -> dict[str, typing.Any]:
        """Return the true state of machine and BMC as plain data."""
        return {"address": self.address, "port": self.port, **self.machine.describe(),
                "plugged": self._socket is not None, "faults": self.bmc.faults.describe(),
                "sessions": len(self.bmc.sessions), "counts": dict(self.bmc.counts), **self.computer.describe()}

    def switch(self, name: str, *, on: bool, value: float | str | None = None) -> None:
        """Switch a fault of the BMC, or of what the server boots, on or off."""
        if name not in faults.TABLE | troubles.TABLE:
            raise ValueError(f"there is no fault {name!r}; there are {', '.join(faults.TABLE | troubles.TABLE)}")
        if name in faults.TABLE:
            self.bmc.switch(name, on=on, value=value)
        elif on:
            self.computer.faults.switch_on(name, value)
        else:
            self.computer.faults.switch_off(name)

    def _read(self) -> None:
        for _ in range(BATCH):
            if self._socket is None:   # what was just read took it off the network
                return
            try:
                packet, peer = self._socket.recvfrom(4096)
            except BlockingIOError:
                return
            except OSError:   # a console that has gone; the network told us so
                continue
            self.bmc.receive(packet, peer)

    def _send(self, packet: bytes, peer: typing.Any) -> None:
        if self._socket is not None:
            try:
                self._socket.sendto(packet, peer)
            except BlockingIOError:
                pass   # the buffer is full: lost on the way, like on any network


class Fleet:
    """The servers of a plan, running from ``start`` to ``stop``."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self.servers = [Server(plan, number, self._loop) for number in range(plan.size)]
        self._names = {server.name: server for server in self.servers}

    def __enter__(self) -> typing.Self:
        self.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the thread and connect all BMCs; raises OSError when an address cannot be had."""
        _allow_descriptors(self.plan.size * DESCRIPTORS_EACH + DESCRIPTORS_BESIDES)
        self._thread = threading.Thread(target=self._work, name="lab", daemon=True)
        self._thread.start()
        try:
            self.do(self._plug)
        except OSError:
            self.stop()
            raise

    def stop(self) -> None:
        """Take all BMCs off the network and end the thread. A fleet cannot be started again."""
        if self._thread is not None:
            self.do(self._unplug)
            self.run(self._end()).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._thread = None
        if not self._loop.is_closed():
            self._loop.close()

    def server(self, which: int | str) -> Server:
        """Return a server: by its index, or by its name, of which the number is enough."""
        if isinstance(which, int):
            return self.servers[which]
        name = f"server-{which}" if which.isdigit() else which
        if name not in self._names:
            raise LookupError(f"there is no server {which!r}; there are server-1 to server-{len(self.servers)}")
        return self._names[name]

    def machine(self, which: int | str) -> machine.Machine:
        """Return the machine of a server."""
        return self.server(which).machine

    def do(self, work: typing.Callable[[], typing.Any]) -> typing.Any:
        """Call a function in the fleet's thread and return what it returns."""
        if threading.current_thread() is self._thread:
            return work()
        return self.run(_call(work)).result()

    def run(self, work: typing.Coroutine[typing.Any, typing.Any, typing.Any]
            ) -> concurrent.futures.Future[typing.Any]:
        """Start a coroutine in the fleet's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def fault(self, which: int | str, name: str, *, on: bool = True, value: float | str | None = None) -> None:
        """Switch a fault of a server on or off."""
        self.do(lambda: self.server(which).switch(name, on=on, value=value))

    def _plug(self) -> None:
        for server in self.servers:
            server.plug()

    def _unplug(self) -> None:
        for server in self.servers:
            server.unplug()

    async def _end(self) -> None:
        for server in self.servers:
            await server.computer.end()

    def _work(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))


async def _call(work: typing.Callable[[], typing.Any]) -> typing.Any:
    return work()


def _allow_descriptors(wanted: int) -> None:
    """Let this process have that many descriptors, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
