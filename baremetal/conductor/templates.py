"""Which deploy templates are for a node: those named like the traits that its instance asks for. Only reads."""

import typing

from baremetal import errors
from baremetal.conductor import task
from baremetal.db import models, stepped, traits

#: key of a step: the template that it comes from
FROM = "template"


def require_traits(found: task.Task) -> list[str]:
    """Return the traits of the node's instance; raises ``Invalid`` where the node does not have them."""
    wanted = found.node.instance_info.get("traits") or []
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise errors.Invalid(text=f"Field 'instance_info/traits' of node {found.node.uuid} must be a list of traits.")
    if wanted:
        with found.means.database.read() as connection:
            known = traits.names(connection, found.node.id)
        missing = [name for name in wanted if name not in known]
        if missing:
            raise errors.Invalid(text=f"Field 'instance_info/traits' of node {found.node.uuid} has traits that the "
                                      f"node does not have: {', '.join(missing)[:500]}.")
    return wanted


def steps(found: task.Task) -> list[dict[str, typing.Any]]:
    """Return the steps of the templates for the node's instance; raises ``Invalid`` where two have the same step."""
    names = require_traits(found)
    if not names:
        return []
    with found.means.database.read() as connection:
        rows = stepped.named(connection, models.DEPLOY_TEMPLATES, names)
    whose: dict[tuple[str, str], str] = {}
    planned = []
    for row in rows:
        for step in stepped.join(row.steps, row.steps_secrets):
            key = step["interface"], step["step"]
            if key in whose:
                raise errors.Invalid(text=f"Deploy templates {whose[key]} and {row.name} both have the step "
                                          f"{'.'.join(key)}; node {found.node.uuid} cannot be deployed with both.")
            whose[key] = row.name
            planned.append({**step, FROM: row.name})
    return planned
