"""The agent's own API on port 9999: paths, tokens and errors. What commands do stands elsewhere."""

import asyncio
import json
import typing

from aiohttp import web

from baremetal.lab.agent import commands, failures

if typing.TYPE_CHECKING:
    from baremetal.lab.agent import process

KIND = "application/vnd.openstack.ironic-python-agent.v1+json"
NAME, TELLS = "OpenStack Ironic Python Agent API", "Ironic Python Agent is a provisioning agent for OpenStack Ironic"

#: first part of the path, number of parts: methods
METHODS = {("", 1): ("GET",), ("status", 1): ("GET",), ("commands", 1): ("GET", "POST"), ("commands", 2): ("GET",)}


class Refused(Exception):
    """The HTTP request is wrong."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        super().__init__(text)


class Api:
    """The server of one agent."""

    def __init__(self, agent: "process.Agent") -> None:
        self._agent = agent
        self._http: web.Server | None = None
        self._listening: asyncio.Server | None = None

    async def start(self, context: typing.Any) -> None:
        """Listen on the computer's own address."""
        self._http = web.Server(self._answer, access_log=None)
        where = (self._agent.computer.address, self._agent.computer.port)
        self._listening = await asyncio.get_running_loop().create_server(self._http, *where, ssl=context,
                                                                         reuse_address=True)

    def drop(self) -> None:
        """Be gone at once: no connection is closed in good order."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for connection in self._http.connections if self._http is not None else ():
            if connection.transport is not None:
                connection.transport.abort()

    async def stop(self) -> None:
        """Finish the answers that are on their way, then stop."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        if self._http is not None:
            await self._http.shutdown(1)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            code, body = 200, await self._route(request)
        except Refused as refused:
            code, body = refused.code, _wrong(refused.code, str(refused))
        except failures.Failure as failure:
            code, body = failure.code, _wrong(failure.code, str(failure))
        content: bytes | None = json.dumps(body).encode()
        for fault in self._agent.faults:
            content = fault.answer(content or b"")
            if content is None:
                await asyncio.Event().wait()
        return web.Response(body=content, status=code, content_type="application/json")

    async def _route(self, request: web.BaseRequest) -> typing.Any:
        path = request.path.removeprefix("/v1").strip("/").split("/")
        methods = METHODS.get((path[0], len(path)))
        if methods is None:
            raise Refused(404, "404 Not Found: The requested URL was not found on the server. If you entered the URL "
                               "manually please check your spelling and try again.")
        if request.method not in methods:
            raise Refused(405, "405 Method Not Allowed: The method is not allowed for the requested URL.")
        if path == [""]:
            url = f"{request.scheme}://{request.host}"
            return _version(url, details=True) if request.path.startswith("/v1") else _root(url)
        if path == ["status"]:
            return {"started_at": self._agent.started_at, "version": self._agent.version}
        if not self._agent.token or request.query.get("agent_token") != self._agent.token:
            raise Refused(401, "401 Unauthorized: Token invalid.")
        return await self._command(request, path)

    async def _command(self, request: web.BaseRequest, path: list[str]) -> typing.Any:
        board = self._agent.board
        if request.method == "GET" and len(path) == 1:
            return {"commands": [result.plain() for result in board.results.values()]}
        if request.method == "GET":
            result = board.get(path[1])
        else:
            result = await self._given(board, await request.content.read())
        if request.query.get("wait", "").lower() == "true":
            await result.done.wait()
        return result.plain()

    async def _given(self, board: commands.Board, content: bytes) -> commands.Result:
        try:
            body = json.loads(content)
        except ValueError as error:
            raise Refused(400, f"400 Bad Request: Failed to decode JSON object: {error}") from error
        if not isinstance(body, dict) or "name" not in body or not isinstance(body.get("params"), dict):
            raise Refused(400, "400 Bad Request: Missing or invalid name or params")
        return await board.execute(str(body["name"]), body["params"])


def _wrong(code: int, text: str) -> dict[str, str]:
    return {"faultcode": "Server" if code >= 500 else "Client", "faultstring": text}


def _version(url: str, *, details: bool = False) -> dict[str, typing.Any]:
    links = [{"href": f"{url}/v1", "rel": "self"},
             {"href": "https://docs.openstack.org/ironic-python-agent/", "rel": "describedby", "type": "text/html"}]
    if not details:
        return {"id": "v1", "links": links}
    parts = {part: [{"href": f"{url}/v1/{part}", "rel": "self"}, {"href": f"{url}/{part}", "rel": "bookmark"}]
             for part in ("commands", "status")}
    return {**parts, "media_types": [{"base": "application/json", "type": KIND}], "id": "v1", "links": links}


def _root(url: str) -> dict[str, typing.Any]:
    return {"name": NAME, "description": TELLS, "versions": [_version(url)], "default_version": _version(url)}
