"""A runbook as part of a request: whether this node may have it, and which steps that makes.

The steps go to the conductor as they are now, so that who changes the runbook afterwards changes nothing that runs.
"""

import typing

from baremetal import errors
from baremetal.api import expose
from baremetal.api.runbooks import lists, runbook
from baremetal.db import nodes, stepped, traits

#: target: the field of the request that the steps take the place of
STEPS = {"clean": "clean_steps", "service": "service_steps"}


def resolve(call: expose.Call, found: nodes.Row, target: str, given: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """Return what goes with the verb, the runbook it names replaced by what it says; raises where it is not allowed."""
    name = given["runbook"]
    with call.house.database.read() as connection:
        row = lists.find(call, connection, name, "runbook:use")
        on_node = set(traits.names(connection, found.id))
        its_own = stepped.traits(connection, [row.id])[row.id]
    _require_approved(call, found, row.name, on_node, its_own)
    if target not in STEPS:
        raise errors.Invalid(text=f"Field 'runbook' goes only with the target {' or '.join(map(repr, STEPS))}, not "
                                  f"with {target!r}; leave it out.")
    field = STEPS[target]
    if given.get(field):
        raise errors.Invalid(text=f"Give either {field!r} or 'runbook', not both.")
    steps = sorted(stepped.join(row.steps, row.steps_secrets), key=lambda step: int(step["order"]))
    kept = {key: value for key, value in given.items() if key not in ("runbook", "disable_ramdisk")}
    return {**kept, field: steps, "disable_ramdisk": bool(row.disable_ramdisk),
            "runbook": {"uuid": row.uuid, "name": row.name}}


def _require_approved(call: expose.Call, found: nodes.Row, name: str, on_node: set[str], its_own: list[str]) -> None:
    """Raise unless the runbook is approved for the node by a trait."""
    if call.version < runbook.TRAITS_SINCE:
        if name not in on_node:
            raise errors.Invalid(text=f"Runbook {name} has not been approved for use on node {found.uuid}: before API "
                                      f"version 1.{runbook.TRAITS_SINCE} its name must be one of the node's traits.")
    elif not its_own:
        raise errors.Invalid(text=f"Runbook {name} has no traits, so it is approved for no node. Give it a trait that "
                                  f"node {found.uuid} has.")
    elif not on_node & set(its_own):
        raise errors.Invalid(text=f"Runbook {name} has not been approved for use on node {found.uuid}, which has none "
                                  f"of its traits: {', '.join(its_own)}.")
