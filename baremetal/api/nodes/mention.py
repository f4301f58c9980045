"""The node that a request mentions: in a filter, or as that to which something new shall belong. Not that of a path."""

import typing

import sqlalchemy as sa

from baremetal import errors
from baremetal.api import access, expose, resource, types, versions
from baremetal.db import ports


def node(call: expose.Call, field: str, value: str, rule: str = "node:get") -> sa.Row[typing.Any]:
    """Return id, UUID and tenants of the node that ``value`` names.

    Raises the fault that names ``field``; ``NotFound`` also for a node that the caller may not see, and ``Forbidden``
    when it may not do ``rule`` to it.
    """
    column = "uuid" if types.is_uuid(value) else "name"
    if column == "name":
        if call.version < 5:
            raise versions.too_new(f"A node's name as {field!r}", 5, call.version)
        if not types.is_name(value, call.version):
            raise errors.BadField(field=field, value=resource.shorten(value),
                                  wanted="It must be the UUID or name of a node.")
    with call.house.database.read() as connection:
        found = ports.node(connection, column, value)
    if found is None:
        raise errors.NotFound(what="Node", ident=value)
    access.judge(call, rule, access.Owned("Node", value, found.owner, found.lessee))
    return found
