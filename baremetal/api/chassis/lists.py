"""Reading chassis: one, a page. Never crosses RPC."""

import dataclasses
import typing

import sqlalchemy as sa

from baremetal import errors
from baremetal.api import expose, lists, resource, types
from baremetal.api.chassis import shelf

COLLECTION = lists.Collection(shelf.Chassis)


@dataclasses.dataclass
class Around:
    """What the computed fields look at."""

    base: str
    version: int


def around(call: expose.Call) -> lists.Lookup:
    """Return the function that looks up what a page's view needs: nothing."""
    return lambda connection, shown, rows: Around(call.base, call.version)


def ident(value: str) -> str:
    """Return ``value`` if it can name a chassis, which only a UUID does; raises ``BadField``."""
    if not types.is_uuid(value):
        raise errors.BadField(field="chassis", value=resource.shorten(value),
                              wanted="It must be the UUID of a chassis.")
    return value


@expose.handler("chassis:get", params=lists.PARAMS)
def page(call: expose.Call) -> dict[str, typing.Any]:
    """List chassis."""
    return lists.collect(call, COLLECTION, lists.view(call, shelf.Chassis), [], around(call))


@expose.handler("chassis:get", params=lists.DETAILED)
def detailed_page(call: expose.Call) -> dict[str, typing.Any]:
    """List chassis with all their fields (the older way to ask for it)."""
    shown = resource.full(shelf.Chassis, call.version)
    return lists.collect(call, COLLECTION, shown, [], around(call), "chassis/detail")


@expose.handler("chassis:get", params={"fields": lists.PARAMS["fields"]})
def one(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show a chassis."""
    asked, kind = call.params.get("fields"), shelf.Chassis
    shown = resource.full(kind, call.version) if asked is None else resource.chosen(kind, call.version, asked)
    with call.house.database.read() as connection:
        return show(call, connection, shown, ident(name))


def show(call: expose.Call, connection: sa.Connection, shown: resource.View, uuid: str) -> dict[str, typing.Any]:
    """Return the document of a chassis; raises ``NotFound``."""
    row = connection.execute(shown.one("uuid"), {"key": uuid}).first()
    if row is None:
        raise errors.NotFound(what="Chassis", ident=uuid)
    document: dict[str, typing.Any] = shown.build(Around(call.base, call.version), row)
    return document
