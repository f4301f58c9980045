"""What the agent says to the service: versions, report, lookup, heartbeat, with the real agent's patience."""

import asyncio
import json
import random
import typing
import urllib.parse

import aiohttp

from baremetal import clock

if typing.TYPE_CHECKING:
    from baremetal.lab.agent import process

LOWEST, TOKENS, CERTIFICATES, VERSIONS = (1, 31), (1, 62), (1, 68), (1, 36)
HEADER = "X-OpenStack-Ironic-API-Version"
TIMEOUT = aiohttp.ClientTimeout(total=30)
REPORTS, REPORT_PAUSE, LONGEST_REPORT_PAUSE = 5, 5.0, 30.0
FIRST_LOOKUP, LONGEST_LOOKUP = 1.0, 60.0
#: pause after a lookup that found the node locked: the pause after the next one
LOCKED = {0: 5, 5: 10, 10: 30, 30: 30}
GONE = (aiohttp.ClientError, TimeoutError, OSError)


class Unheard(Exception):
    """The service did not do what the agent wants; the text says what it answered."""


class Conflict(Unheard):
    """The node is locked."""


class Service:
    """The service as one agent sees it."""

    def __init__(self, agent: "process.Agent", urls: list[str]) -> None:
        self._agent, self._urls = agent, [url.rstrip("/") for url in urls]
        self._version: tuple[int, int] | None = None

    async def report(self, url: str, report: dict[str, typing.Any]) -> str | None:
        """Send the report of an inspection; return the node's id, if the service knew it."""
        for attempt in range(REPORTS):
            wrong = ""
            try:
                for one in url.split(","):
                    status, body = await self._call("POST", one, report)
                    break
                if status < 400:
                    return body.get("uuid") if isinstance(body, dict) else None
                wrong = f"{status}: {_said(body)}"
                if status < 500 and status != 409:
                    raise Unheard(f"the service refused the report: {wrong}")
            except GONE as error:
                wrong = f"{type(error).__name__} {error}"
            self._agent.tell(f"the report was not taken ({wrong})")
            if attempt + 1 < REPORTS:
                await self._pause(min(LONGEST_REPORT_PAUSE, max(REPORT_PAUSE, 1.5 * 2 ** attempt)))
        raise Unheard("the service did not take the report")

    async def lookup(self, macs: list[str], node: str | None) -> dict[str, typing.Any]:
        """Return what the service says to one who wants to know who he is; raise Unheard when time is up."""
        end, locked, step = clock.REAL.tick() + self._agent.profile.lookup, 0, FIRST_LOOKUP
        asked = {"addresses": ",".join(macs), **({"node_uuid": node} if node else {})}
        while clock.REAL.tick() < end:
            wrong, status = "", 0
            try:
                version = min(await self._known(), TOKENS)
                status, body = await self._any("GET", "/v1/lookup?" + urllib.parse.urlencode(asked, safe=",:"),
                                               version=version)
                if status == 200 and isinstance(body, dict) and (body.get("node") or {}).get("uuid"):
                    return body
                wrong = f"{status}: {_said(body)}"
            except GONE as error:
                wrong = f"{type(error).__name__} {error}"
            self._agent.tell(f"lookup did not succeed ({wrong})")
            if status == 409:
                locked = LOCKED[locked]
                await self._pause(locked)
            await self._pause(max(FIRST_LOOKUP, random.uniform(0, step)))
            step = min(LONGEST_LOOKUP, step * 2)
        raise Unheard("the node could not be looked up in time")

    async def heartbeat(self, node: str, beat: dict[str, typing.Any]) -> None:
        """Send a heartbeat; raise Unheard."""
        version = await self._known()
        fields = {"agent_token": TOKENS, "agent_version": VERSIONS, "agent_verify_ca": CERTIFICATES}
        body = {name: value for name, value in beat.items() if version >= fields.get(name, LOWEST)}
        try:
            status, answer = await self._any("POST", f"/v1/heartbeat/{node}", body, version=min(version, CERTIFICATES))
        except GONE as error:
            raise Unheard(f"{type(error).__name__} {error}") from error
        if status != 202:
            raise (Conflict if status == 409 else Unheard)(f"{status}: {_said(answer)}")

    async def has_certificates(self) -> bool:
        """Return whether the service takes certificates from agents."""
        return await self._known() >= CERTIFICATES

    async def _known(self) -> tuple[int, int]:
        """Return the newest version that the service knows; the oldest that we do when it does not say."""
        if self._version is None:
            try:
                _, body = await self._any("GET", "/")
                major, minor = body["default_version"]["version"].split(".")
                self._version = int(major), int(minor)
            except (*GONE, KeyError, TypeError, ValueError, AttributeError) as error:
                self._agent.tell(f"the service does not tell its versions ({type(error).__name__} {error})")
                return LOWEST
        return self._version

    async def _any(self, method: str, path: str, body: typing.Any = None, *,
                   version: tuple[int, int] | None = None) -> tuple[int, typing.Any]:
        """Call the first of the service's addresses that answers."""
        for place, url in enumerate(self._urls):
            try:
                found = await self._call(method, url + path, body, version)
            except GONE:
                if place + 1 == len(self._urls):
                    raise
            else:
                self._urls = self._urls[place:] + self._urls[:place]
                return found
        raise Unheard("no address of the service is known")

    async def _call(self, method: str, url: str, body: typing.Any = None,
                    version: tuple[int, int] | None = None) -> tuple[int, typing.Any]:
        headers = {"Accept": "application/json"}
        if version is not None:
            headers[HEADER] = f"{version[0]}.{version[1]}"
        if request := self._agent.parameters.get("ipa-global-request-id"):
            headers["X-OpenStack-Request-ID"] = request
        async with self._agent.session.request(method, url, json=body, headers=headers, timeout=TIMEOUT) as answer:
            content = await answer.read()
        try:
            return answer.status, json.loads(content)
        except ValueError:
            return answer.status, content.decode("utf-8", "replace")

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self._agent.profile.waits)


def _said(body: typing.Any) -> str:
    """Return the sentence in an error's body."""
    if isinstance(body, dict):
        body = body.get("error_message", body)
        if isinstance(body, str):
            try:
                body = json.loads(body)
            except ValueError:
                return str(body)
        if isinstance(body, dict):
            return str(body.get("faultstring") or body.get("title") or body)
    return str(body)[:300]
