"""Steps that a request names, beyond their form: which nobody may ask for, and which run on child nodes."""

import typing

import sqlalchemy as sa

from baremetal import errors
from baremetal.api import access, expose
from baremetal.api.nodes import find
from baremetal.db import models, nodes

NODES = models.NODES

Steps = list[dict[str, typing.Any]]


def require_allowed(call: expose.Call, kind: str, steps: Steps) -> None:
    """Raise for a step that the options deny to requests of this kind: clean, deploy, service."""
    denied = call.house.conf.api[f"disallow_{kind}_steps"]
    for step in steps:
        name = f"{step['interface']}.{step['step']}"
        if name in denied:
            raise errors.Invalid(text=f"Step {name} is not allowed in {kind} requests: "
                                      f"[api]disallow_{kind}_steps has it.")


def name_children(call: expose.Call, found: nodes.Row, steps: Steps) -> Steps:
    """Return the steps, those for child nodes with the UUIDs of all of them that are meant.

    What may be done to the node may not be done to its children by that: each is judged by itself.
    """
    if not any(step.get("execute_on_child_nodes") for step in steps):
        return steps
    with call.house.database.read() as connection:
        rows = connection.execute(sa.select(NODES.c.uuid, NODES.c.owner, NODES.c.lessee).where(
            NODES.c.parent_node == found.uuid).order_by(NODES.c.id)).all()
    children = {row.uuid: row for row in rows if access.permits(call, "node:get", find.owned(row.uuid, row))}
    named = [_named(found, step, children, len(rows)) if step.get("execute_on_child_nodes") else step
             for step in steps]
    for uuid in dict.fromkeys(uuid for step in named for uuid in step.get("limit_child_node_execution", ())):
        access.judge(call, call.rule, find.owned(uuid, children[uuid]))
    return named


def _named(found: nodes.Row, step: dict[str, typing.Any], children: dict[str, typing.Any],
           there: int) -> dict[str, typing.Any]:
    """Return a step for child nodes with their UUIDs; ``children`` are those that the caller sees of all ``there``."""
    name, wanted = f"{step['interface']}.{step['step']}", step.get("limit_child_node_execution") or list(children)
    if there > len(children) and not step.get("limit_child_node_execution"):
        raise errors.Forbidden(why=f"Step {name} is to run on all child nodes of node {found.uuid}, and not all of "
                                   "them are yours. Name those that are meant in 'limit_child_node_execution'.")
    strangers = [uuid for uuid in wanted if uuid not in children]
    if strangers:
        raise errors.Invalid(text=f"Step {name} names node {strangers[0]} in 'limit_child_node_execution', which is no "
                                  f"child of node {found.uuid}; its children are: {', '.join(children) or 'none'}.")
    if not wanted:
        raise errors.Invalid(text=f"Step {name} is to run on child nodes, and node {found.uuid} has none.")
    return {**step, "limit_child_node_execution": list(dict.fromkeys(wanted))}
