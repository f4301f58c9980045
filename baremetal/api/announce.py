"""The one gate where what the API writes is announced on the message bus: begun, done, or failed.

A request is announced once it is accepted: its caller may do it, and its body says something. What is refused is
nobody's business. Where notifications are off it costs one look into a table. The object is read before and after, so
that what is announced is what is stored; payloads mask its secrets.
"""

import collections.abc
import contextlib
import typing

from baremetal import errors
from baremetal.api import expose
from baremetal.db import engine, noticed
from baremetal.notify import bus, payloads

CREATE, UPDATE, DELETE, MAINTENANCE = "create", "update", "delete", "maintenance_set"
#: kinds of faults of requests that are not accepted; whatever else goes wrong is an error of what was begun
REFUSED = frozenset({"invalid", "refused", "unauthorized", "forbidden", "missing", "method", "version", "unacceptable",
                     "too-large"})
#: method: what it does to the object of a path
ACTIONS = {"POST": CREATE, "PATCH": UPDATE, "DELETE": DELETE}
# fmt: off
#: beginning of a path: the object that is made below it
OBJECTS = {
    "/v1/nodes": "node", "/v1/ports": "port", "/v1/portgroups": "portgroup", "/v1/chassis": "chassis",
    "/v1/volume/connectors": "volumeconnector", "/v1/volume/targets": "volumetarget",
    "/v1/allocations": "allocation", "/v1/deploy_templates": "deploytemplate", "/v1/runbooks": "runbook",
    "/v1/inspection_rules": "inspectionrule",
}
#: (method, path): object and action of paths that are no object's own
OTHERS = {
    ("PUT",    "/v1/nodes/{node}/maintenance"): ("node", MAINTENANCE),
    ("DELETE", "/v1/nodes/{node}/maintenance"): ("node", MAINTENANCE),
    ("DELETE", "/v1/nodes/{node}/allocation"):  ("allocation", DELETE),
}
# fmt: on


def of(method: str, path: str) -> tuple[str, str] | None:
    """Return object and action that a route announces, if it does."""
    if (method, path) in OTHERS:
        return OTHERS[method, path]
    collection, _, ident = path.rpartition("/")
    known = OBJECTS.get(path if method == "POST" else collection if ident.startswith("{") else "")
    return (known, ACTIONS[method]) if known is not None and method in ACTIONS else None


class Announced:
    """What is announced of one request: ``start`` once, then how it ended."""

    def __init__(self, call: expose.Call, told: tuple[str, str], before: dict[str, typing.Any]) -> None:
        self._call, self._which, self._before = call, ".".join(told), before
        self._begun = False

    def begin(self, values: dict[str, typing.Any] | None = None) -> None:
        """Announce that it is accepted; a request that has asked a conductor for something was."""
        if not self._begun and self._call.judged:
            self._begun = True
            self._send(bus.START, values or self._before)

    def fail(self, error: Exception) -> None:
        """Announce the failure of what was accepted."""
        if not (isinstance(error, errors.Fault) and error.kind in REFUSED):
            self.begin()
        if self._begun:
            self._send(bus.ERROR, self._before)

    def end(self, after: dict[str, typing.Any], made: dict[str, typing.Any] | None) -> None:
        """Announce that it is done; ``made`` is what a new object was like when it began."""
        self.begin(made)
        self._send(bus.END, after or self._before)

    def _send(self, status: str, values: dict[str, typing.Any]) -> None:
        self._call.house.bus.send(self._which, status, values, self._call.context)


@contextlib.contextmanager
def around(call: expose.Call, route: tuple[str, str]) -> collections.abc.Iterator[list[typing.Any]]:
    """Announce what is done within; the block puts the handler's answer into the list."""
    told = of(*route) if call.house.bus.on else None
    answers: list[typing.Any] = []
    if told is None:
        yield answers
        return
    kind, action = told
    announced = Announced(call, told, _sent(call.body) if action == CREATE else _read(call, kind, route))
    call.accepted = announced.begin
    try:
        yield answers
    except Exception as error:
        announced.fail(error)
        raise
    made = (answers[0].location or "").rpartition("/")[2] if action == CREATE and answers else ""
    after = {} if action == DELETE else _read(call, kind, route, made)
    announced.end(after, {**after, "created_at": None} if made and after else None)


def _read(call: expose.Call, kind: str, route: tuple[str, str], made: str = "") -> dict[str, typing.Any]:
    """Return the object of the path, or the new one, as it is stored; nothing where it is not there, or the database
    is away.
    """
    with contextlib.suppress(errors.Fault, *engine.TROUBLE), call.house.database.read() as connection:
        for ident in [made] if made else call.readings():
            if route in OTHERS and kind == "allocation":
                ident = noticed.allocation_of(connection, ident) or ""
            found = noticed.find(connection, kind, ident)
            if found:
                return found
    return {}


def _sent(body: typing.Any) -> dict[str, typing.Any]:
    """Return what a client sends: text where JSON is stored is none, and not announced."""
    if not isinstance(body, dict):
        return {}
    return {name: value for name, value in body.items() if not (name in payloads.JSON and isinstance(value, str))}
