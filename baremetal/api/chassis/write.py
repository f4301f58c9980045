"""Making, changing and deleting chassis."""

import typing
import uuid

from oslo_db import exception

from baremetal import errors
from baremetal.api import expose, patch, resource
from baremetal.api.chassis import lists, shelf
from baremetal.db import chassis, record


def _columns(values: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """Return checked values as columns."""
    return {name: record.dump(value) if isinstance(value, dict) else value for name, value in values.items()}


@expose.handler("chassis:create", body="document")
def create(call: expose.Call) -> expose.Answer:
    """Make a chassis."""
    values = resource.take(shelf.Chassis, call.body, call.version)
    row = {**_columns(values), "uuid": values.get("uuid") or str(uuid.uuid4()), "created_at": call.house.clock.now()}
    shown = resource.full(shelf.Chassis, call.version)
    try:
        with call.house.database.write() as connection:
            chassis.add(connection, row)
            document = lists.show(call, connection, shown, row["uuid"])
    except exception.DBDuplicateEntry as error:
        raise errors.AlreadyExists(what="chassis", field="uuid", value=row["uuid"]) from error
    call.tell("chassis", "create", row)
    return expose.Answer(201, document, location=f"chassis/{row['uuid']}")


@expose.handler("chassis:update", body="document")
def change(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Change fields of a chassis."""
    operations = patch.read(shelf.Chassis, call.body, call.version)
    shown = resource.full(shelf.Chassis, call.version)
    with call.house.database.write() as connection:
        found = chassis.locked(connection, lists.ident(name))
        if found is None:
            raise errors.NotFound(what="Chassis", ident=name)
        present = {**found._mapping, "extra": record.load(found.extra)}
        row = _columns(patch.apply(shelf.Chassis, operations, present))
        changes = {field: value for field, value in row.items() if value != getattr(found, field)}
        if changes:
            chassis.change(connection, found.id, {**changes, "updated_at": call.house.clock.now()})
        document = lists.show(call, connection, shown, name)
    call.tell("chassis", "update", found)
    return document


def _full(name: str, whom: str = "") -> errors.Fault:
    return errors.Invalid(text=f"Chassis {name} contains nodes{whom}; take them out of it first by removing their "
                               "chassis_uuid.")


@expose.handler("chassis:delete")
def remove(call: expose.Call, name: str) -> expose.Answer:
    """Delete an empty chassis."""
    with call.house.database.write() as connection:
        found = chassis.locked(connection, lists.ident(name))
        if found is None:
            raise errors.NotFound(what="Chassis", ident=name)
        node = chassis.node_in(connection, found.id)
        if node is not None:
            raise _full(name, f", among them {node}")
        try:
            chassis.remove(connection, found.id)
        except exception.DBReferenceError as error:
            raise _full(name) from error
    call.tell("chassis", "delete", found)
    return expose.Answer(204)
