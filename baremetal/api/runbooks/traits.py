"""Traits of a runbook: a node that has one of them may be cleaned and serviced by it."""

import typing

from baremetal import errors
from baremetal.api import expose, types
from baremetal.api.nodes import traits
from baremetal.api.runbooks import lists
from baremetal.db import stepped

ALL = {"traits": expose.Param(types.List(traits.TRAIT), required=True)}
#: most traits of a runbook
MOST = 50

Change = typing.Callable[[list[str]], list[str]]


@expose.handler("runbook:get")
def show(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List a runbook's traits."""
    with call.house.database.read() as connection:
        found = lists.find(call, connection, name, "runbook:get")
        return {"traits": stepped.traits(connection, [found.id])[found.id]}


@expose.handler("runbook:update", params=ALL, body="flat")
def replace(call: expose.Call, name: str) -> expose.Answer:
    """Give a runbook these traits and no others."""
    _write(call, name, lambda known: list(dict.fromkeys(call.params["traits"])))
    return expose.Answer(204)


@expose.handler("runbook:update", body="flat")
def add(call: expose.Call, name: str, trait: str) -> expose.Answer:
    """Add one trait."""
    try:
        traits.TRAIT.validate(trait)
    except ValueError as error:
        raise errors.BadField(field="trait", value=trait[:300], wanted=str(error)) from error
    _write(call, name, lambda known: [*known, *[trait][trait in known:]])
    return expose.Answer(204, location=f"runbooks/{name}/traits/{trait}")


@expose.handler("runbook:update")
def clear(call: expose.Call, name: str) -> expose.Answer:
    """Remove all traits."""
    _write(call, name, lambda known: [])
    return expose.Answer(204)


@expose.handler("runbook:update")
def remove(call: expose.Call, name: str, trait: str) -> expose.Answer:
    """Remove one trait; that it is not there is fine."""
    _write(call, name, lambda known: [one for one in known if one != trait])
    return expose.Answer(204)


def _write(call: expose.Call, name: str, change: Change) -> None:
    """Change the traits of the runbook that ``name`` names."""
    with call.house.database.write() as connection:
        found = lists.find(call, connection, name, "runbook:update", lock=True)
        known = stepped.traits(connection, [found.id])[found.id]
        wanted = change(known)
        if len(wanted) > MOST:
            raise errors.BadField(field="traits", value=f"{len(wanted)} traits",
                                  wanted=f"A runbook has at most {MOST}.")
        if wanted != known:
            stepped.replace_traits(connection, found.id, wanted)
            stepped.change(connection, lists.RUNBOOKS, found.id, {"updated_at": call.house.clock.now()})
    call.tell("runbook", "update", found)
