"""Conductors: who they are, whether they live, what they serve. Only shown."""

import dataclasses
import datetime
import typing

import orjson
import sqlalchemy as sa

from baremetal import errors
from baremetal.api import expose, lists, resource, types
from baremetal.api.resource import Field
from baremetal.db import conductors, models

#: conductors are named by host, so their markers are no UUIDs
PARAMS = {**lists.PARAMS, "marker": expose.Param(types.TEXT)}


@dataclasses.dataclass
class Around:
    """What the computed fields of a page of conductors look at."""

    base: str
    version: int
    #: heartbeats before this are too old
    oldest: datetime.datetime
    drivers: dict[int, list[str]] = dataclasses.field(default_factory=dict)


def _alive(page: typing.Any, online: object, heartbeat: datetime.datetime) -> bool:
    return bool(online) and heartbeat > page.oldest


def _drivers(page: typing.Any, number: int) -> list[str]:
    return page.drivers.get(number, [])


def _links(page: typing.Any, host: str) -> orjson.Fragment:
    return resource.link(page, f"conductors/{host}")


class Conductor(resource.Resource):
    """A process that drives nodes."""

    _about = resource.About("conductors", "conductor", models.CONDUCTORS)

    # fmt: off
    hostname        = Field(types.TEXT, "Its name.", brief=True)
    conductor_group = Field(types.TEXT, "The group of nodes it drives.", brief=True)
    alive           = Field(types.FLAG, "Whether it is online and its heartbeat is fresh.", brief=True, show=_alive,
                            needs=("online", "heartbeat_at"))
    drivers         = Field(types.List(types.TEXT), "Hardware types it serves.", sort=False, show=_drivers,
                            needs=("id",))
    created_at      = Field(types.TIME, "When it first registered.")
    updated_at      = Field(types.TIME, "When it last registered or left.")
    links           = Field(types.ANYTHING, "Links to it.", brief=True, show=_links, needs=("hostname",))
    # fmt: on


COLLECTION = lists.Collection(Conductor, "hostname")


def _around(call: expose.Call) -> lists.Lookup:
    """Return the function that looks up, once for a page, what its view needs."""
    timeout = datetime.timedelta(seconds=call.house.conf.conductor.heartbeat_timeout)

    def look(connection: sa.Connection, shown: resource.View, rows: typing.Any) -> Around:
        found = Around(call.base, call.version, call.house.clock.now() - timeout)
        if "drivers" in shown.names and rows:
            place = shown.places["id"]
            found.drivers = conductors.served(connection, [row[place] for row in rows])
        return found
    return look


@expose.handler("conductor:get", params=PARAMS)
def page(call: expose.Call) -> dict[str, typing.Any]:
    """List conductors, living and dead."""
    return lists.collect(call, COLLECTION, lists.view(call, Conductor), [], _around(call))


@expose.handler("conductor:get", params={"fields": lists.PARAMS["fields"]})
def one(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show a conductor."""
    asked = call.params.get("fields")
    shown = resource.full(Conductor, call.version) if asked is None else resource.chosen(Conductor, call.version, asked)
    with call.house.database.read() as connection:
        row = connection.execute(shown.one("hostname"), {"key": name}).first()
        if row is None:
            raise errors.NotFound(what="Conductor", ident=name)
        document: dict[str, typing.Any] = shown.build(_around(call)(connection, shown, [row]), row)
    return document
