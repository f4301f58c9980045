"""Making, changing and deleting runbooks. What requests have begun with one is not changed by it."""

import typing
import uuid

import sqlalchemy as sa

from baremetal import errors
from baremetal.api import expose, named, patch, resource
from baremetal.api.nodes import traits
from baremetal.api.runbooks import lists, runbook
from baremetal.db import stepped

#: field: the rule that is asked when it is patched; all others ask for one and the same
RULES = {"owner": "runbook:update:owner", "public": "runbook:update:public"}


@expose.handler("runbook:create", body="document")
def create(call: expose.Call) -> expose.Answer:
    """Make a runbook."""
    values = resource.take(runbook.Runbook, call.body, call.version)
    _require_name(call, values["name"])
    _give_to_project(call, values)
    if values.get("public"):
        _require_nobodys(values.get("owner"))
    row = {**_columns(values), "uuid": values.get("uuid") or str(uuid.uuid4()), "created_at": call.house.clock.now()}
    shown = resource.full(runbook.Runbook, call.version)
    with lists.NOUN.unique(row), call.house.database.write() as connection:
        stepped.add(connection, lists.RUNBOOKS, row)
        document = lists.show(call, connection, shown, row["uuid"])
    call.tell("runbook", "create", row)
    return expose.Answer(201, document, location=f"runbooks/{row['uuid']}")


@expose.handler("runbook:update", body="document")
def change(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Change fields of a runbook. One that becomes public loses its owner."""
    operations = patch.read(runbook.Runbook, call.body, call.version)
    shown = resource.full(runbook.Runbook, call.version)
    row: dict[str, typing.Any] = {}
    touched = patch.touched(operations)
    rules = list(dict.fromkeys(RULES.get(field, "runbook:update") for field in touched)) or ["runbook:update"]
    with lists.NOUN.unique(row), call.house.database.write() as connection:
        found = lists.find(call, connection, name, *rules, lock=True)
        values = patch.apply(runbook.Runbook, operations, named.present(found))
        _agree(found, values, touched)
        if "name" in values:
            _require_name(call, values["name"])
        row.update(_columns(values, stepped.join(found.steps, found.steps_secrets)))
        changes = {field: value for field, value in row.items() if value != getattr(found, field)}
        if changes:
            stepped.change(connection, lists.RUNBOOKS, found.id, {**changes, "updated_at": call.house.clock.now()})
        document = lists.show(call, connection, shown, found.uuid)
    call.tell("runbook", "update", {"uuid": found.uuid, "name": document["name"], "owner": document["owner"]})
    return document


@expose.handler("runbook:delete")
def remove(call: expose.Call, name: str) -> expose.Answer:
    """Delete a runbook."""
    with call.house.database.write() as connection:
        found = lists.find(call, connection, name, "runbook:delete", lock=True)
        stepped.replace_traits(connection, found.id, [])
        stepped.remove(connection, lists.RUNBOOKS, found.id)
    call.tell("runbook", "delete", found)
    return expose.Answer(204)


def _columns(values: dict[str, typing.Any], known: stepped.Steps | None = None) -> dict[str, typing.Any]:
    """Return checked values as columns; null is the default."""
    row = named.columns(values, known)
    return {name: runbook.DEFAULTS.get(name) if value is None else value for name, value in row.items()}


def _require_name(call: expose.Call, name: str) -> None:
    """Raise for a name that old requests may not give: it was a trait."""
    if call.version >= runbook.TRAITS_SINCE:
        return
    try:
        traits.TRAIT.validate(name)
    except ValueError as error:
        raise errors.BadField(field="name", value=resource.shorten(name), wanted=(
            f"Before API version 1.{runbook.TRAITS_SINCE} it must be a trait. {error}")) from error


def _give_to_project(call: expose.Call, values: dict[str, typing.Any]) -> None:
    """Make the runbook the caller's project's, where it is one that asks; raises for what projects may not say."""
    project = call.context.project
    if call.context.system or project is None:
        return
    if values.get("owner") not in (None, project):
        raise errors.BadField(field="owner", value=values["owner"],
                              wanted=f"The request is project {project}'s, which makes runbooks of its own only.")
    if values.get("public"):
        raise errors.BadField(field="public", value=True, wanted="Only operators make public runbooks.")
    values["owner"] = project


def _agree(found: sa.Row[typing.Any], values: dict[str, typing.Any], touched: list[str]) -> None:
    """Let owner and public agree after a patch."""
    public = bool(values["public"] if "public" in values else found.public)
    if public and "owner" in touched:
        _require_nobodys(values["owner"])
    if public and found.owner is not None:
        values["owner"] = None


def _require_nobodys(owner: str | None) -> None:
    if owner is not None:
        raise errors.BadField(field="owner", value=owner, wanted=(
            "A public runbook has no owner: leave it out, or do not make the runbook public."))
