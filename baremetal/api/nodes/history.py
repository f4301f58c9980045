"""What happened to a node, oldest first; only read here, conductors write it."""

import dataclasses
import typing

import orjson
import sqlalchemy as sa

from baremetal import errors
from baremetal.api import access, expose, lists, resource, types
from baremetal.api.nodes import find
from baremetal.api.resource import Field
from baremetal.db import collection, models

HISTORY = models.HISTORY
#: longest event that a list shows whole, and how much of longer ones
WHOLE, CUT = 255, 251

PARAMS = {**{name: param for name, param in lists.PARAMS.items() if name != "fields"},
          "sort_key": expose.Param(types.TEXT, default="created_at"), "detail": expose.Param(types.FLAG, default=False)}


@dataclasses.dataclass
class Around:
    """What the computed fields of a page of entries look at."""

    base: str
    version: int
    node: str
    short: bool


def _event(page: typing.Any, text: str) -> str:
    return text[:CUT] + "..." if page.short and len(text) > WHOLE else text


def _link(page: typing.Any, uuid: str) -> orjson.Fragment:
    return orjson.Fragment(f'[{{"href":"{page.base}/v1/nodes/{page.node}/history/{uuid}","rel":"self"}}]')


class Entry(resource.Resource):
    """One thing that happened to a node."""

    _about = resource.About("history", "history entry", HISTORY)

    # fmt: off
    uuid                   = Field(types.UUID, "Identity.", brief=True)
    created_at             = Field(types.TIME, "When it happened.", brief=True)
    severity               = Field(types.TEXT, "INFO or ERROR.", brief=True)
    event_type             = Field(types.TEXT, "What kind of thing: provisioning, transition, monitoring …")
    event                  = Field(types.TEXT, "What happened, in words.", brief=True, show=_event, needs=("event",))
    conductor              = Field(types.TEXT, "Conductor that wrote it.")
    user                   = Field(types.TEXT, "Who asked for it.")
    project                = Field(types.TEXT, "Project of who asked for it.", since=113)
    state                  = Field(types.TEXT, "Provision state after it.", since=115)
    target_provision_state = Field(types.TEXT, "Where the node was going.", since=115)
    duration_seconds       = Field(types.Number(), "How long the node had been in the state before.", since=115)
    links                  = Field(types.ANYTHING, "Link to it.", show=_link, needs=("uuid",), brief=True)
    # fmt: on


@expose.handler("node:history:get", params=PARAMS)
def page(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List what happened to a node."""
    found = find.one(call, name, "id", "uuid")
    detail = call.params["detail"]
    shown = (resource.full if detail else resource.brief)(Entry, call.version)
    around = Around(call.base, call.version, found.uuid, not detail)
    where: list[collection.Where] = access.fenced(call, [HISTORY.c.node_id == found.id])
    return lists.collect(call, lists.Collection(Entry), shown, where, lambda *_: around, f"nodes/{found.uuid}/history")


@expose.handler("node:history:get")
def one(call: expose.Call, name: str, entry: str) -> dict[str, typing.Any]:
    """Show one entry."""
    found = find.one(call, name, "id", "uuid")
    shown = resource.full(Entry, call.version)
    statement = sa.select(*shown.columns).where(HISTORY.c.uuid == entry, HISTORY.c.node_id == found.id)
    with call.house.database.read() as connection:
        row = connection.execute(statement).first()
    if row is None:
        raise errors.NotFound(what=f"History entry of node {found.uuid}", ident=entry)
    around = Around(call.base, call.version, found.uuid, short=False)
    return typing.cast("dict[str, typing.Any]", shown.build(around, row))
