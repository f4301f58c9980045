"""Reading ports: one, a page, those of a node. Never crosses RPC."""

import dataclasses
import typing

import sqlalchemy as sa

from baremetal import errors
from baremetal.api import access, expose, lists, resource, types
from baremetal.api.nodes import mention
from baremetal.api.ports import port
from baremetal.db import collection, models, ports

PORTS, NODES = models.PORTS, models.NODES
COLLECTION = lists.Collection(port.Port)

#: filters of the collection
FILTERS: dict[str, expose.Param] = {
    "node": expose.Param(types.TEXT),
    "node_uuid": expose.Param(types.UUID),
    "address": expose.Param(types.MAC),
    "portgroup": expose.Param(types.TEXT, since=24),
    "shard": expose.Param(types.WORDS, since=82),
    "description_contains": expose.Param(types.TEXT),
    "conductor_groups": expose.Param(types.WORDS),
}
#: at most one of these groups of filters may be given
EXCLUSIVE = (("node", "node_uuid"), ("portgroup",), ("shard",))
#: filters that cannot stand beside ``conductor_groups``
ALONE = ("node", "node_uuid", "portgroup", "address")


@dataclasses.dataclass
class Around:
    """What the computed fields of a page of ports look at."""

    base: str
    version: int
    nodes: dict[int, str] = dataclasses.field(default_factory=dict)


def around(call: expose.Call) -> lists.Lookup:
    """Return the function that looks up, once for a page, what its view needs."""
    def look(connection: sa.Connection, shown: resource.View, rows: typing.Any) -> Around:
        found = Around(call.base, call.version)
        if "node_uuid" in shown.names:
            place = shown.places["node_id"]
            found.nodes = ports.node_uuids(connection, {row[place] for row in rows})
        return found
    return look


def ident(call: expose.Call, value: str) -> str:
    """Return the column that ``value`` names one port by, uuid or name; raises ``BadField`` for neither."""
    if types.is_uuid(value):
        return "uuid"
    if types.is_name(value, call.version):
        return "name"
    raise errors.BadField(field="port", value=resource.shorten(value), wanted="It must be the UUID or name of a port.")


def _refuse_contradictions(call: expose.Call, given: list[str]) -> None:
    """Raise where filters are given that exclude each other."""
    groups = [group for group in EXCLUSIVE if set(group) & set(given)]
    if len(groups) > 1:
        names = ", ".join(name for group in groups for name in group if name in given)
        raise errors.Forbidden(why=f"Filters {names} cannot be combined; give only one of node, portgroup, shard.")
    beside = [name for name in ALONE if name in given]
    if "conductor_groups" in given and beside:
        raise errors.BadField(field="conductor_groups", value=",".join(call.params["conductor_groups"]),
                              wanted=f"It cannot be combined with {', '.join(beside)}; leave one of them out.")


def fence(call: expose.Call) -> list[collection.Where]:
    """Return the condition on ports that who asks makes."""
    return access.fenced(call, access.listed_tenancy(
        call, PORTS.c.node_id, access.project(call, "port:list_all")))


def _conditions(call: expose.Call) -> list[collection.Where]:
    """Return the conditions that the call's filters make."""
    params = call.params
    given = [name for name in FILTERS if params.get(name) not in (None, [])]
    _refuse_contradictions(call, given)
    where = fence(call)
    where += [CONDITIONS[name](params[name]) for name in given if name in CONDITIONS]
    for name in ("node", "node_uuid"):
        if name in given:
            where.append(PORTS.c.node_id == mention.node(call, name, params[name]).id)
    if "portgroup" in given:
        where.append(PORTS.c.portgroup_uuid == _group(call, params["portgroup"]))
    return where


def _group(call: expose.Call, name: str) -> str:
    """Return the UUID of the port group that ``name`` names; raises ``NotFound``."""
    with call.house.database.read() as connection:
        found = ports.group(connection, "uuid" if types.is_uuid(name) else "name", name)
    if found is None:
        raise errors.NotFound(what="Port group", ident=name)
    access.judge(call, "portgroup:get", access.Owned("Port group", name, found.owner, found.lessee))
    return str(found.uuid)


def _of_nodes(condition: collection.Where) -> collection.Where:
    return PORTS.c.node_id.in_(sa.select(NODES.c.id).where(condition))


#: filter: condition on its value
CONDITIONS: dict[str, typing.Callable[[typing.Any], collection.Where]] = {
    "address": lambda address: PORTS.c.address == address,
    "description_contains": lambda text: PORTS.c.description.contains(text, autoescape=True),
    "shard": lambda names: _of_nodes(sa.func.lower(NODES.c.shard).in_(names)),
    "conductor_groups": lambda names: _of_nodes(NODES.c.conductor_group.in_(names)),
}


@expose.handler("port:list", params={**lists.PARAMS, **FILTERS})
def page(call: expose.Call) -> dict[str, typing.Any]:
    """List ports."""
    return lists.collect(call, COLLECTION, lists.view(call, port.Port), _conditions(call), around(call))


@expose.handler("port:list", params={**lists.DETAILED, **FILTERS})
def detailed_page(call: expose.Call) -> dict[str, typing.Any]:
    """List ports with all their fields (the older way to ask for it)."""
    shown = resource.full(port.Port, call.version)
    return lists.collect(call, COLLECTION, shown, _conditions(call), around(call), "ports/detail")


def collect(call: expose.Call, where: list[collection.Where], path: str, *,
            full: bool = False) -> dict[str, typing.Any]:
    """Return a page of the ports that fulfil these conditions."""
    shown = resource.full(port.Port, call.version) if full else lists.view(call, port.Port)
    return lists.collect(call, COLLECTION, shown, where, around(call), path)


def _of_node(call: expose.Call, shown: resource.View, name: str, path: str) -> dict[str, typing.Any]:
    """Return a page of a node's ports. The node of the path stands for the filter ``node``."""
    call.params["node"], call.params["node_uuid"] = name, None
    return lists.collect(call, COLLECTION, shown, _conditions(call), around(call), path)


@expose.handler("port:list", params={**lists.PARAMS, **FILTERS})
def of_node(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the ports of a node."""
    return _of_node(call, lists.view(call, port.Port), name, f"nodes/{name}/ports")


@expose.handler("port:list", params={**lists.DETAILED, **FILTERS})
def of_node_detailed(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the ports of a node with all their fields."""
    return _of_node(call, resource.full(port.Port, call.version), name, f"nodes/{name}/ports/detail")


@expose.handler("port:get", params={"fields": lists.PARAMS["fields"]})
def one(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show a port."""
    asked = call.params.get("fields")
    shown = resource.full(port.Port, call.version) if asked is None else resource.chosen(port.Port, call.version, asked)
    column = ident(call, name)
    with call.house.database.read() as connection:
        return show(call, connection, shown, (column, name))


def show(call: expose.Call, connection: sa.Connection, shown: resource.View,
         key: tuple[str, str]) -> dict[str, typing.Any]:
    """Return the document of the port that ``key`` (column, value) names; raises ``NotFound``."""
    row = connection.execute(shown.one(key[0], NODES.c.owner, NODES.c.lessee), {"key": key[1]}).first()
    if row is None:
        raise errors.NotFound(what="Port", ident=key[1])
    access.judge(call, "port:get", access.Owned("Port", key[1], row[-2], row[-1]))
    document: dict[str, typing.Any] = shown.build(around(call)(connection, shown, [row]), row)
    return document
