"""What is said to one agent and heard of it: requests, repeated where an answer was lost. Knows no threads.

A command must not run twice because its answer was lost. So before it is sent again the agent's list of commands is
read: is its last one new and of that name, it is ours.
"""

import asyncio
import collections
import dataclasses
import ssl
import typing

import aiohttp
import orjson

from baremetal import errors
from baremetal.clients.agent import address, answers, certificates

#: bytes of an answer that may carry logs
LARGE = 64 * 1024 * 1024
#: commands that may take longer than one request, in seconds
SLOW = {"log.collect_system_logs": 300.0, "clean.get_clean_steps": 180.0, "deploy.get_deploy_steps": 180.0,
        "service.get_service_steps": 180.0, "standby.sync": 300.0}
#: seconds between two tries
AGAIN = (0.3, 1.0)
#: agents whose last command is remembered
REMEMBERED = 2048


@dataclasses.dataclass(frozen=True)
class Limits:
    """What the client may take."""

    timeout: float = 60.0
    """Seconds that an agent may take to answer one request."""
    attempts: int = 3
    """How often a request is sent when the connection fails."""
    most: int = 128
    """Requests under way at once."""
    size: int = 8 * 1024 * 1024
    """Bytes of an answer, unless a larger one is asked for."""
    silent: float = 60.0
    """Seconds for which a watched agent may be unreachable."""
    idle: float = 30.0
    """Seconds for which an unused connection is kept."""

    @property
    def whole(self) -> float:
        """Seconds that a command may take with all its repetitions."""
        return self.timeout * self.attempts


class Conversations:
    """All agents of a process, for the thread of the client. The session is made there, too."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.contexts = certificates.Contexts()
        self._slots = asyncio.Semaphore(limits.most)
        self._last: collections.OrderedDict[str, str] = collections.OrderedDict()
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=limits.idle, use_dns_cache=False)
        self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(),
                                              auto_decompress=False, headers={"Accept": "application/json"})

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    # --- what can be asked ---

    async def command(self, where: address.Address, command: str, params: dict[str, typing.Any], size: int | None
                      ) -> answers.Result:
        """Let the agent do a command and return its result, RUNNING for those that take their time."""
        body = orjson.dumps({"name": command, "params": params}, option=orjson.OPT_NON_STR_KEYS)
        lost: errors.AgentFault | None = None
        for attempt in range(self.limits.attempts):
            if lost is not None:
                await asyncio.sleep(AGAIN[min(attempt, len(AGAIN)) - 1])
                # what never left us is no command there
                there = None if _unsent(lost) else await self._ours(where, command)
                if there is not None:
                    return there
            try:
                value = await self._ask("POST", where, "commands/", command, body=body, size=size)
            except errors.AgentUnreachable as fault:
                if _hopeless(fault):
                    raise
                lost = fault
                continue
            except errors.AgentBusy:
                # what makes it busy may be the one whose answer was lost
                there = None if lost is None else await self._ours(where, command)
                if there is None:
                    raise
                return there
            return self._remember(where, answers.result(where, command, value))
        assert lost is not None
        raise lost

    async def results(self, where: address.Address, about: str = "the list of commands") -> list[answers.Result]:
        """Return the results of all commands of this boot, oldest first."""
        for attempt in range(self.limits.attempts):
            try:
                found = answers.results(where, about, await self._ask("GET", where, "commands/", about, size=LARGE))
            except errors.AgentUnreachable as fault:
                if attempt + 1 == self.limits.attempts or _hopeless(fault):
                    raise
                await asyncio.sleep(AGAIN[min(attempt, len(AGAIN) - 1)])
            else:
                if found:
                    self._remember(where, found[-1])
                return found
        raise AssertionError("there is at least one attempt")

    async def watch(self, where: address.Address, ident: str, first: float, every: float) -> answers.Result:
        """Return a command's result when it does not run any more; AgentUnreachable when the agent is silent long."""
        loop, pause, about = asyncio.get_running_loop(), first, f"command {ident}"
        heard = loop.time()
        while True:
            await asyncio.sleep(pause)
            try:
                found = answers.result(where, about, await self._ask("GET", where, f"commands/{ident}", about))
            except errors.AgentUnreachable:
                if loop.time() - heard > self.limits.silent:
                    raise
            else:
                if found["command_status"] != answers.RUNNING:
                    return found
                heard = loop.time()
            pause = min(pause * 1.5, every)

    def forget(self, where: address.Address) -> None:
        """Drop what is known of an agent that has ended; its connections close by themselves."""
        self._last.pop(where.url, None)
        self.contexts.forget(where)

    # --- how ---

    async def _ours(self, where: address.Address, command: str) -> answers.Result | None:
        """Return the result of a command whose answer was lost, where the agent has got it."""
        before = self._last.get(where.url)
        try:
            there = answers.results(where, command, await self._ask("GET", where, "commands/", command, size=LARGE))
        except errors.AgentUnreachable:
            return None
        if there and _short(there[-1].get("command_name")) == _short(command) and there[-1]["id"] != before:
            return there[-1]
        return None

    def _remember(self, where: address.Address, found: answers.Result) -> answers.Result:
        self._last[where.url] = found["id"]
        self._last.move_to_end(where.url)
        while len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
        return found

    async def _ask(self, method: str, where: address.Address, path: str, about: str, *, body: bytes | None = None,
                   size: int | None = None) -> typing.Any:
        """Make one request and return the JSON of its answer."""
        seconds = max(self.limits.timeout, SLOW.get(about, 0))
        tls = self._tls(where, about)
        try:
            async with self._slots, asyncio.timeout(seconds):
                status, content = await self._exchange(method, where, path, body, tls, size or self.limits.size)
        except TimeoutError:
            raise answers.fault(errors.AgentUnreachable, where, about, f"no answer within {seconds:g} s") from None
        except _TooLarge as error:
            raise answers.fault(errors.AgentGarbage, where, about, str(error)) from None
        except (aiohttp.ClientError, OSError) as error:
            raise answers.fault(errors.AgentUnreachable, where, about, _why(error)) from error
        return answers.read(where, about, status, content)

    def _tls(self, where: address.Address, about: str) -> ssl.SSLContext | None:
        """Return the context for an agent, None for one without TLS; AgentRefused where it cannot even be asked."""
        wrong = where.why_wrong()
        try:
            if wrong is None:
                return self.contexts.of(where) if where.url.startswith("https:") else None
        except ValueError as error:
            wrong = str(error)
        raise answers.fault(errors.AgentRefused, where, about, wrong)

    async def _exchange(self, method: str, where: address.Address, path: str, body: bytes | None,
                        tls: ssl.SSLContext | None, most: int) -> tuple[int, bytes]:
        """Return status and body of one answer, which may not be larger than ``most``."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        async with self._session.request(method, where.path(path), params={"agent_token": where.token}, data=body,
                                         headers=headers, ssl=tls or True, allow_redirects=False) as answer:
            pieces, size = [], 0
            async for piece in answer.content.iter_any():
                size += len(piece)
                if size > most:
                    answer.close()
                    raise _TooLarge(f"the answer is larger than {most} bytes")
                pieces.append(piece)
            return answer.status, b"".join(pieces)


class _TooLarge(Exception):
    """An answer that is longer than is read."""


def _hopeless(fault: errors.AgentFault) -> bool:
    """Return whether asking again cannot help: what answers is not whom the certificate names."""
    return isinstance(fault.__cause__, aiohttp.ClientConnectorCertificateError)


def _unsent(fault: errors.AgentFault) -> bool:
    """Return whether there was not even a connection."""
    return isinstance(fault.__cause__, aiohttp.ClientConnectorError)


def _short(name: typing.Any) -> str:
    """Return a command's name without its extension, which agents leave out, except where it failed at once."""
    return str(name).rpartition(".")[2]


def _why(error: BaseException) -> str:
    """Return what went wrong on the wire, in words."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"its TLS certificate is not the one that was told: {error.certificate_error}"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return f"TLS cannot be agreed upon: {error.os_error}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection: {error.os_error.strerror or error.os_error}"
    return str(error) or type(error).__name__
