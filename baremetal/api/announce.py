"""The one gate where what the API writes is announced on the message bus: begun, done, or failed.

Where notifications are off it costs one look into a table. The object is read before and after, so that what is
announced is what is stored, secrets masked.
"""

import collections.abc
import contextlib
import typing

from baremetal import errors
from baremetal.api import expose
from baremetal.db import engine, noticed, record
from baremetal.notify import bus, payloads

CREATE, UPDATE, DELETE, MAINTENANCE = "create", "update", "delete", "maintenance_set"
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


@contextlib.contextmanager
def around(call: expose.Call, route: tuple[str, str],
           idents: tuple[str, ...]) -> collections.abc.Iterator[list[typing.Any]]:
    """Announce what is done within; the block puts the handler's answer into the list."""
    told = of(*route) if call.house.bus.on else None
    answers: list[typing.Any] = []
    if told is None:
        yield answers
        return
    kind, action = told
    which = f"{kind}.{action}"
    before = _sent(call.body) if action == CREATE else _read(call, kind, route, idents)
    call.house.bus.send(which, bus.START, _shown(before), call.context)
    try:
        yield answers
    except Exception:
        call.house.bus.send(which, bus.ERROR, _shown(before), call.context)
        raise
    made = (answers[0].location or "").rpartition("/")[2] if action == CREATE and answers else ""
    after = before if action == DELETE else _read(call, kind, route, (made,) if made else idents) or before
    call.house.bus.send(which, bus.END, _shown(after), call.context)


def _read(call: expose.Call, kind: str, route: tuple[str, str], idents: tuple[str, ...]) -> dict[str, typing.Any]:
    """Return the object of the path as it is stored; nothing where it is not there, or the database is away."""
    with contextlib.suppress(errors.Fault, *engine.TROUBLE), call.house.database.read() as connection:
        ident = idents[0] if idents else ""
        if route in OTHERS and kind == "allocation":
            ident = noticed.allocation_of(connection, ident) or ""
        return noticed.find(connection, kind, ident) or {}
    return {}


def _sent(body: typing.Any) -> dict[str, typing.Any]:
    """Return what a client sends, not checked yet: text where JSON is stored is none, and not announced."""
    if not isinstance(body, dict):
        return {}
    return {name: value for name, value in body.items() if not (name in payloads.JSON and isinstance(value, str))}


def _shown(values: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """Return values as they may be shown: what a client sends may hold secrets, what is stored has them apart."""
    return {name: record.mask({name: value})[name] if isinstance(value, (dict, list)) else value
            for name, value in values.items()}

