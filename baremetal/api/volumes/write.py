"""Making, changing and deleting volume connectors and targets; the latter two only while the node is off."""

import typing

import sqlalchemy as sa

from baremetal import errors, states
from baremetal.api import expose, hanging, patch, resource
from baremetal.api.ports import rules
from baremetal.api.volumes import volume
from baremetal.db import belongings, record

#: provision states in which a volume connector or target may be deleted whatever the power is
UNUSED = states.DELETABLE - {states.AVAILABLE}


def _columns(values: dict[str, typing.Any], known: dict[str, typing.Any] | None = None) -> dict[str, typing.Any]:
    """Return checked values as columns; secrets of properties stand apart, and a mask keeps the ``known`` ones."""
    made: dict[str, typing.Any] = {}
    for name, value in values.items():
        if name == "properties":
            made[name], made[f"{name}_secrets"] = record.split(name, value, known) if value else (None, None)
        else:
            made[name] = (record.dump(value) if value else None) if isinstance(value, dict) else value
    return made


def _create(call: expose.Call, noun: hanging.Noun) -> expose.Answer:
    return noun.insert(call, _columns(noun.new(call)))


def _require_off(owner: sa.Row[typing.Any], noun: hanging.Noun, ident: str, what: str) -> None:
    if owner.power_state != states.POWER_OFF:
        raise errors.Invalid(text=f"A {noun.title} can be {what} only while its node is off: the power of node "
                                  f"{owner.uuid}, to which {ident} belongs or shall belong, is "
                                  f"{owner.power_state or 'not known'}. Switch it off first.")


def _change(call: expose.Call, noun: hanging.Noun, ident: str) -> dict[str, typing.Any]:
    """Change fields of one."""
    operations = patch.read(noun.kind, call.body, call.version)
    shown = resource.full(noun.kind, call.version)
    with call.house.database.write() as connection:
        found, owner = noun.locked(call, connection, ident)
        rules.require_free(call, owner)
        _require_off(owner, noun, ident, "changed")
        present = {**found._mapping, "node_uuid": owner.uuid, "extra": record.load(found.extra)}
        known = record.join(found.properties, found.properties_secrets) if "properties" in present else None
        values = patch.apply(noun.kind, operations, {**present, "properties": known})
        target = noun.moved(call, connection, owner, values.pop("node_uuid", None))
        _require_off(target, noun, ident, "changed")
        row = _columns(values, known)
        changes = {field: value for field, value in row.items() if value != getattr(found, field)}
        if target.id != owner.id:
            changes["node_id"] = target.id
        if changes:
            with noun.unique({**found._mapping, **row}):
                belongings.change(connection, noun.table, found.id, {**changes, "updated_at": call.house.clock.now()})
        document = noun.show(call, connection, shown, ("uuid", found.uuid))
    call.tell(noun.title.replace(" ", ""), "update", {
        "uuid": found.uuid, "node_uuid": target.uuid, "owner": owner.owner, "lessee": owner.lessee})
    return document


def _remove(call: expose.Call, noun: hanging.Noun, ident: str) -> expose.Answer:
    with call.house.database.write() as connection:
        found, owner = noun.locked(call, connection, ident)
        rules.require_free(call, owner)
        if owner.provision_state not in UNUSED:
            _require_off(owner, noun, ident, "deleted")
        belongings.remove(connection, noun.table, found.id)
    call.tell(noun.title.replace(" ", ""), "delete", {
        "uuid": found.uuid, "node_uuid": owner.uuid, "owner": owner.owner, "lessee": owner.lessee})
    return expose.Answer(204)


@expose.handler("volume:create", body="document")
def create_connector(call: expose.Call) -> expose.Answer:
    """Make a volume connector."""
    return _create(call, volume.CONNECTORS)


@expose.handler("volume:update", body="document")
def change_connector(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Change fields of a volume connector."""
    return _change(call, volume.CONNECTORS, name)


@expose.handler("volume:delete")
def remove_connector(call: expose.Call, name: str) -> expose.Answer:
    """Delete a volume connector."""
    return _remove(call, volume.CONNECTORS, name)


@expose.handler("volume:create", body="document")
def create_target(call: expose.Call) -> expose.Answer:
    """Make a volume target."""
    return _create(call, volume.TARGETS)


@expose.handler("volume:update", body="document")
def change_target(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Change fields of a volume target."""
    return _change(call, volume.TARGETS, name)


@expose.handler("volume:delete")
def remove_target(call: expose.Call, name: str) -> expose.Answer:
    """Delete a volume target."""
    return _remove(call, volume.TARGETS, name)
