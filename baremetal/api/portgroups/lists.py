"""Reading port groups: one, a page, those of a node, the ports of one. Never crosses RPC."""

import typing

import sqlalchemy as sa

from baremetal import errors
from baremetal.api import expose, lists, ports, resource, types
from baremetal.api.portgroups import group
from baremetal.db import collection, models

GROUPS, NODES = models.PORTGROUPS, models.NODES
#: filters of the collection, of which one may be given
FILTERS: dict[str, expose.Param] = {
    "node": expose.Param(types.TEXT),
    "address": expose.Param(types.MAC),
    "shard": expose.Param(types.WORDS, since=106),
    "conductor_groups": expose.Param(types.WORDS),
}


def _of_nodes(condition: collection.Where) -> collection.Where:
    return GROUPS.c.node_id.in_(sa.select(NODES.c.id).where(condition))


#: filter: condition on its value
CONDITIONS: dict[str, typing.Callable[[typing.Any], collection.Where]] = {
    "address": lambda address: GROUPS.c.address == address,
    "shard": lambda names: _of_nodes(sa.func.lower(NODES.c.shard).in_(names)),
    "conductor_groups": lambda names: _of_nodes(NODES.c.conductor_group.in_(names)),
}


def _conditions(call: expose.Call) -> list[collection.Where]:
    """Return the conditions that the call's filters make."""
    given = [name for name in FILTERS if call.params.get(name) not in (None, [])]
    if len(given) > 1:
        raise errors.Invalid(text=f"Filters {', '.join(given)} cannot be combined; give only one of "
                                  f"{', '.join(FILTERS)}.")
    where = group.NOUN.where(call, call.params.get("node"))
    return where + [CONDITIONS[name](call.params[name]) for name in given if name in CONDITIONS]


@expose.handler("portgroup:list", params={**lists.PARAMS, **FILTERS})
def page(call: expose.Call) -> dict[str, typing.Any]:
    """List port groups."""
    return group.NOUN.page(call, lists.view(call, group.PortGroup), _conditions(call))


@expose.handler("portgroup:list", params={**lists.DETAILED, **FILTERS})
def detailed_page(call: expose.Call) -> dict[str, typing.Any]:
    """List port groups with all their fields (the older way to ask for it)."""
    shown = resource.full(group.PortGroup, call.version)
    return group.NOUN.page(call, shown, _conditions(call), "portgroups/detail")


@expose.handler("portgroup:list", params={**lists.PARAMS, **FILTERS})
def of_node(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the port groups of a node."""
    call.params["node"] = name
    return group.NOUN.page(call, lists.view(call, group.PortGroup), _conditions(call), f"nodes/{name}/portgroups")


@expose.handler("portgroup:list", params={**lists.DETAILED, **FILTERS})
def of_node_detailed(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the port groups of a node with all their fields."""
    call.params["node"] = name
    shown = resource.full(group.PortGroup, call.version)
    return group.NOUN.page(call, shown, _conditions(call), f"nodes/{name}/portgroups/detail")


@expose.handler("portgroup:get", params={"fields": lists.PARAMS["fields"]})
def one(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show a port group."""
    return group.NOUN.one(call, name)


def _members(call: expose.Call, name: str) -> list[collection.Where]:
    """Return the conditions of a port group's ports; raises ``NotFound`` for a group that is none."""
    return [*ports.lists.fence(call), models.PORTS.c.portgroup_uuid == uuid_of(call, name)]


def uuid_of(call: expose.Call, name: str) -> str:
    """Return the UUID of the port group that ``name`` names, if the caller may see it."""
    column = group.NOUN.key(call, name)
    with call.house.database.read() as connection:
        shown = resource.view(group.PortGroup, call.version, ("uuid",))
        return str(group.NOUN.show(call, connection, shown, (column, name))["uuid"])


@expose.handler("port:list", params=lists.PARAMS)
def ports_of(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the ports of a port group."""
    return ports.lists.collect(call, _members(call, name), f"portgroups/{name}/ports")


@expose.handler("port:list", params=lists.DETAILED)
def ports_of_detailed(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the ports of a port group with all their fields."""
    return ports.lists.collect(call, _members(call, name), f"portgroups/{name}/ports/detail", full=True)
