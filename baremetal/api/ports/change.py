"""Changing a port with JSON Patch."""

import typing

import sqlalchemy as sa

from baremetal import errors
from baremetal.api import access, expose, following, patch, resource
from baremetal.api.ports import groups, link, lists, port, rules, write
from baremetal.db import ports, record


@expose.handler("port:update", body="document")
def change(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Change fields of a port."""
    column = lists.ident(call, name)
    operations = patch.read(port.Port, call.body, call.version)
    shown = resource.full(port.Port, call.version)
    done = following.carry_out(call, lambda: _attempt(call, column, name, operations))
    call.tell("port", "update", done.told)
    with call.house.database.read() as connection:
        return lists.show(call, connection, shown, ("uuid", done.found.uuid))


def _attempt(call: expose.Call, column: str, name: str, operations: list[patch.Operation]) -> following.Change:
    """Check the change; write it where the network interface need not be asked."""
    with call.house.database.write() as connection:
        found = ports.locked(connection, column, name)
        if found is None:
            raise errors.NotFound(what="Port", ident=name)
        owner = ports.owner(connection, found.node_id)
        access.judge(call, call.rule, access.Owned("Port", name, owner.owner, owner.lessee))
        rules.require_not_inspecting(call, owner, name)
        rules.require_free(call, owner)
        values = patch.apply(port.Port, operations, _present(found, owner))
        _check(call, found, values)
        row = write.columns({**values, **_moved(call, connection, owner, values)})
        row.pop("node_uuid", None)
        home = row.get("node_id", owner.id), values.get("node_uuid") or owner.uuid
        groups.join(call, connection, home, {**found._mapping, **row}, dict(found._mapping))
        change = following.Change("port", found, owner, {
            field: value for field, value in row.items() if value != getattr(found, field)}, {
            "uuid": found.uuid, "name": row.get("name", found.name), "node_uuid": home[1], "owner": owner.owner,
            "lessee": owner.lessee})
        rules.require_settled(owner, found, change.changes)
        if change.asks:
            change.require_free(connection, ports.PORTS, "port")
        elif change.changes:
            with write.unique(row):
                ports.change(connection, found.id, {**change.changes, "updated_at": call.house.clock.now()})
    return change


def _present(found: sa.Row[typing.Any], owner: sa.Row[typing.Any]) -> dict[str, typing.Any]:
    """Return the port's present values as a patch sees them."""
    return {**found._mapping, "node_uuid": owner.uuid, "extra": record.load(found.extra),
            "local_link_connection": record.load(found.local_link_connection)}


def _check(call: expose.Call, found: sa.Row[typing.Any], values: dict[str, typing.Any]) -> None:
    """Raise the fault for values that do not fit each other."""
    link.require(values.get("local_link_connection"), call.version)
    wired = values.get("local_link_connection") or (
        record.load(found.local_link_connection) if "local_link_connection" not in values else None)
    if values.get("is_smartnic", found.is_smartnic) and wired:
        link.smart(wired)


def _moved(call: expose.Call, connection: sa.Connection, owner: sa.Row[typing.Any],
           values: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """Return the id of the node that the port shall belong to from now on, if it is to move to another one."""
    uuid = values.get("node_uuid")
    if uuid in (None, owner.uuid):
        return {}
    target = ports.owner_named(connection, uuid)
    if target is None or not access.permits(call, "node:get", access.Owned("Node", uuid, target.owner, target.lessee)):
        raise errors.BadField(field="node_uuid", value=uuid, wanted="There is no such node.")
    access.judge(call, "port:create", access.Owned("Node", uuid, target.owner, target.lessee))
    rules.require_free(call, target)
    return {"node_id": target.id}
