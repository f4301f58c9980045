"""Components of a node that have firmware, as its firmware interface read them last. Never asks the node."""

import dataclasses
import typing

from baremetal.api import expose, lists, resource, types
from baremetal.api.nodes import find
from baremetal.api.resource import Field
from baremetal.db import firmware, models

#: microversion that says who made a component
IDENTITY = 114


@dataclasses.dataclass
class Around:
    """What computed fields would look at; there are none."""

    base: str
    version: int


class Component(resource.Resource):
    """One component that has firmware."""

    _about = resource.About("firmware", "firmware component", models.FIRMWARE)

    # fmt: off
    component            = Field(types.TEXT, "Which one: bios, bmc, nic:1 …", brief=True)
    initial_version      = Field(types.TEXT, "Version that was read first.", brief=True)
    current_version      = Field(types.TEXT, "Version that was read last.", brief=True)
    last_version_flashed = Field(types.TEXT, "Version that took the place of another one last.", brief=True)
    vendor               = Field(types.TEXT, "Who made it.", since=IDENTITY, brief=True)
    model                = Field(types.TEXT, "Its model.", since=IDENTITY, brief=True)
    serial_number        = Field(types.TEXT, "Its serial number.", since=IDENTITY, brief=True)
    created_at           = Field(types.TIME, "When it was read first.", brief=True)
    updated_at           = Field(types.TIME, "When it was read to have changed.", brief=True)
    # fmt: on


@expose.handler("node:firmware:get", params={"fields": expose.Param(types.WORDS), "detail": expose.Param(types.FLAG)})
def page(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the firmware components of a node; there are no pages."""
    shown = lists.view(call, Component)
    found = find.one(call, name, "id")
    with call.house.database.read() as connection:
        rows = firmware.of_node(connection, shown.columns, found.id)
    around = Around(call.base, call.version)
    return {"firmware": [shown.build(around, row) for row in rows]}
