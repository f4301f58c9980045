"""The runbook: every field, who may write it, how it is shown."""

import typing

import orjson

from baremetal.api import resource, shapes, types
from baremetal.api.resource import Field
from baremetal.db import models

#: microversion from which names are free, and traits say for which nodes a runbook is
TRAITS_SINCE = 112


class Name(types.Pattern):
    """A logical name that no UUID is taken for."""

    def __init__(self) -> None:
        super().__init__(r"[A-Za-z0-9\-._~]{1,255}",
                         "It must be 1 to 255 characters of A-Z a-z 0-9 - . _ ~, and no UUID.")

    def validate(self, value: typing.Any) -> str:
        """Return the name."""
        text = super().validate(value)
        if types.is_uuid(text):
            raise ValueError(self.wanted)
        return text


def _links(page: typing.Any, uuid: str) -> orjson.Fragment:
    return resource.link(page, f"runbooks/{uuid}")


def _traits(page: typing.Any, ident: int) -> list[str]:
    found: list[str] = page.traits[ident]
    return found


class Runbook(resource.Resource):
    """Steps for cleaning and service, run by name on nodes that they are approved for."""

    _about = resource.About("runbooks", "runbook", models.RUNBOOKS)

    # fmt: off
    uuid            = Field(types.UUID, "Identity, for ever; generated when not given.", write="create", brief=True)
    created_at      = Field(types.TIME, "When it was made.")
    updated_at      = Field(types.TIME, "When it was last changed.")
    name            = Field(Name(), "Name, unique; before 1.112 also the trait of the nodes that it is for.", write="both", required=True, brief=True)
    description     = Field(types.String(255), "Free text.", since=TRAITS_SINCE, write="both")
    steps           = Field(shapes.Each(shapes.RUNBOOK_STEP, 1), "Steps, run in ascending 'order'.", write="both", required=True, empty=[])
    disable_ramdisk = Field(shapes.YES_OR_NO, "Whether it runs without booting a ramdisk.", write="both")
    public          = Field(shapes.YES_OR_NO, "Whether every project sees it; it has no owner then.", write="both")
    owner           = Field(types.String(255), "The project that it belongs to.", write="both")
    traits          = Field(types.ANYTHING, "Traits of the nodes that it is for; changed below /traits.", since=TRAITS_SINCE, sort=False, show=_traits, needs=("id",))
    extra           = Field(types.JSON, "Anything the operator wants to note.", write="both")
    links           = Field(types.ANYTHING, "Links to it.", show=_links, needs=("uuid",), brief=True)
    # fmt: on


#: what a field is when nobody has said anything, or its value was taken away
DEFAULTS = {"disable_ramdisk": False, "public": False}
