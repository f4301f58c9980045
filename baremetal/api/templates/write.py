"""Making, changing and deleting deploy templates. What deploys have begun is not changed by it."""

import typing
import uuid

from baremetal import errors
from baremetal.api import expose, named, patch, resource, types
from baremetal.api.templates import lists, template
from baremetal.db import stepped

#: taken and not kept, as the convention has it
DESCRIPTION = types.String(255)


@expose.handler("deploy_template:create", body="document")
def create(call: expose.Call) -> expose.Answer:
    """Make a deploy template."""
    values = resource.take(template.DeployTemplate, _without_description(call.body), call.version)
    row = {**named.columns(values), "uuid": values.get("uuid") or str(uuid.uuid4()),
           "created_at": call.house.clock.now()}
    shown = resource.full(template.DeployTemplate, call.version)
    with lists.NOUN.unique(row), call.house.database.write() as connection:
        stepped.add(connection, lists.NOUN.table, row)
        document = lists.show(call, connection, shown, row["uuid"])
    call.tell("deploy_template", "create", row)
    return expose.Answer(201, document, location=f"deploy_templates/{row['uuid']}")


@expose.handler("deploy_template:update", body="document")
def change(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Change fields of a deploy template."""
    operations = patch.read(template.DeployTemplate, call.body, call.version)
    shown = resource.full(template.DeployTemplate, call.version)
    row: dict[str, typing.Any] = {}
    with lists.NOUN.unique(row), call.house.database.write() as connection:
        found = lists.NOUN.find(connection, name, lock=True)
        present = named.present(found)
        known = stepped.join(found.steps, found.steps_secrets)
        row.update(named.columns(patch.apply(template.DeployTemplate, operations, present), known))
        changes = {field: value for field, value in row.items() if value != getattr(found, field)}
        if changes:
            stepped.change(connection, lists.NOUN.table, found.id, {**changes, "updated_at": call.house.clock.now()})
        document = lists.show(call, connection, shown, found.uuid)
    call.tell("deploy_template", "update", {"uuid": found.uuid, "name": document["name"]})
    return document


@expose.handler("deploy_template:delete")
def remove(call: expose.Call, name: str) -> expose.Answer:
    """Delete a deploy template."""
    with call.house.database.write() as connection:
        found = lists.NOUN.find(connection, name, lock=True)
        stepped.remove(connection, lists.NOUN.table, found.id)
    call.tell("deploy_template", "delete", {"uuid": found.uuid, "name": found.name})
    return expose.Answer(204)


def _without_description(body: typing.Any) -> typing.Any:
    """Return a body without its description, which is checked and dropped."""
    if not isinstance(body, dict) or "description" not in body:
        return body
    try:
        if body["description"] is not None:
            DESCRIPTION.validate(body["description"])
    except ValueError as error:
        raise errors.BadField(field="description", value=resource.shorten(body["description"]),
                              wanted=str(error)) from error
    return {name: value for name, value in body.items() if name != "description"}

