"""The console of a node: whether it is enabled, where it is, opening and closing it."""

import typing

from baremetal.api import expose, types
from baremetal.api.nodes import find

ENABLED = {"enabled": expose.Param(types.FLAG, required=True)}


@expose.handler("node:get_console")
def show(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show whether a node's console is enabled, and its type and address."""
    found = find.one(call, name, *find.DRIVEN_BY, "console_enabled")
    info = call.rpc(find.host(call, found), "console_get", node=found.uuid) if found.console_enabled else None
    return {"console_enabled": info is not None, "console_info": info}


@expose.handler("node:set_console_state", params=ENABLED, body="flat")
def switch(call: expose.Call, name: str) -> expose.Answer:
    """Begin to open or close a node's console."""
    found = find.one(call, name, *find.DRIVEN_BY)
    call.rpc(find.host(call, found), "console_set", node=found.uuid, enabled=call.params["enabled"])
    return expose.Answer(202, location=f"nodes/{name}/states/console")
