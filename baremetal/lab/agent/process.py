"""The life of one agent: report, lookup, certificate, API, heartbeats, until it is told to stop or loses its power."""

import asyncio
import datetime
import random
import typing

import aiohttp

from baremetal import clock
from baremetal.lab.agent import api, commands, extensions, profile, report, service, tls

if typing.TYPE_CHECKING:
    from baremetal.lab.agent import computer, troubles

VERSION = "13.0.0"
SHORTEST_TOKEN, STARS = 32, "******"
JITTER, ERROR_JITTER, ERROR_PAUSE = (0.3, 0.6), (1.0, 2.0), 5.0
RESTART_AFTER = 0.2


class Over(Exception):
    """The agent ends; the text says how the computer is from now on."""


class Agent:
    """One process of the agent. Lives as long as ``run``; a restart makes another one."""

    version = VERSION

    def __init__(self, computer: "computer.Computer", parameters: dict[str, str],
                 session: aiohttp.ClientSession) -> None:
        self.computer, self.parameters, self.session = computer, parameters, session
        self.started_at = clock.REAL.now().replace(tzinfo=datetime.UTC).timestamp()
        self.board = commands.Board(self, extensions.TABLE)
        self.token = parameters.get("ipa-agent-token", "")
        self.node: dict[str, typing.Any] = {}
        self.config: dict[str, typing.Any] = {}
        self.image: str | None = None
        """Id of the image that it has written."""
        self.partitions: dict[str, typing.Any] = {}
        """What it found there: partitions and their ids."""
        self.stopping = ""
        """What the computer is after this agent: set by commands that end it."""
        self._service = service.Service(self, [url for url in parameters.get("ipa-api-url", "").split(",") if url])
        self._api = api.Api(self)
        self._beat_now, self._restart = asyncio.Event(), asyncio.Event()
        self._last_beat = 0.0
        self._certificate = ""

    @property
    def profile(self) -> profile.Profile:
        """How it behaves."""
        return self.computer.profile

    @property
    def faults(self) -> "troubles.Troubles":
        """What is wrong with it."""
        return self.computer.faults

    @property
    def block_maps(self) -> bool:
        """Whether its ramdisk has the hardware manager for block maps."""
        return self.profile.block_maps and all(fault.block_maps() for fault in self.faults)

    def tell(self, text: str) -> None:
        """Write something into the computer's story."""
        self.computer.tell(text)

    def hurry(self) -> None:
        """Ask for a heartbeat soon."""
        self._beat_now.set()

    def end(self, state: str) -> None:
        """Stop serving, once the answer that is being given is out."""
        self.stopping = state
        self._beat_now.set()

    def interrupt(self) -> None:
        """Let a fault restart what it likes while a command runs."""
        for fault in self.faults:
            if what := fault.restarts():
                self.tell(f"the {what} restarts in the middle of a command, as a fault wants")
                self.computer.later(RESTART_AFTER, self._restart.set if what == "agent"
                                    else self.computer.machine.reset)

    async def run(self) -> str:
        """Live; return what the computer is afterwards: ``restart``, ``rescue`` or ``lockdown``."""
        try:
            await self._find_itself()
            await self._serve()
            await self._api.stop()
        except (Over, service.Unheard) as over:
            self.tell(f"the agent ends: {over}")
            self.stopping = "lockdown"
        finally:
            self.board.stop()
            self._api.drop()
        return self.stopping

    async def _find_itself(self) -> None:
        """Report and look up."""
        if not all(fault.calls("any") for fault in self.faults):
            await asyncio.Event().wait()
        node = await self._report() if self.parameters.get("ipa-inspection-callback-url") else None
        macs = [nic.mac for nic in self.computer.hardware.nics]
        for fault in self.faults:
            macs = fault.addresses(macs)
            if not fault.calls("lookup"):
                await asyncio.Event().wait()
        answer = await self._service.lookup(macs, node)
        self.node, self.config = answer["node"], answer.get("config") or {
            "heartbeat_timeout": answer.get("heartbeat_timeout", 300)}
        given = str(self.config.get("agent_token") or "")
        if len(given) >= SHORTEST_TOKEN:
            self.token = given
        elif given == STARS and not self.token:
            raise Over("the token was given out before, and this agent does not have it. This is fatal")
        self.tell(f"this is node {self.node['uuid']}")

    async def _report(self) -> str | None:
        if not all(fault.calls("inspection") for fault in self.faults):
            return None
        found = report.inspection(self.computer, self.parameters, self.computer.story)
        for fault in self.faults:
            found["inventory"]["interfaces"] = [
                nic for nic in found["inventory"]["interfaces"]
                if nic["mac_address"] in fault.addresses([nic["mac_address"]])] or found["inventory"]["interfaces"]
            fault.report(found)
        try:
            node = await self._service.report(self.parameters["ipa-inspection-callback-url"], found)
        except service.Unheard as unheard:      # the real one goes on with its lookup, too
            self.tell(f"inspection failed: {unheard}")
            return None
        self.tell("the report of the inspection was taken")
        return node

    async def _serve(self) -> None:
        """Answer commands and heartbeat until told to stop."""
        context = None
        if self.profile.tls and await self._service.has_certificates():
            self._certificate, context = tls.certificate(self.computer.machine.identity.name, self.computer.address)
        await self._api.start(context)
        self.computer.show("agent", node=self.node["uuid"])
        pause = 0.0
        while not self.stopping:
            await self._until(pause)
            if self._restart.is_set():
                self.stopping = "restart"
            elif not self.stopping:
                pause = await self._heartbeat()

    async def _until(self, pause: float) -> None:
        """Wait so long, or until the end of a command; but never beat twice within the least time between."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._beat_now, self._restart)]
        try:
            await asyncio.wait(waits, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            rest = self._last_beat + self.profile.forced - clock.REAL.tick()
            if self._beat_now.is_set() and not self.stopping and rest > 0:
                await asyncio.wait([waits[1]], timeout=min(rest, pause))
        finally:
            for wait in waits:
                wait.cancel()

    async def _heartbeat(self) -> float:
        """Send a heartbeat and return when the next one is due."""
        where = f"{'https' if self._certificate else 'http'}://{self.computer.address}:{self.computer.port}"
        token, calls = self.token, True
        for fault in self.faults:
            token, calls = fault.token(token), calls and fault.calls("heartbeat")
        beat = {"callback_url": where, "agent_token": token, "agent_version": VERSION,
                **({"agent_verify_ca": self._certificate} if self._certificate else {})}
        self._beat_now.clear()
        try:
            if calls:
                await self._service.heartbeat(self.node["uuid"], beat)
        except service.Unheard as unheard:
            self.tell(f"heartbeat failed ({unheard})")
            return ERROR_PAUSE * random.uniform(*ERROR_JITTER) * self.profile.waits
        finally:
            self._last_beat = clock.REAL.tick()
        return float(self.config["heartbeat_timeout"]) * random.uniform(*JITTER)
