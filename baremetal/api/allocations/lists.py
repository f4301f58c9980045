"""Reading allocations: one, a page, that of a node. Never crosses RPC."""

import dataclasses
import typing

import sqlalchemy as sa

from baremetal import errors
from baremetal.api import access, expose, lists, named, resource, types
from baremetal.api.allocations import allocation
from baremetal.api.nodes import find, mention
from baremetal.db import allocations, models, ports

ALLOCATIONS = models.ALLOCATIONS
NOUN = named.Noun("allocation", ALLOCATIONS)
COLLECTION = lists.Collection(allocation.Allocation)
FILTERS = {
    "node": expose.Param(types.TEXT),
    "resource_class": expose.Param(types.TEXT),
    "state": expose.Param(types.Choice(*allocations.STATES)),
    "owner": expose.Param(types.TEXT, since=60),
}
#: there is no ``detail``: a list shows everything
PARAMS = {**{name: param for name, param in lists.PARAMS.items() if name != "detail"}, **FILTERS}


@dataclasses.dataclass
class Around:
    """What the computed fields look at."""

    base: str
    version: int
    nodes: dict[int, str]


def _around(call: expose.Call) -> lists.Lookup:
    def look(connection: sa.Connection, shown: resource.View, rows: typing.Any) -> Around:
        known: dict[int, str] = {}
        if "node_uuid" in shown.names:
            known = ports.node_uuids(connection, {row[shown.places["node_id"]] for row in rows} - {None})
        return Around(call.base, call.version, known)
    return look


@expose.handler("allocation:list", params=PARAMS)
def page(call: expose.Call) -> dict[str, typing.Any]:
    """List allocations: all, or those of the caller's project."""
    params = call.params
    limited = access.project(call, "allocation:list_all", params["owner"])
    where = access.fenced(call, [] if limited is None else [ALLOCATIONS.c.owner == limited])
    where += [ALLOCATIONS.c[name] == params[name] for name in ("resource_class", "state", "owner")
              if params[name] is not None]
    if params["node"] is not None:
        where.append(ALLOCATIONS.c.node_id == _node(call, params["node"]))
    return lists.collect(call, COLLECTION, lists.view(call, allocation.Allocation), where, _around(call))


def _node(call: expose.Call, ident: str) -> int:
    """Return the id of the node that is asked for; one that is not there is the request's fault here."""
    try:
        return int(mention.node(call, "node", ident).id)
    except errors.NotFound:
        raise errors.BadField(field="node", value=ident, wanted="There is no such node.") from None


def _shown(call: expose.Call) -> resource.View:
    asked, kind = call.params.get("fields"), allocation.Allocation
    return resource.full(kind, call.version) if asked is None else resource.chosen(kind, call.version, asked)


@expose.handler("allocation:get", params={"fields": lists.PARAMS["fields"]})
def one(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show an allocation."""
    shown = _shown(call)
    with call.house.database.read() as connection:
        return show(call, connection, shown, judged(call, connection, name).uuid)


@expose.handler("allocation:get", params={"fields": lists.PARAMS["fields"]})
def of_node(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show the allocation of a node."""
    shown = _shown(call)
    with call.house.database.read() as connection:
        return show(call, connection, shown, judged(call, connection, named_by_node(call, name)).uuid)


def named_by_node(call: expose.Call, name: str) -> str:
    """Return the UUID of the allocation that a node has; raises ``NotFound``."""
    found = find.one(call, name, "allocation_uuid")
    if found.allocation_uuid is None:
        raise errors.NotFound(what="Allocation of node", ident=name)
    return str(found.allocation_uuid)


def judged(call: expose.Call, connection: sa.Connection, name: str, *, lock: bool = False) -> allocations.Row:
    """Return the allocation that ``name`` names; raises ``NotFound``, and ``Forbidden`` where it may be seen only."""
    if not types.is_uuid(name) and not types.is_name(name, call.version):
        raise errors.BadField(field="allocation", value=resource.shorten(name),
                              wanted="It must be the UUID or name of an allocation.")
    row = allocations.find(connection, NOUN.key(name), name, lock=lock)
    if row is None:
        raise NOUN.missing(name)
    access.judge(call, call.rule, access.Owned("Allocation", name, row.owner, seen_by="allocation:get"))
    return row


def show(call: expose.Call, connection: sa.Connection, shown: resource.View, uuid: str) -> dict[str, typing.Any]:
    """Return the document of an allocation."""
    row = connection.execute(shown.one("uuid"), {"key": uuid}).one()
    document: dict[str, typing.Any] = shown.build(_around(call)(connection, shown, [row]), row)
    return document
