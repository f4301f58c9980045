"""Making, changing and deleting port groups."""

import typing

import sqlalchemy as sa

from baremetal import errors, states
from baremetal.api import expose, following, patch, resource, types
from baremetal.api.portgroups import group
from baremetal.api.ports import rules
from baremetal.db import belongings, record

#: what a field is when nobody has said anything, or its value was taken away
DEFAULTS = {"standalone_ports_supported": True}


def _columns(values: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """Return checked values as columns: objects as text, null as the default, no name for an empty one."""
    made: dict[str, typing.Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            made[name] = record.dump(value) if value else None
        else:
            made[name] = DEFAULTS.get(name) if value is None else (value or None) if name == "name" else value
    return made


def _check_name(call: expose.Call, name: str | None) -> None:
    if name and not types.is_name(name, call.version):
        raise errors.BadField(field="name", value=resource.shorten(name),
                              wanted="It must be 1 to 255 of A-Z a-z 0-9 - . _ ~, and no UUID.")


@expose.handler("portgroup:create", body="document")
def create(call: expose.Call) -> expose.Answer:
    """Make a port group."""
    row = group.NOUN.new(call)
    _check_name(call, row.get("name"))
    if row.get("mode") is None:
        row["mode"] = call.house.conf.default_portgroup_mode
    return group.NOUN.insert(call, {**DEFAULTS, **_columns(row)})


@expose.handler("portgroup:update", body="document")
def change(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Change fields of a port group."""
    operations = patch.read(group.PortGroup, call.body, call.version)
    if any(one.op == "remove" and one.path == "/mode" for one in operations):
        raise errors.Invalid(text="A port group's mode cannot be removed; replace it by another one.")
    shown = resource.full(group.PortGroup, call.version)
    done = following.carry_out(call, lambda: _attempt(call, name, operations))
    call.tell("portgroup", "update", done.told)
    with call.house.database.read() as connection:
        return group.NOUN.show(call, connection, shown, ("uuid", done.found.uuid))


def _attempt(call: expose.Call, name: str, operations: list[patch.Operation]) -> following.Change:
    """Check the change; write it where the network interface need not be asked."""
    with call.house.database.write() as connection:
        found, owner = group.NOUN.locked(call, connection, name)
        rules.require_not_inspecting(call, owner, name)
        rules.require_free(call, owner)
        values = patch.apply(group.PortGroup, operations, {
            **found._mapping, "node_uuid": owner.uuid, "extra": record.load(found.extra),
            "properties": record.load(found.properties)})
        _check_name(call, values.get("name"))
        target = group.NOUN.moved(call, connection, owner, values.pop("node_uuid", None))
        row = _columns(values)
        changes = {field: value for field, value in row.items() if value != getattr(found, field)}
        if target.id != owner.id:
            changes["node_id"] = target.id
        _require_members(connection, found, owner, changes)
        change = following.Change("portgroup", found, owner, changes, {
            "uuid": found.uuid, "name": row.get("name", found.name), "node_uuid": target.uuid, "owner": owner.owner,
            "lessee": owner.lessee})
        if change.asks:
            change.require_free(connection, group.NOUN.table, "port group")
        elif changes:
            with group.NOUN.unique(row):
                belongings.change(connection, group.NOUN.table, found.id, {
                    **changes, "updated_at": call.house.clock.now()})
    return change


def _require_members(connection: sa.Connection, found: sa.Row[typing.Any], owner: sa.Row[typing.Any],
                     changes: dict[str, typing.Any]) -> None:
    """Raise where the ports of the group, or its node, do not allow a change."""
    members = belongings.members(connection, found.uuid) if {
        "node_id", "standalone_ports_supported"} & set(changes) else []
    if "node_id" in changes:
        if members:
            raise errors.Invalid(text=f"Port group {found.uuid} has {len(members)} ports, so it cannot go to another "
                                      "node. Take them out of it first.")
        if owner.provision_state not in states.REWIRABLE and not owner.maintenance:
            raise errors.Conflict(text=f"Port group {found.uuid} cannot go to another node while node {owner.uuid} is "
                                       f"in provision state {owner.provision_state!r}. Put the node into maintenance, "
                                       f"or into one of: {', '.join(sorted(states.REWIRABLE))}.")
    booting = [port.uuid for port in members if port.pxe_enabled]
    if changes.get("standalone_ports_supported") is False and booting:
        raise errors.Conflict(text=f"Port group {found.uuid} has ports with pxe_enabled ({', '.join(booting)[:200]}), "
                                   "which are used singly. Set their pxe_enabled to false first.")


@expose.handler("portgroup:delete")
def remove(call: expose.Call, name: str) -> expose.Answer:
    """Delete an empty port group."""
    with call.house.database.write() as connection:
        found, owner = group.NOUN.locked(call, connection, name)
        rules.require_free(call, owner)
        members = belongings.members(connection, found.uuid)
        if members:
            raise errors.Invalid(text=f"Port group {name} is not empty: it has {len(members)} ports, among them "
                                      f"{members[0].uuid}. Take them out of it first.")
        belongings.remove(connection, group.NOUN.table, found.id)
    call.tell("portgroup", "delete", {"uuid": found.uuid, "name": found.name, "node_uuid": owner.uuid,
                                      "owner": owner.owner, "lessee": owner.lessee})
    return expose.Answer(204)
