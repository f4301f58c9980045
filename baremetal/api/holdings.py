"""How much a project has: a few nodes or many. What its lists show does not hang on it, only how the database is asked:
by the project's nodes, or by walking through all in the order of the list. Databases guess that badly or not at all.
"""

import threading

import sqlalchemy as sa

from baremetal import clock
from baremetal.db import engine, models

NODES = models.NODES

#: nodes up to which they are few
FEW = 100
#: seconds for which a count is believed
REMEMBERED = 60.0
#: most projects that are remembered
MOST = 1000

#: the project that is asked for
TENANT = sa.bindparam("tenant", type_=NODES.c.owner.type)
#: its nodes. Made once: composing it anew costs a short list a tenth of its time
MINE = sa.or_(NODES.c.owner == TENANT, NODES.c.lessee == TENANT)
_COUNT = sa.select(sa.func.count()).select_from(
    sa.select(NODES.c.id).where(MINE).limit(FEW + 1).subquery())


class Holdings:
    """Counts the nodes of projects, no further than it must, and remembers."""

    def __init__(self, database: engine.Database, time: clock.Clock) -> None:
        self._database, self._time = database, time
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, bool]] = {}

    def many(self, project: str) -> bool:
        """Return whether a project owned or leased more than a few nodes, a minute ago or later."""
        until, many = self._known.get(project, (float("-inf"), False))
        if self._time.tick() < until:
            return many
        with self._database.read() as connection:
            many = connection.execute(_COUNT, {TENANT.key: project}).scalar_one() > FEW
        with self._lock:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[project] = self._time.tick() + REMEMBERED, many
        return many
