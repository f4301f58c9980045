"""What a node refers to: its chassis, and the node that it is a part of."""

import typing

import sqlalchemy as sa

from baremetal import errors
from baremetal.api import access, expose, types
from baremetal.db import models, nodes

NODES = models.NODES


def chassis(call: expose.Call, connection: sa.Connection, uuid: str) -> int:
    """Return the id of the chassis; raises ``BadField``."""
    found = nodes.chassis(connection, uuid)
    if found is None or not _knows(call, connection, found):
        raise errors.BadField(field="chassis_uuid", value=uuid,
                              wanted="There is no such chassis; create it first, or leave the field out.")
    return found


def _knows(call: expose.Call, connection: sa.Connection, ident: int) -> bool:
    """Return whether the caller may know of a chassis: who may not see chassis knows where its own nodes sit."""
    if call.house.enforcer.allows("chassis:get", call.context):
        return True
    own = call.context.project
    return own is not None and connection.execute(sa.select(NODES.c.id).where(
        NODES.c.chassis_id == ident, *access.tenancy(own)).limit(1), access.given(own)).first() is not None


def parent(call: expose.Call, connection: sa.Connection, ident: str, child: dict[str, typing.Any]) -> str:
    """Return the UUID of the parent that ``child`` (uuid, owner) shall have; raises ``BadField``."""
    key = "uuid" if types.is_uuid(ident) else "name"
    found = nodes.find(connection, key, ident, ("uuid", "owner", "lessee", "parent_node"))
    if found is None or not access.permits(call, "node:get", access.Owned("Node", ident, found.owner, found.lessee)):
        raise errors.BadField(field="parent_node", value=ident, wanted="There is no such node; give its UUID or name.")
    if found.uuid == child["uuid"]:
        raise errors.BadField(field="parent_node", value=ident, wanted="A node cannot be a part of itself.")
    if found.owner != child["owner"]:
        raise errors.BadField(field="parent_node", value=ident,
                              wanted="Both nodes must have the same owner; set the field 'owner' first.")
    return str(found.uuid)
