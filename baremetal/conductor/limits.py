"""How many nodes may be in the same trouble at once: max_concurrent_deploy, max_concurrent_clean."""

import sqlalchemy as sa

from baremetal import errors, states
from baremetal.conductor import task
from baremetal.db import models

#: what is limited: (option of [conductor], states that count)
LIMITS = {
    "deploy": ("max_concurrent_deploy", (states.DEPLOYING, states.DEPLOYWAIT)),
    "clean": ("max_concurrent_clean", (states.DELETING, states.CLEANING, states.CLEANWAIT)),
}
_COUNTING = sa.select(sa.func.count()).select_from(models.NODES).where(
    models.NODES.c.provision_state.in_(sa.bindparam("w_states", expanding=True)))


def check(found: task.Task, what: str) -> None:
    """Raise ``LimitReached`` when as many nodes as allowed are at it already."""
    option, counted = LIMITS[what]
    most = found.conf.conductor[option]
    with found.means.database.read() as connection:
        there = connection.scalar(_COUNTING, {"w_states": list(counted)}) or 0
    if there >= most:
        raise errors.LimitReached(what=what, there=there, most=most, option=option)
