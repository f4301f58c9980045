"""How another process looks behind the BMCs of a fleet: JSON, one request and one answer per line, on a socket file.

Whoever may open the file may do anything to the fleet; it is made for its owner only.
"""

import asyncio
import json
import operator
import os
import pathlib
import socket
import typing

from baremetal.lab import fleet, machine

LINE = 64 * 1024
BUTTONS: dict[str, typing.Callable[[machine.Machine], None]] = {
    "on": operator.methodcaller("switch_on"),
    "off": operator.methodcaller("switch_off"),
    "soft": operator.methodcaller("press_button"),
    "cycle": operator.methodcaller("cycle"),
    "reset": operator.methodcaller("reset"),
}


class Refused(Exception):
    """The fleet did not do what it was asked; the text says why."""


def _list(owned: fleet.Fleet, request: dict[str, typing.Any]) -> list[dict[str, typing.Any]]:
    return [server.describe() for server in owned.servers]


def _show(owned: fleet.Fleet, request: dict[str, typing.Any]) -> dict[str, typing.Any]:
    return owned.server(request["machine"]).describe()


def _fault(owned: fleet.Fleet, request: dict[str, typing.Any]) -> dict[str, typing.Any]:
    server = owned.server(request["machine"])
    server.switch(request["fault"], on=request.get("on", True), value=request.get("value"))
    return server.describe()


def _power(owned: fleet.Fleet, request: dict[str, typing.Any]) -> dict[str, typing.Any]:
    server = owned.server(request["machine"])
    BUTTONS[request["button"]](server.machine)
    return server.describe()


def _plug(owned: fleet.Fleet, request: dict[str, typing.Any]) -> dict[str, typing.Any]:
    server = owned.server(request["machine"])
    server.plug() if request.get("on", True) else server.unplug()
    return server.describe()


#: what can be asked; ``machine`` is a number or a name
VERBS: dict[str, typing.Callable[[fleet.Fleet, dict[str, typing.Any]], typing.Any]] = {
    "list": _list,      # all servers
    "show": _show,      # one: machine
    "fault": _fault,    # machine, fault, on, value
    "power": _power,    # machine, button: as if somebody stood before it
    "plug": _plug,      # machine, on: the BMC's cable and power
}


class Control:
    """The socket file of a running fleet."""

    def __init__(self, owned: fleet.Fleet, path: pathlib.Path) -> None:
        self._fleet, self.path = owned, path
        self._server: asyncio.AbstractServer | None = None

    def __enter__(self) -> typing.Self:
        self._server = self._fleet.run(self._start()).result()
        return self

    def __exit__(self, *problem: object) -> None:
        self._fleet.run(self._stop()).result()
        self.path.unlink(missing_ok=True)

    async def _start(self) -> asyncio.AbstractServer:
        self.path.unlink(missing_ok=True)
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        opened.bind(str(self.path))
        os.chmod(self.path, 0o600)
        return await asyncio.start_unix_server(self._serve, sock=opened, limit=LINE)

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError, asyncio.CancelledError):
            pass   # the other side has gone, or sent a line without end: nobody is left to be told
        finally:
            writer.close()

    def _answer(self, line: bytes) -> dict[str, typing.Any]:
        try:
            request = json.loads(line)
            return {"answer": VERBS[request["do"]](self._fleet, request)}
        except KeyError as error:
            return {"error": f"{error} is missing in the request, or not known"}
        except (LookupError, TypeError, ValueError, OSError) as error:
            return {"error": str(error)}


def ask(path: pathlib.Path, do: str, **request: typing.Any) -> typing.Any:
    """Ask a running fleet; raise Refused when it does not do it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as opened:
        opened.settimeout(30)
        opened.connect(str(path))
        opened.sendall(json.dumps({"do": do, **request}).encode() + b"\n")
        with opened.makefile("rb") as lines:
            answer = json.loads(lines.readline())
    if "error" in answer:
        raise Refused(answer["error"])
    return answer["answer"]
