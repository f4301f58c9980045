"""Traits of a node: what schedulers match beside its resource class. Written here, no conductor is asked."""

import re
import typing

import os_traits

from baremetal import errors
from baremetal.api import expose, types
from baremetal.api.nodes import find
from baremetal.db import nodes, traits

#: most traits of a node
MOST = 50
_CUSTOM = re.compile(r"CUSTOM_[A-Z0-9_]+\Z")
_STANDARD = frozenset(os_traits.get_traits())


class Trait(types.Kind):
    """A standard name, or one of one's own."""

    wanted = "A trait is a standard name of os-traits, or CUSTOM_ and A-Z 0-9 _, of at most 255 characters."
    schema: dict[str, typing.Any] = {"type": "string", "maxLength": 255}

    def validate(self, value: typing.Any) -> str:
        """Return the trait."""
        if not isinstance(value, str) or len(value) > 255 or not (value in _STANDARD or _CUSTOM.match(value)):
            raise ValueError(self.wanted)
        return value


TRAIT = Trait()
ALL = {"traits": expose.Param(types.List(TRAIT), required=True)}


@expose.handler("node:traits:list")
def show(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List a node's traits."""
    found = find.one(call, name, "id")
    with call.house.database.read() as connection:
        return {"traits": traits.names(connection, found.id)}


@expose.handler("node:traits:set", params=ALL, body="flat")
def replace(call: expose.Call, name: str) -> expose.Answer:
    """Give a node these traits and no others."""
    wanted = list(dict.fromkeys(call.params["traits"]))
    if len(wanted) > MOST:
        raise errors.BadField(field="traits", value=f"{len(wanted)} traits", wanted=f"A node has at most {MOST}.")
    _write(call, name, lambda connection, found: traits.replace(connection, found.id, wanted, call.house.clock.now()))
    return expose.Answer(204)


@expose.handler("node:traits:set", body="flat")
def add(call: expose.Call, name: str, trait: str) -> expose.Answer:
    """Add one trait."""
    try:
        TRAIT.validate(trait)
    except ValueError as error:
        raise errors.BadField(field="trait", value=trait[:300], wanted=str(error)) from error
    now = call.house.clock.now()
    if not _write(call, name, lambda connection, found: traits.add(connection, found.id, trait, MOST, now)):
        raise errors.BadField(field="trait", value=trait, wanted=f"The node has the {MOST} it may. Remove one.")
    return expose.Answer(204, location=f"nodes/{name}/traits/{trait}")


@expose.handler("node:traits:delete")
def clear(call: expose.Call, name: str) -> expose.Answer:
    """Remove all traits."""
    _write(call, name, lambda connection, found: traits.replace(connection, found.id, [], call.house.clock.now()))
    return expose.Answer(204)


@expose.handler("node:traits:delete")
def remove(call: expose.Call, name: str, trait: str) -> expose.Answer:
    """Remove one trait."""
    now = call.house.clock.now()
    if not _write(call, name, lambda connection, found: traits.remove(connection, found.id, trait, now)):
        raise errors.NotFound(what=f"Trait {trait[:255]} of node", ident=name)
    return expose.Answer(204)


def _write(call: expose.Call, name: str, work: typing.Callable[[typing.Any, nodes.Row], bool]) -> bool:
    """Do ``work`` on the node that ``name`` names, in a transaction."""
    found = find.one(call, name, "id", "uuid", "name")
    with call.house.database.write() as connection:
        done = work(connection, found)
    if done:
        call.tell("node", "update", found)
    return done
