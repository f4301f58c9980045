"""The nodes that are a part of a node."""

import typing

import sqlalchemy as sa

from baremetal.api import access, expose
from baremetal.api.nodes import find
from baremetal.db import models

NODES = models.NODES


@expose.handler("node:get")
def show(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the UUIDs of a node's children."""
    found = find.one(call, name, "uuid")
    limited = access.project(call, "node:list_all")
    children = sa.select(NODES.c.uuid).where(NODES.c.parent_node == found.uuid, *access.tenancy(limited)).order_by(
        NODES.c.id)
    with call.house.database.read() as connection:
        uuids = list(connection.scalars(children, access.given(limited)))
    return {"children": uuids,
            "links": {"href": f"{call.base}/v1/nodes?parent_node={found.uuid}", "rel": "children"}}
