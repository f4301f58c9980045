"""Maintenance by its own address: one UPDATE, whoever holds the node."""

import typing

from baremetal import errors
from baremetal.api import expose, types
from baremetal.api.nodes import find
from baremetal.db import nodes
from baremetal.notify import happening


def _put(call: expose.Call, name: str, changes: dict[str, typing.Any]) -> expose.Answer:
    found = find.one(call, name, "uuid", "name", *happening.TOLD)
    with call.house.database.write() as connection:
        if not nodes.put(connection, "uuid", found.uuid, changes, call.house.clock.now()):
            raise errors.NotFound(what="Node", ident=name)
    row = {**found._mapping, **changes}
    call.tell("node", happening.MAINTENANCE, row, **happening.facts(row))
    return expose.Answer(202)


@expose.handler("node:set_maintenance", params={"reason": expose.Param(types.TEXT)}, body="flat")
def begin(call: expose.Call, name: str) -> expose.Answer:
    """Put a node into maintenance."""
    return _put(call, name, {"maintenance": True, "maintenance_reason": call.params["reason"]})


@expose.handler("node:clear_maintenance")
def end(call: expose.Call, name: str) -> expose.Answer:
    """End a node's maintenance; its reason and its fault go with it."""
    return _put(call, name, {"maintenance": False, "maintenance_reason": None, "fault": None})
