"""One BMC as the client keeps it: its session, its breaker, its habits, and the rules for asking again.

A ``Bmc`` holds one conversation at a time; an operation gets a ``Talk`` and asks through it. Everything happens in
the loop's thread. What is asked is ``operations.py``; what bytes it becomes is ``session.py``.
"""

import asyncio
import dataclasses
import logging
import random
import typing

from baremetal import errors
from baremetal.clients.ipmi import address, breaker, completion, session, transmission

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Again:
    """How often, and after how long, a request that met a fault is made again."""

    times: int
    """Further attempts at most, inside the deadline of the operation."""
    first: float = 0.0
    """Seconds before the first of them; the next waits twice as long."""
    reopen: bool = False
    """Whether a new session is needed for it."""


#: fault -> what is done about it before the caller hears of it; a fault of no row is told at once
POLICY: dict[type[errors.BmcFault], Again] = {
    errors.BmcBusy: Again(times=8, first=0.25),
    errors.BmcTimeout: Again(times=1, reopen=True),     # the BMC has forgotten the session: it was restarted
    errors.BmcGarbage: Again(times=1, first=0.25, reopen=True),
}


@dataclasses.dataclass
class Counts:
    """What a client has done since its start; only ever grows."""

    opened: int = 0
    """Sessions opened."""
    reused: int = 0
    """Conversations that found a session open."""
    requests: int = 0
    """Requests made within sessions, repetitions by the network not counted."""
    repeated: int = 0
    """Requests made again because of a fault."""
    faults: int = 0
    """Operations that ended with a fault."""


class Bmc:
    """What is known about one BMC, by its address on the network."""

    def __init__(self, sockaddr: tuple[str, int], send: transmission.Send, cut: breaker.Breaker,
                 counts: Counts) -> None:
        self.sockaddr, self.send, self.breaker, self.counts = sockaddr, send, cut, counts
        self.turn = asyncio.Lock()
        self.habits = transmission.Habits()
        self.session: session.Session | None = None
        self.rested = 0.0
        self.sensors: dict[str, typing.Any] = {}   # what sensors.py wants to find again

    def receive(self, packet: bytes) -> None:
        """Take a packet that came from this BMC."""
        if self.session is not None:
            self.session.receive(packet)

    def drop(self) -> None:
        """Close the session, if there is one."""
        if self.session is not None:
            self.session.close()
            self.session = None

    async def opened(self, where: address.Address, doing: str) -> session.Session:
        """Return an open session for these credentials: the one there is, or a new one."""
        if self.session is not None and self.session.where == where and self.session.logged:
            return self.session
        self.drop()
        self.session = session.Session(where, self.send, self.habits)
        await self.session.open()
        self.counts.opened += 1
        return self.session


class Talk:
    """One conversation with a BMC: what an operation asks through."""

    def __init__(self, bmc: Bmc, where: address.Address, operation: str) -> None:
        self.bmc, self.where, self.operation = bmc, where, operation
        self.heard = False

    async def ask(self, netfn: int, command: int, data: typing.Iterable[int] = b"", *,
                  accept: tuple[int, ...] = (), lun: int = 0, repeat: bool = True) -> transmission.Reply:
        """Return the BMC's answer; a completion code that is neither 0 nor in ``accept`` raises its fault.

        A busy BMC is asked again; a lost session is opened anew once, and the request is made again unless
        ``repeat`` says that doing it twice would do harm.
        """
        met: dict[type[errors.BmcFault], int] = {}
        while True:
            sent = False
            try:
                opened = await self.bmc.opened(self.where, self.operation)
                opened.doing, sent = self.operation, True
                self.bmc.counts.requests += 1
                reply = await opened.ask(netfn, command, bytes(data), lun)
                if reply.code and reply.code not in accept:
                    raise opened.fault(*completion.of_code(netfn, command, reply.code))
                return reply
            except errors.BmcFault as fault:
                fault.facts["operation"] = self.operation
                again = POLICY.get(type(fault))
                met[type(fault)] = number = met.get(type(fault), 0) + 1
                undecided = sent and not repeat and not isinstance(fault, errors.BmcBusy)
                if again is None or number > again.times or undecided:
                    raise
                await self._prepare(again, number)

    async def _prepare(self, again: Again, number: int) -> None:
        self.bmc.counts.repeated += 1
        if again.reopen:
            self.bmc.drop()
        if again.first:
            await asyncio.sleep(again.first * 2 ** (number - 1) * random.uniform(0.8, 1.2))

    def fault(self, kind: type[errors.BmcFault], why: str) -> errors.BmcFault:
        """Return a fault of this conversation."""
        return kind(host=self.where.host, port=self.where.port, username=self.where.username,
                    operation=self.operation, why=why)

    def silent(self, seconds: float) -> errors.BmcFault:
        """Return the fault for an operation whose time is over, by what was heard meanwhile."""
        opened = self.bmc.session
        if opened is None or not opened.heard:
            return self.fault(errors.BmcUnreachable, f"nothing answered within {seconds:g} s")
        if opened.garbage or not opened.fitted:
            return self.fault(errors.BmcGarbage, f"{opened.heard} packets came within {seconds:g} s, but no answer")
        return self.fault(errors.BmcTimeout, f"{seconds:g} s were not enough")
