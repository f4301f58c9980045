"""Making, changing and deleting inspection rules. The next inspection goes by them."""

import json
import typing
import uuid

from oslo_db import exception

from baremetal import errors
from baremetal.api import expose, patch, resource
from baremetal.api.inspection import lists, rule
from baremetal.db import inspection_rules, record

LISTS = ("conditions", "actions")


@expose.handler("inspection_rule:create", body="document")
def create(call: expose.Call) -> expose.Answer:
    """Make an inspection rule."""
    values = resource.take(rule.InspectionRule, call.body, call.version)
    row = {**rule.DEFAULTS, **_columns(values), "uuid": values.get("uuid") or str(uuid.uuid4()),
           "created_at": call.house.clock.now()}
    shown = resource.full(rule.InspectionRule, call.version)
    try:
        with call.house.database.write() as connection:
            inspection_rules.add(connection, row)
            document = lists.show(call, connection, shown, row["uuid"])
    except exception.DBDuplicateEntry as error:
        raise errors.AlreadyExists(what="inspection rule", field="uuid", value=row["uuid"]) from error
    call.tell("inspection_rule", "create", row)
    return expose.Answer(201, document, location=f"inspection_rules/{row['uuid']}")


@expose.handler("inspection_rule:update", body="document")
def change(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Change fields of an inspection rule."""
    operations = patch.read(rule.InspectionRule, call.body, call.version)
    shown = resource.full(rule.InspectionRule, call.version)
    with call.house.database.write() as connection:
        found = inspection_rules.locked(connection, lists.ident(name))
        if found is None:
            raise errors.NotFound(what="Inspection rule", ident=name)
        present = {**found._mapping, **{field: json.loads(getattr(found, field) or "[]") for field in LISTS}}
        row = _columns(patch.apply(rule.InspectionRule, operations, present))
        if found.sensitive and not row.get("sensitive", True):
            raise errors.BadPatch(operation="on /sensitive", why="a sensitive rule stays one: who unset it would be "
                                                                 "shown what it hides. Delete the rule instead.")
        changes = {field: value for field, value in row.items() if value != getattr(found, field)}
        if changes:
            inspection_rules.change(connection, found.id, {**changes, "updated_at": call.house.clock.now()})
        document = lists.show(call, connection, shown, name)
    call.tell("inspection_rule", "update", found)
    return document


@expose.handler("inspection_rule:delete")
def remove(call: expose.Call, name: str) -> expose.Answer:
    """Delete an inspection rule."""
    with call.house.database.write() as connection:
        found = inspection_rules.locked(connection, lists.ident(name))
        if found is None:
            raise errors.NotFound(what="Inspection rule", ident=name)
        inspection_rules.remove(connection, found.id)
    call.tell("inspection_rule", "delete", found)
    return expose.Answer(204)


def _columns(values: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """Return checked values as columns; null is the default."""
    return {name: rule.DEFAULTS.get(name) if value is None else record.dump(value) if name in LISTS else value
            for name, value in values.items()}
