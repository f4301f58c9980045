"""The inspection rule: every field, who may write it, how it is shown."""

import typing

import orjson

from baremetal.api import resource, shapes, types
from baremetal.api.resource import Field
from baremetal.db import models
from baremetal.inspection.rules import form


class Operations(types.Kind):
    """Conditions or actions, each with an ``op`` of a table and the arguments that this one takes."""

    basetype = list
    stored = "json"

    def __init__(self, read: typing.Callable[[typing.Any], list[dict[str, typing.Any]]], ops: typing.Iterable[str],
                 least: int) -> None:
        self.read = read
        self.wanted = f"It must be a list of objects with 'op' and 'args'. An op is one of: {', '.join(ops)}."
        self.schema = {"type": "array", "minItems": least, "items": {
            "type": "object", "required": ["op", "args"], "properties": {
                "op": {"type": "string"}, "args": {"type": ["array", "object"]}, "loop": {"type": ["array", "object"]}}}}

    def validate(self, value: typing.Any) -> list[dict[str, typing.Any]]:
        """Return the list, each item checked."""
        return self.read(value)


def _links(page: typing.Any, uuid: str) -> orjson.Fragment:
    # not its path, but what clients of this API have always been told
    return resource.link(page, f"inspection/{uuid}")


def _hidden(_page: typing.Any, text: str | None, sensitive: bool) -> orjson.Fragment | None:  # noqa: FBT001  a column
    """Show a list, but of a sensitive rule nothing."""
    return None if sensitive else orjson.Fragment(text or "[]")


class InspectionRule(resource.Resource):
    """Actions that are done with an agent's report where conditions hold."""

    _about = resource.About("inspection_rules", "inspection rule", models.INSPECTION_RULES)

    # fmt: off
    uuid        = Field(types.UUID, "Identity, for ever; generated when not given.", write="create", brief=True)
    created_at  = Field(types.TIME, "When it was made.")
    updated_at  = Field(types.TIME, "When it was last changed.")
    description = Field(types.String(255), "Free text.", write="both", brief=True)
    priority    = Field(types.Whole(0, form.MOST_PRIORITY), "Rules of higher priority run first.", write="both", brief=True)
    phase       = Field(types.Choice(*form.PHASES), "When it runs.", write="both", brief=True)
    sensitive   = Field(shapes.YES_OR_NO, "Whether its conditions and actions are hidden; once true for ever.", write="both")
    conditions  = Field(Operations(form.read_conditions, form.CONDITION_OPS, 0), "What must hold, all of it.", write="both", sort=False, show=_hidden, needs=("conditions", "sensitive"))
    actions     = Field(Operations(form.read_actions, form.ACTION_OPS, 1), "What is done, in this order.", write="both", required=True, sort=False, show=_hidden, needs=("actions", "sensitive"))
    links       = Field(types.ANYTHING, "Links to it.", show=_links, needs=("uuid",), brief=True)
    # fmt: on


#: what a field is when nobody has said anything, or its value was taken away
DEFAULTS: dict[str, typing.Any] = {"priority": 0, "phase": "main", "sensitive": False, "conditions": "[]"}
