"""Reading nodes: one, a page, with every filter. Never crosses RPC."""

import dataclasses
import datetime
import typing

import sqlalchemy as sa

from baremetal import errors, states
from baremetal.api import access, expose, lists, resource, types, versions
from baremetal.api.nodes import node, sight
from baremetal.db import collection, models, nodes
from baremetal.rpc import ring

NODES = models.NODES

STATE = types.Choice(*states.STATES)
FAULT = types.Choice(*states.FAULTS)

#: microversion from which nodes have names
NAMES_SINCE = 5


class Fields(types.Words):
    """Fields of a node that may be asked for by name; links come by themselves."""

    wanted = "It must be fields of a node with commas between them; links cannot be asked for."

    def validate(self, value: typing.Any) -> list[str]:
        """Return the names."""
        names = super().validate(value)
        if not FULL.isdisjoint(names):
            raise ValueError(self.wanted)
        return names


FULL = frozenset({"links", *(name for name, field in node.Node.fields().items() if field.full)})
FIELDS = expose.Param(Fields(), since=8)
#: filters of the collection
FILTERS: dict[str, expose.Param] = {
    "associated": expose.Param(types.FLAG),
    "instance_uuid": expose.Param(types.UUID),
    "chassis_uuid": expose.Param(types.UUID),
    "maintenance": expose.Param(types.FLAG),
    "provision_state": expose.Param(STATE, since=9),
    "driver": expose.Param(types.TEXT, since=16),
    "resource_class": expose.Param(types.TEXT, since=21),
    "fault": expose.Param(FAULT, since=42),
    "conductor_group": expose.Param(types.TEXT, since=46),
    "conductor": expose.Param(types.TEXT, since=49),
    "owner": expose.Param(types.TEXT, since=50),
    "description_contains": expose.Param(types.TEXT),
    "retired": expose.Param(types.FLAG),
    "lessee": expose.Param(types.TEXT, since=65),
    "project": expose.Param(types.TEXT),
    "shard": expose.Param(types.WORDS, since=82),
    "sharded": expose.Param(types.FLAG, since=82),
    "include_children": expose.Param(types.FLAG, since=83),
    "parent_node": expose.Param(types.TEXT, since=83),
    "instance_name": expose.Param(types.TEXT, since=104),
}
#: filter: condition on its value; those that need more than the row stand in ``conditions``
EQUAL = ("instance_uuid", "maintenance", "provision_state", "driver", "resource_class", "fault", "owner", "retired",
         "lessee", "instance_name")
SPECIAL: dict[str, typing.Callable[[typing.Any], collection.Where]] = {
    "associated": lambda yes: NODES.c.instance_uuid.is_not(None) if yes else NODES.c.instance_uuid.is_(None),
    "conductor_group": lambda name: NODES.c.conductor_group == name.lower(),
    "description_contains": lambda text: NODES.c.description.contains(text, autoescape=True),
    "project": lambda name: sa.or_(NODES.c.owner == name, NODES.c.lessee == name),
    "shard": lambda names: sa.func.lower(NODES.c.shard).in_(names),
    "sharded": lambda yes: NODES.c.shard.is_not(None) if yes else NODES.c.shard.is_(None),
    "chassis_uuid": lambda uuid: NODES.c.chassis_id.in_(
        sa.select(models.CHASSIS.c.id).where(models.CHASSIS.c.uuid == uuid)),
}

#: parameters of the collection
PARAMS = {**lists.PARAMS, "fields": FIELDS, **FILTERS}

#: the traits of several nodes: named one by one, or all from one id to another, which is half as dear
TRAITS = sa.select(models.TRAITS.c.node_id, models.TRAITS.c.trait).order_by(models.TRAITS.c.trait)
TRAITS_OF = TRAITS.where(models.TRAITS.c.node_id.in_(sa.bindparam("ids", expanding=True)))
TRAITS_FROM = TRAITS.where(models.TRAITS.c.node_id.between(sa.bindparam("first"), sa.bindparam("last")))
#: how many nodes may lie between for each that is shown
DENSE = 4


@dataclasses.dataclass
class Around:
    """What the computed fields of a page of nodes look at."""

    base: str
    version: int
    now: datetime.datetime
    rings: ring.Rings
    traits: dict[int, list[str]] = dataclasses.field(default_factory=dict)
    chassis: dict[int, str] = dataclasses.field(default_factory=dict)


def around(call: expose.Call, traits: dict[int, list[str]] | None = None) -> lists.Lookup:
    """Return the function that looks up, once for a page, what its view needs; ``traits`` are those known already."""
    def look(connection: sa.Connection, shown: resource.View, rows: typing.Any) -> Around:
        found = Around(call.base, call.version, call.house.clock.now(), call.house.members.rings())
        if traits is not None:
            found.traits = traits
        elif "traits" in shown.names and rows:
            _add_traits(connection, found, [row[shown.places["id"]] for row in rows])
        if "chassis_uuid" in shown.names:
            place = shown.places["chassis_id"]
            used = {row[place] for row in rows} - {None}
            if used:
                query = sa.select(models.CHASSIS.c.id, models.CHASSIS.c.uuid).where(models.CHASSIS.c.id.in_(used))
                found.chassis = {row.id: row.uuid for row in connection.execute(query)}
        return found
    return look


def _add_traits(connection: sa.Connection, found: Around, ids: list[int]) -> None:
    """Look up the traits of nodes, and perhaps of some that lie between them."""
    first, last = min(ids), max(ids)
    rows = (connection.execute(TRAITS_FROM, {"first": first, "last": last}) if last - first < DENSE * len(ids)
            else connection.execute(TRAITS_OF, {"ids": ids}))
    for number, trait in rows:
        found.traits.setdefault(number, []).append(trait)


def ident(call: expose.Call, value: str) -> str:
    """Return the column that ``value`` names one node by, uuid or name; raises for what can be neither."""
    if types.is_uuid(value):
        return "uuid"
    version = call.version if call.versioned else versions.HIGHEST
    if not types.is_name(value, version):
        raise errors.BadIdent(what="node", ident=resource.shorten(value))
    if version < NAMES_SINCE:
        raise errors.NotFound(what="Node", ident=value)
    return "name"


def conditions(call: expose.Call) -> list[collection.Where]:
    """Return the conditions that the call's filters make."""
    limited = access.project(call, "node:list_all", call.params.get("project"))
    where = access.fenced(call, access.listed_tenancy(call, NODES.c.id, limited))
    for name in EQUAL:
        if call.params.get(name) is not None:
            where.append(NODES.c[name] == call.params[name])
    for name, condition in SPECIAL.items():
        if call.params.get(name) is not None:
            where.append(condition(call.params[name]))
    if limited is None and call.params.get("chassis_uuid") is not None:
        # projects are not told which chassis there are: none of theirs sits in it, or it is not there
        _require_chassis(call, call.params["chassis_uuid"])
    parent = call.params.get("parent_node")
    if parent is not None:
        # others' nodes have no names here; the UUID of a parent stands on each of its children
        named = ident(call, parent) == "name"
        where.append(NODES.c.parent_node.in_(sa.select(NODES.c.uuid).where(
            NODES.c.name == parent, *access.tenancy(limited)).scalar_subquery()) if named
            else NODES.c.parent_node == parent)
    elif not call.params.get("include_children"):
        where.append(NODES.c.parent_node.is_(None))
    return where


def collect(call: expose.Call, shown: resource.View, where: list[collection.Where], path: str) -> dict[str, typing.Any]:
    """Return the document of a page of nodes."""
    page = lists.wanted(call, node.Node)
    host = call.params.get("conductor")
    eyes = sight.Sight(call, shown.names)
    # the marker, the filter by conductor and the judge of fields need what the client did not ask for
    shown, hidden = sight.widened(shown, call.version, "uuid", *(("conductor",) if host is not None else ()),
                                  *eyes.needs)
    items = lists.fetch(call, node.Node, shown, where, page, around(call))
    follow = (page.limit, items[-1]["uuid"] if len(items) == page.limit else None)
    if host is not None:
        items = [item for item in items if item["conductor"] == host]
    document = lists.document(call, "nodes", path, items, (len(items), follow[1]) if follow[1] else follow)
    eyes.look(call.house.database, items)
    for name in hidden:
        for item in items:
            del item[name]
    if call.params.get("instance_uuid"):
        document.pop("next", None)
    return document


@expose.handler("node:list", params=PARAMS)
def page(call: expose.Call) -> dict[str, typing.Any]:
    """List nodes."""
    return collect(call, lists.view(call, node.Node), conditions(call), "nodes")


@expose.handler("node:list", params={**lists.DETAILED, **FILTERS})
def detailed_page(call: expose.Call) -> dict[str, typing.Any]:
    """List nodes with all their fields (the older way to ask for it)."""
    return collect(call, resource.full(node.Node, call.version), conditions(call), "nodes/detail")


def _sits_in(call: expose.Call, name: str) -> str:
    """Make the chassis of the path the call's filter; return it, or raise the fault for one that is not there."""
    if not types.is_uuid(name):
        raise errors.BadField(field="chassis", value=resource.shorten(name),
                              wanted="It must be the UUID of a chassis.")
    call.params["chassis_uuid"] = name
    return name


def _require_chassis(call: expose.Call, uuid: str) -> None:
    with call.house.database.read() as connection:
        if nodes.chassis(connection, uuid) is None:
            raise errors.NotFound(what="Chassis", ident=uuid)


@expose.handler("node:list", params=PARAMS)
def in_chassis(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the nodes of a chassis."""
    path = f"chassis/{_sits_in(call, name)}/nodes"
    return collect(call, lists.view(call, node.Node), conditions(call), path)


@expose.handler("node:list", params={**lists.DETAILED, **FILTERS})
def in_chassis_detailed(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the nodes of a chassis with all their fields."""
    path = f"chassis/{_sits_in(call, name)}/nodes/detail"
    return collect(call, resource.full(node.Node, call.version), conditions(call), path)


@expose.handler("node:get", params={"fields": FIELDS})
def one(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show a node."""
    asked = call.params.get("fields")
    shown = resource.full(node.Node, call.version) if asked is None else resource.chosen(node.Node, call.version, asked)
    return show(call, shown, name)


def show(call: expose.Call, shown: resource.View, name: str) -> dict[str, typing.Any]:
    """Return the document of the node that ``name`` names; raises ``NotFound`` and ``Forbidden``."""
    shown, hidden = sight.widened(shown, call.version, "uuid", *access.TENANTS)
    joined = "traits" in shown.names      # one statement less
    statement = shown.one(ident(call, name), *([models.TRAITS.c.trait] if joined else []))
    with call.house.database.read() as connection:
        rows = connection.execute(statement, {"key": name}).all()
        if not rows:
            raise errors.NotFound(what="Node", ident=name)
        row = rows[0]
        owned = access.Owned("Node", name, *[row[shown.places[tenant]] for tenant in access.TENANTS])
        access.judge(call, call.rule, owned)
        traits = {row[shown.places["id"]]: sorted(row[-1] for row in rows if row[-1] is not None)} if joined else None
        item = sight.settle(call, connection, shown,
                            shown.build(around(call, traits)(connection, shown, [row]), row), owned)
    for field in hidden:
        del item[field]
    return item
