"""Making and deleting ports, and what both share with changing them."""

import collections.abc
import contextlib
import typing
import uuid

import sqlalchemy as sa
from oslo_db import exception

from baremetal import errors
from baremetal.api import access, expose, resource, types, versions
from baremetal.api.nodes import mention
from baremetal.api.ports import groups, link, lists, port, rules
from baremetal.db import duplicates, ports, record

#: names the node of a new port by UUID or name; it is not kept
NODE_IDENT = "node_ident"
NODE_IDENT_SINCE = 94
#: keys of internal_info that a network interface notes while a VIF is attached
VIFS = ("tenant_vif_port_id", "cleaning_vif_port_id", "provisioning_vif_port_id", "rescuing_vif_port_id",
        "inspection_vif_port_id", "servicing_vif_port_id")
UNIQUE = ("uuid", "address", "name")


@expose.handler("port:create", body="document")
def create(call: expose.Call) -> expose.Answer:
    """Make a port."""
    node, given = _owner_given(call)
    named = _existing_node(call, *node)
    values = resource.take(port.Port, given, call.version)
    link.require(values.get("local_link_connection"), call.version)
    values["node_id"] = named.id
    values.pop("node_uuid", None)
    row = {**port.DEFAULTS, **columns(values), "uuid": values.get("uuid") or str(uuid.uuid4()),
           "created_at": call.house.clock.now()}
    if row["is_smartnic"] and values.get("local_link_connection") is not None:
        link.smart(values["local_link_connection"])
    shown = resource.full(port.Port, call.version)
    with call.house.database.write() as connection, unique(row):
        groups.join(call, connection, (named.id, named.uuid), row, {})
        ports.add(connection, row)
        document = lists.show(call, connection, shown, ("uuid", row["uuid"]))
    call.tell("port", "create", {**row, "node_uuid": named.uuid, "owner": named.owner, "lessee": named.lessee})
    return expose.Answer(201, document, location=f"ports/{row['uuid']}")


def _owner_given(call: expose.Call) -> tuple[tuple[str, str], dict[str, typing.Any]]:
    """Return (field, value) of the node that a new port shall belong to, and the body without ``node_ident``."""
    if not isinstance(call.body, dict):
        raise errors.BadField(field="body", value=resource.shorten(call.body),
                              wanted="It must be an object of port fields.")
    fields = port.Port.fields()
    for name in call.body:
        if name in fields and fields[name].create:
            # unlike those of nodes, a port's newer fields are refused even when they say null
            resource.require(fields[name], f"Field {name!r}", call.version)
    given = {name: value for name, value in call.body.items() if name != NODE_IDENT}
    named = [(name, call.body[name]) for name in ("node_uuid", NODE_IDENT) if name in call.body]
    if NODE_IDENT in call.body and call.version < NODE_IDENT_SINCE:
        raise versions.too_new(f"Field {NODE_IDENT!r}", NODE_IDENT_SINCE, call.version, "Give node_uuid instead.")
    wanted = "Give either node_uuid, or node_ident with the UUID or name of the node; not both."
    if len(named) != 1:
        raise errors.MissingField(field="node_uuid", resource="port", wanted=wanted)
    field, value = named[0]
    if not isinstance(value, str):
        raise errors.BadField(field=field, value=resource.shorten(value), wanted=wanted)
    return (field, value), given


def _existing_node(call: expose.Call, field: str, value: str) -> sa.Row[typing.Any]:
    """Return the node; one that does not exist, or not for this caller, is the body's mistake."""
    try:
        return mention.node(call, field, value, call.rule)
    except errors.NotFound:
        # who may make ports of its own nodes only is not told which others there are
        call.may(call.rule)
        raise errors.BadField(field=field, value=value, wanted="There is no such node.") from None


def columns(values: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """Return checked values as columns: objects as text, null as the default, no name for an empty one."""
    return {name: _column(name, value) for name, value in values.items()}


def _column(name: str, value: typing.Any) -> typing.Any:
    if isinstance(value, dict):
        return record.dump(value) if value else None
    if value is None:
        return port.DEFAULTS.get(name)
    return (value or None) if name == "name" else value


@contextlib.contextmanager
def unique(row: dict[str, typing.Any]) -> collections.abc.Iterator[None]:
    """Turn the database's refusal of a value that is taken, or of a node that just went, into a fault that names it."""
    try:
        yield
    except exception.DBDuplicateEntry as error:
        field = duplicates.column(error, "ports", UNIQUE) or "address"
        raise errors.AlreadyExists(what="port", field=field, value=row.get(field)) from error
    except exception.DBReferenceError as error:
        raise errors.NotFound(what="Node", ident="of the port") from error


@expose.handler("port:delete")
def remove(call: expose.Call, name: str) -> expose.Answer:
    """Delete a port."""
    if not types.is_uuid(name):
        raise errors.BadField(field="port", value=resource.shorten(name), wanted="It must be the UUID of a port.")
    with call.house.database.write() as connection:
        found = ports.locked(connection, "uuid", name)
        if found is None:
            raise errors.NotFound(what="Port", ident=name)
        owner = ports.owner(connection, found.node_id)
        access.judge(call, call.rule, access.Owned("Port", name, owner.owner, owner.lessee))
        rules.require_free(call, owner)
        attached = [key for key in VIFS if key in record.load(found.internal_info)]
        if attached and owner.network_interface != "noop" and not owner.maintenance:
            raise errors.Conflict(text=f"Port {name} has a VIF attached ({attached[0]}); detach it first, or put node "
                                       f"{owner.uuid} into maintenance.")
        ports.remove(connection, found.id)
    call.tell("port", "delete", {"uuid": found.uuid, "name": found.name, "node_uuid": owner.uuid,
                                 "owner": owner.owner, "lessee": owner.lessee})
    return expose.Answer(204)
