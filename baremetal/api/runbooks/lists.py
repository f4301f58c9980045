"""Reading runbooks: one, a page; and who may. Never crosses RPC."""

import collections.abc
import dataclasses
import typing

import sqlalchemy as sa

from baremetal.api import access, expose, lists, named, resource, types
from baremetal.api.runbooks import runbook
from baremetal.db import models, stepped

RUNBOOKS = models.RUNBOOKS
NOUN = named.Noun("runbook", RUNBOOKS)
COLLECTION = lists.Collection(runbook.Runbook)
PARAMS = {**named.PARAMS, "project": expose.Param(types.TEXT)}


@dataclasses.dataclass
class Around:
    """What the computed fields look at."""

    base: str
    version: int
    #: id of the runbook: its traits
    traits: dict[int, list[str]]


def _around(call: expose.Call, connection: sa.Connection, shown: resource.View,
            rows: collections.abc.Sequence[sa.Row[typing.Any]]) -> Around:
    """Look up the traits of a page's runbooks, where they are shown."""
    idents = [row[shown.places["id"]] for row in rows] if "traits" in shown.names else []
    return Around(call.base, call.version, stepped.traits(connection, idents))


@expose.handler("runbook:list", params=PARAMS)
def page(call: expose.Call) -> dict[str, typing.Any]:
    """List the runbooks that the caller may see: all, or public ones and those of its project."""
    asked = call.params.get("project")
    limited = access.project(call, "runbook:list_all", asked)
    where: list[sa.ColumnElement[bool]] = []
    if limited is not None:
        where += access.fenced(call, [sa.or_(RUNBOOKS.c.owner == limited, RUNBOOKS.c.public.is_(True))])
    if asked is not None:
        where.append(RUNBOOKS.c.owner == asked)
    return lists.collect(call, COLLECTION, lists.view(call, runbook.Runbook), where,
                         lambda connection, shown, rows: _around(call, connection, shown, rows))


@expose.handler("runbook:get", params={"fields": lists.PARAMS["fields"]})
def one(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show a runbook."""
    asked, kind = call.params.get("fields"), runbook.Runbook
    shown = resource.full(kind, call.version) if asked is None else resource.chosen(kind, call.version, asked)
    with call.house.database.read() as connection:
        found = find(call, connection, name, "runbook:get")
        return show(call, connection, shown, found.uuid)


def find(call: expose.Call, connection: sa.Connection, name: str, *rules: str, lock: bool = False
         ) -> sa.Row[typing.Any]:
    """Return the runbook that ``name`` names; raises ``NotFound`` and, where it may be seen, ``Forbidden``.

    Whoever may list runbooks sees the public ones.
    """
    row = NOUN.find(connection, name, lock=lock)
    seen_by = "runbook:list" if row.public else "runbook:get"
    owned = access.Owned("Runbook", name, row.owner, seen_by=seen_by)
    for rule in rules:
        access.judge(call, seen_by if rule == "runbook:get" else rule, owned)
    return row


def show(call: expose.Call, connection: sa.Connection, shown: resource.View, uuid: str) -> dict[str, typing.Any]:
    """Return the document of a runbook."""
    row = connection.execute(shown.one("uuid"), {"key": uuid}).one()
    document: dict[str, typing.Any] = shown.build(_around(call, connection, shown, [row]), row)
    return document
