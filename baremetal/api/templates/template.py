"""The deploy template: every field, who may write it, how it is shown."""

import typing

import orjson

from baremetal.api import resource, shapes, types
from baremetal.api.nodes import traits
from baremetal.api.resource import Field
from baremetal.db import models


def _links(page: typing.Any, uuid: str) -> orjson.Fragment:
    return resource.link(page, f"deploy_templates/{uuid}")


class DeployTemplate(resource.Resource):
    """Steps for deploys of instances that ask for the trait after which it is named."""

    _about = resource.About("deploy_templates", "deploy template", models.DEPLOY_TEMPLATES)

    # fmt: off
    uuid       = Field(types.UUID, "Identity, for ever; generated when not given.", write="create", brief=True)
    created_at = Field(types.TIME, "When it was made.")
    updated_at = Field(types.TIME, "When it was last changed.")
    name       = Field(traits.TRAIT, "The trait that it is for, unique.", write="both", required=True, brief=True)
    steps      = Field(shapes.Each(shapes.DEPLOY_STEP, 1), "Steps to add to the driver's, or to put in their place; priority 0 leaves one out.", write="both", required=True, empty=[])
    extra      = Field(types.JSON, "Anything the operator wants to note.", write="both")
    links      = Field(types.ANYTHING, "Links to it.", show=_links, needs=("uuid",), brief=True)
    # fmt: on
