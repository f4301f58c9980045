"""Lamps of a node, each called ``name@component``: listed, read, switched. Its controller is asked each time."""

import typing

from baremetal import errors
from baremetal.api import expose, resource, types
from baremetal.api.nodes import find

STATES = ("on", "off", "blinking", "unknown")
PARAMS = {"state": expose.Param(types.Choice(*STATES), required=True)}


def _parts(ident: str) -> tuple[str, str]:
    """Return ``(component, indicator)``; raises ``BadField`` for what names neither."""
    indicator, _, component = ident.partition("@")
    if not indicator or not component:
        raise errors.BadField(field="indicator", value=resource.shorten(ident),
                              wanted="It is <name>@<component>, as the list of indicators has it.")
    return component, indicator


def _ask(call: expose.Call, name: str, work: str, **args: typing.Any) -> tuple[str, typing.Any]:
    """Have the node's conductor do ``work``; return the node's UUID and the answer."""
    found = find.one(call, name, *find.DRIVEN_BY)
    return found.uuid, call.rpc(find.host(call, found), work, node=found.uuid, **args)


@expose.handler("node:get_indicator_state")
def page(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the lamps of a node with what they can show."""
    uuid, found = _ask(call, name, "indicators")
    return {"indicators": [
        {"name": f"{indicator}@{component}", "component": component, "readonly": bool(facts.get("readonly", True)),
         "states": facts.get("states", []),
         "links": resource.link(call, f"nodes/{uuid}/management/indicators/{indicator}@{component}")}
        for component, lamps in found.items() for indicator, facts in lamps.items()]}


@expose.handler("node:get_indicator_state")
def one(call: expose.Call, name: str, ident: str) -> dict[str, typing.Any]:
    """Show whether a lamp is on."""
    component, indicator = _parts(ident)
    return {"state": _ask(call, name, "indicator_get", component=component, indicator=indicator)[1]}


@expose.handler("node:set_indicator_state", params=PARAMS, body="flat")
def switch(call: expose.Call, name: str, ident: str) -> expose.Answer:
    """Switch a lamp."""
    component, indicator = _parts(ident)
    _ask(call, name, "indicator_set", component=component, indicator=indicator, state=call.params["state"])
    return expose.Answer(204)
