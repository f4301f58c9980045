"""What the last inspection found out: shown as it was stored, never changed here."""

import typing

import orjson

from baremetal import errors
from baremetal.api import access, expose, resource
from baremetal.api.nodes import find, lists
from baremetal.db import inventory


@expose.handler("node:inventory:get")
def show(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show a node's inventory, and what else its agent told."""
    key = lists.ident(call, name)
    with call.house.database.read() as connection:
        found = inventory.read(connection, key, name)
    if found is None:
        raise errors.NotFound(what="Node", ident=name)
    access.judge(call, call.rule, find.owned(name, found))
    if not found.inventory:
        raise errors.NotFound(what="Inventory of node", ident=name)
    return {"inventory": orjson.Fragment(found.inventory),
            "plugin_data": orjson.Fragment(found.plugin_data) if found.plugin_data else resource.EMPTY}
