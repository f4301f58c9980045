"""Settings of a node's firmware, as its BIOS interface read them last. Never asks the node."""

import dataclasses
import typing

import orjson

from baremetal import errors
from baremetal.api import expose, lists, resource, types
from baremetal.api.nodes import find
from baremetal.api.resource import Field
from baremetal.db import bios, models

#: microversion that shows what the firmware says about a setting, and lets clients choose fields
REGISTRY = 74


@dataclasses.dataclass
class Around:
    """What the computed fields look at."""

    base: str
    version: int
    node: str


def _values(_page: typing.Any, text: str | None) -> orjson.Fragment:
    return orjson.Fragment(text or "[]")


def _links(page: typing.Any, name: str) -> orjson.Fragment:
    # a setting's name is its firmware's word: anything may stand in it
    return resource.link(page, f"nodes/{page.node}/bios/{orjson.dumps(name).decode()[1:-1]}")


class Setting(resource.Resource):
    """One setting of a node's firmware."""

    _about = resource.About("bios", "BIOS setting", models.BIOS_SETTINGS)

    # fmt: off
    name             = Field(types.TEXT, "Its name, as the firmware has it.", brief=True)
    value            = Field(types.TEXT, "Its value as last read.", brief=True)
    created_at       = Field(types.TIME, "When it was read first.", brief=True)
    updated_at       = Field(types.TIME, "When it was read to have changed.", brief=True)
    attribute_type   = Field(types.TEXT, "Kind of value: Enumeration, Integer, String, Boolean …", since=REGISTRY)
    allowable_values = Field(types.List(types.TEXT), "The values it may have.", since=REGISTRY, show=_values,
                             needs=("allowable_values",))
    lower_bound      = Field(types.Number(), "Least value.", since=REGISTRY)
    upper_bound      = Field(types.Number(), "Greatest value.", since=REGISTRY)
    min_length       = Field(types.Number(), "Least length of its text.", since=REGISTRY)
    max_length       = Field(types.Number(), "Greatest length of its text.", since=REGISTRY)
    read_only        = Field(types.FLAG, "Whether nobody can change it.", since=REGISTRY)
    reset_required   = Field(types.FLAG, "Whether a change needs a restart.", since=REGISTRY)
    unique           = Field(types.FLAG, "Whether it is each machine's own and should not be copied.", since=REGISTRY)
    links            = Field(types.ANYTHING, "Links to it.", show=_links, needs=("name",), brief=True)
    # fmt: on


PARAMS = {"fields": expose.Param(types.WORDS, since=REGISTRY),
          "detail": expose.Param(types.FLAG, since=REGISTRY, late="invalid")}


def _read(call: expose.Call, name: str, shown: resource.View, setting: str | None = None
          ) -> list[dict[str, typing.Any]]:
    """Return the settings of a node, or the one that is called so, as ``shown``."""
    found = find.one(call, name, "id", "uuid")
    with call.house.database.read() as connection:
        rows = bios.of_node(connection, shown.columns, found.id, setting)
    around = Around(call.base, call.version, found.uuid)
    return [shown.build(around, row) for row in rows]


@expose.handler("node:bios:get", params=PARAMS)
def page(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the settings of a node's firmware; there are no pages."""
    return {"bios": _read(call, name, lists.view(call, Setting))}


@expose.handler("node:bios:get")
def one(call: expose.Call, name: str, setting: str) -> dict[str, typing.Any]:
    """Show one setting."""
    found = _read(call, name, resource.full(Setting, call.version), setting)
    if not found:
        raise errors.NotFound(what=f"BIOS setting of node {name}", ident=setting[:255])
    return {setting: found[0]}
