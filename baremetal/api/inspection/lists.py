"""Reading inspection rules: one, a page. Never crosses RPC."""

import dataclasses
import typing

import sqlalchemy as sa

from baremetal import errors
from baremetal.api import expose, lists, resource, types
from baremetal.api.inspection import rule

COLLECTION = lists.Collection(rule.InspectionRule)
#: ``phase`` is taken and filters nothing, as the convention has it: there is only one
PARAMS = {**lists.PARAMS, "marker": expose.Param(types.TEXT), "phase": expose.Param(types.TEXT)}


@dataclasses.dataclass
class Around:
    """What the computed fields look at."""

    base: str
    version: int


@expose.handler("inspection_rule:list_all", params=PARAMS)
def page(call: expose.Call) -> dict[str, typing.Any]:
    """List inspection rules; their links say ``inspection``, as those of the rules do."""
    shown = lists.view(call, rule.InspectionRule)
    return lists.collect(call, COLLECTION, shown, [], lambda *_: Around(call.base, call.version), "inspection")


@expose.handler("inspection_rule:get", params={"fields": lists.PARAMS["fields"]})
def one(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show an inspection rule."""
    asked, kind = call.params.get("fields"), rule.InspectionRule
    shown = resource.full(kind, call.version) if asked is None else resource.chosen(kind, call.version, asked)
    with call.house.database.read() as connection:
        return show(call, connection, shown, ident(name))


def ident(value: str) -> str:
    """Return ``value`` if it can name a rule, which only a UUID does; raises ``BadField``."""
    if not types.is_uuid(value):
        raise errors.BadField(field="inspection_rule", value=resource.shorten(value),
                              wanted="It must be the UUID of an inspection rule.")
    return value


def show(call: expose.Call, connection: sa.Connection, shown: resource.View, uuid: str) -> dict[str, typing.Any]:
    """Return the document of a rule; raises ``NotFound``."""
    row = connection.execute(shown.one("uuid"), {"key": uuid}).first()
    if row is None:
        raise errors.NotFound(what="Inspection rule", ident=uuid)
    document: dict[str, typing.Any] = shown.build(Around(call.base, call.version), row)
    return document
