"""The chassis: every field, who may write it, how it is shown."""

import typing

import orjson

from baremetal.api import resource, types
from baremetal.api.resource import Field
from baremetal.db import models


def _nodes(page: typing.Any, uuid: str) -> list[orjson.Fragment]:
    """Show the links to its nodes; as a list in a list, which is how this API has always shown them."""
    return [resource.link(page, f"chassis/{uuid}/nodes")]


def _links(page: typing.Any, uuid: str) -> orjson.Fragment:
    return resource.link(page, f"chassis/{uuid}")


class Chassis(resource.Resource):
    """Something that several nodes sit in."""

    _about = resource.About("chassis", "chassis", models.CHASSIS)

    # fmt: off
    uuid        = Field(types.UUID, "Identity, for ever; generated when not given.", write="create", brief=True)
    created_at  = Field(types.TIME, "When it was made.")
    updated_at  = Field(types.TIME, "When it was last changed.")
    description = Field(types.String(255), "Free text.", write="both", brief=True)
    extra       = Field(types.JSON, "Anything the operator wants to note.", write="both")
    nodes       = Field(types.ANYTHING, "Links to its nodes.", show=_nodes, needs=("uuid",))
    links       = Field(types.ANYTHING, "Links to it.", show=_links, needs=("uuid",), brief=True)
    # fmt: on
