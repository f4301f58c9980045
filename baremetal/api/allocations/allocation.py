"""The allocation: every field, since when, who may write it, how it is shown."""

import typing

import orjson

from baremetal.api import resource, types
from baremetal.api.nodes import traits
from baremetal.api.resource import Field
from baremetal.db import models


def _node(page: typing.Any, number: int | None) -> str | None:
    return page.nodes.get(number)


def _list(_page: typing.Any, text: str | None) -> orjson.Fragment:
    return orjson.Fragment(text or "[]")


class Allocation(resource.Resource):
    """A wish for a node, and the node that it has got."""

    _about = resource.About("allocations", "allocation", models.ALLOCATIONS)

    # fmt: off
    uuid            = Field(types.UUID, "Identity, and the instance_uuid of its node; generated when not given.", write="create", brief=True)
    name            = Field(types.String(255), "Name, unique, usable wherever the UUID is.", write="both", brief=True)
    created_at      = Field(types.TIME, "When it was made.", brief=True)
    updated_at      = Field(types.TIME, "When it was last changed.", brief=True)
    node_uuid       = Field(types.UUID, "The node that it has got.", sort=False, show=_node, needs=("node_id",), brief=True)
    state           = Field(types.Choice("allocating", "active", "error"), "Whether a node is looked for, was got, or could not be got.", brief=True)
    last_error      = Field(types.TEXT, "Why no node could be got.", brief=True)
    resource_class  = Field(types.String(80, 1), "Class that the node must have.", write="create", brief=True)
    traits          = Field(types.List(traits.TRAIT), "Traits that the node must have, all of them.", write="create", sort=False, show=_list, needs=("traits",), brief=True)
    candidate_nodes = Field(types.List(types.TEXT), "The nodes that are considered; all when there are none.", write="create", sort=False, show=_list, needs=("candidate_nodes",), brief=True)
    extra           = Field(types.JSON, "Anything the client wants to note.", write="both", brief=True)
    owner           = Field(types.String(255), "Project that it belongs to.", since=60, write="create", brief=True)
    links           = Field(types.ANYTHING, "Links to it.", show=lambda page, uuid: resource.link(page, f"allocations/{uuid}"), needs=("uuid",), brief=True)
    # fmt: on
