"""The IPMI client of a process: one thread, one loop, any number of BMCs.

``submit`` never blocks; each BMC has a queue and one conversation at a time, and so many BMCs at once as ``most``
says. Sessions are kept while they are used and closed when idle, without keepalives: a BMC forgets a session after
60 s and has few of them, and opening one anew was measured to cost less than a single keepalive (0.11 ms of CPU
more than a poll in an open session, which is 0.14 ms).
"""

import asyncio
import collections
import concurrent.futures
import dataclasses
import ipaddress
import logging
import socket
import threading
import typing

from baremetal import clock, errors
from baremetal.clients.ipmi import address, bmc, breaker, completion, operations, port

LOG = logging.getLogger(__name__)
FAIR = 10.0
"""Seconds that a BMC must have had before its silence counts as a failure."""
GRACE = 0.2
"""Seconds by which the verdict about a BMC may come later than the caller's time ends."""
NAMES_KEPT = 60.0
"""Seconds for which the answer of the name service is believed."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """What the client may take."""

    timeout: float = 20.0
    """Seconds that one operation may take from its first packet on, all repetitions included."""
    min_interval: float = 0.0
    """Seconds between two operations on one BMC."""
    idle: float = 50.0
    """Seconds after which an unused session is closed; more than 55 s outlives the BMC's own time-out."""
    breaker_failures: int = 3
    """Failures in a row after which a BMC is left alone."""
    breaker_rest: float = 30.0
    """Seconds for which it is left alone at first."""
    most: int = 256
    """BMCs in conversation at once."""


class Client:
    """Speaks to all BMCs of a process; its thread starts with the first operation and ends with ``close``."""

    def __init__(self, *, ticker: clock.Clock = clock.REAL, **limits: typing.Any) -> None:
        self.limits = Limits(**limits)
        self.counts = bmc.Counts()
        self._clock = ticker
        self._bmcs: dict[tuple[str, int], bmc.Bmc] = {}
        self._names: dict[tuple[str, int], tuple[float, tuple[typing.Any, ...]]] = {}
        self._open: collections.OrderedDict[bmc.Bmc, float] = collections.OrderedDict()
        self._ports: dict[socket.AddressFamily, port.Port] = {}
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._slots = asyncio.Semaphore(self.limits.most)
        self._closed = False

    # --- from any thread ---

    def submit(self, where: address.Address, operation: str, *, within: float | None = None,
               **args: typing.Any) -> concurrent.futures.Future[typing.Any]:
        """Queue an operation and return at once; its result or fault comes with the future.

        ``within`` bounds the whole, waiting in the queue included. The future's callbacks run in the client's
        thread: they must not block and must not ``call``.
        """
        work, loop = operations.TABLE[operation](**args), self._started()
        return asyncio.run_coroutine_threadsafe(self._run(where, operation, work, within), loop)

    def call(self, where: address.Address, operation: str, *, within: float | None = None,
             **args: typing.Any) -> typing.Any:
        """Do an operation and wait for it; raise its fault."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("the client's own thread may not wait for itself")
        return self.submit(where, operation, within=within, **args).result()

    def resting(self, where: address.Address) -> bool:
        """Return whether the BMC's breaker is open, as far as its name is known."""
        found = self._bmcs.get((where.host, where.port))
        return found is not None and found.breaker.resting

    def close(self) -> None:
        """End all operations, close all sessions, stop the thread. The client cannot be used again."""
        with self._starting:
            self._closed = True
            loop, thread = self._loop, self._thread
        if loop is None or thread is None or not thread.is_alive():
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._closed:
                raise RuntimeError("the IPMI client is closed")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._work, args=(self._loop,), name="ipmi", daemon=True)
                self._thread.start()
            return self._loop

    # --- the thread ---

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        sweep = loop.create_task(self._sweep())
        try:
            loop.run_forever()
        finally:
            left = [task for task in asyncio.all_tasks(loop) if task is not sweep]
            for task in (sweep, *left):
                task.cancel()
            loop.run_until_complete(asyncio.gather(sweep, *left, return_exceptions=True))
            for known in self._bmcs.values():
                known.drop()
            for opened in self._ports.values():
                loop.call_soon(opened.close)
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    async def _sweep(self) -> None:
        """Close sessions that were not used for a while; the oldest stand first."""
        while True:
            await asyncio.sleep(min(5.0, max(0.05, self.limits.idle / 4)))
            before = asyncio.get_running_loop().time() - self.limits.idle
            while self._open and next(iter(self._open.values())) < before:
                known, _ = self._open.popitem(last=False)
                try:
                    if not known.turn.locked():
                        known.drop()
                except Exception:
                    # one session that cannot be closed must not keep all others open
                    LOG.exception("The session with BMC %s:%s was not closed", *known.sockaddr)

    async def _run(self, where: address.Address, operation: str, work: operations.Work, within: float | None
                   ) -> typing.Any:
        """Do one operation: find the BMC, wait for its turn and a slot, converse."""
        until = None if within is None else asyncio.get_running_loop().time() + within
        try:
            async with asyncio.timeout(None if within is None else within + GRACE):
                known = await self._find(where, operation)
                known.breaker.check(where.host, where.port, operation)
                async with known.turn:
                    known.breaker.check(where.host, where.port, operation)
                    await self._space(known)
                    async with self._slots:
                        return await self._converse(known, bmc.Talk(known, where, operation), work, until)
        except TimeoutError:
            self.counts.faults += 1
            raise errors.BmcTimeout(host=where.host, port=where.port, username=where.username, operation=operation,
                                    why=f"it had {within:g} s, waiting for its turn included") from None
        except errors.BmcFault:
            self.counts.faults += 1
            raise

    async def _converse(self, known: bmc.Bmc, talk: bmc.Talk, work: operations.Work, until: float | None
                        ) -> typing.Any:
        """Do ``work``, for as long as one operation may take and its caller waits."""
        loop = asyncio.get_running_loop()
        self.counts.reused += self._usable(known, talk.where)
        seconds = self.limits.timeout if until is None else min(self.limits.timeout, until - loop.time())
        try:
            async with asyncio.timeout(seconds):
                result = await work(talk)
        except TimeoutError:
            fault = talk.silent(seconds)
            if seconds >= min(FAIR, self.limits.timeout):
                self._failed(known, fault)
            else:
                known.drop()    # its answer may still come, and must not be taken for another's
            raise fault from None
        except completion.MALFORMED as error:
            fault = talk.fault(errors.BmcGarbage, f"answer is too short or wrong: {error}")
            self._failed(known, fault)
            raise fault from error
        except errors.BmcFault as met:
            self._failed(known, met)
            raise
        except asyncio.CancelledError:
            known.drop()   # whatever was under way, its answer must not be taken for another's
            raise
        finally:
            known.rested = loop.time() + self.limits.min_interval
        if known.breaker.worked():
            LOG.info("BMC %s:%s answers again", *known.sockaddr)
        if known.session is not None:
            self._open[known] = loop.time()
            self._open.move_to_end(known)
        return result

    def _usable(self, known: bmc.Bmc, where: address.Address) -> bool:
        """Return whether the BMC has a session for these credentials; close one that is too old or another's."""
        opened = known.session
        if opened is None:
            return False
        if opened.where != where or asyncio.get_running_loop().time() - opened.used > self.limits.idle:
            known.drop()
            return False
        opened.heard = opened.fitted = 0
        return True

    def _failed(self, known: bmc.Bmc, fault: errors.BmcFault) -> None:
        """Count a fault for the breaker; a session that was in doubt is not kept."""
        if isinstance(fault, breaker.COUNTED) or known.session is None or not known.session.logged:
            known.drop()
            self._open.pop(known, None)
        if known.breaker.failed(fault):
            LOG.warning("BMC %s:%s is left alone for a while after %s failures: %s", *known.sockaddr,
                        known.breaker.failures, fault)
        elif not isinstance(fault, breaker.COUNTED) and known.breaker.worked():
            LOG.info("BMC %s:%s answers again", *known.sockaddr)   # a refusal is an answer

    async def _space(self, known: bmc.Bmc) -> None:
        left = known.rested - asyncio.get_running_loop().time()
        if left > 0:
            await asyncio.sleep(left)

    # --- addresses and sockets ---

    async def _find(self, where: address.Address, operation: str) -> bmc.Bmc:
        """Return the BMC at an address; one that is named twice is still one."""
        known = self._bmcs.get((where.host, where.port))
        if known is not None:
            return known
        family, sockaddr = await self._resolve(where, operation)
        key = (sockaddr[0], sockaddr[1])
        if key not in self._bmcs:
            opened = self._port(family)
            cut = breaker.Breaker(self.limits.breaker_failures, self.limits.breaker_rest, self._clock)
            self._bmcs[key] = bmc.Bmc(key, lambda packet: opened.send(sockaddr, packet), cut, self.counts)
        return self._bmcs[key]

    async def _resolve(self, where: address.Address, operation: str
                       ) -> tuple[socket.AddressFamily, tuple[typing.Any, ...]]:
        loop = asyncio.get_running_loop()
        try:
            plain = ipaddress.ip_address(where.host)
        except ValueError:
            pass
        else:
            if plain.version == 4:
                return socket.AF_INET, (where.host, where.port)
        kept = self._names.get((where.host, where.port))
        if kept is None or kept[0] < loop.time():
            try:
                found = await loop.getaddrinfo(where.host, where.port, type=socket.SOCK_DGRAM)
            except OSError as error:
                raise errors.BmcUnreachable(host=where.host, port=where.port, username=where.username,
                                            operation=operation, why=f"no such name: {error.strerror}") from None
            kept = (loop.time() + NAMES_KEPT, (found[0][0], found[0][4]))
            self._names[where.host, where.port] = kept
        return kept[1][0], kept[1][1]

    def _port(self, family: socket.AddressFamily) -> port.Port:
        if family not in self._ports:
            self._ports[family] = port.Port(family, self._came, self._unreached)
        return self._ports[family]

    def _came(self, sockaddr: tuple[str, int], packet: bytes) -> None:
        known = self._bmcs.get(sockaddr)
        if known is not None:
            known.receive(packet)

    def _unreached(self, sockaddr: tuple[str, int], why: str) -> None:
        known = self._bmcs.get(sockaddr)
        if known is not None and known.session is not None:
            known.session.unreachable(why)
