"""Health of servers: what a controller tells with the power is taken as it comes; its sensors are asked more seldom.

Where sensors are asked, they have the last word: what comes with the power then only makes a health worse.
"""

import concurrent.futures
import contextlib
import logging

from baremetal import errors
from baremetal.conductor import draft, task
from baremetal.conductor.sweeps import polling, sweep
from baremetal.db import polls
from baremetal.drivers import management

LOG = logging.getLogger(__name__)

#: the questions are spread over this share of the interval
SHARE = 0.5


class Health(sweep.Sweep):
    """Asks each controller for its sensors."""

    name = "health"

    @property
    def interval(self) -> float:
        """As configured; 0 is never."""
        section = self.means.conf.conductor
        return float(section.health_sensors_interval if section.enable_health_monitoring else 0)

    def run(self) -> None:
        """Ask all controllers once."""
        with self.means.database.read() as connection:
            rows = polls.due(connection, sweep.UNSETTLED)
        asking = polling.Round(self.means, self.name, self.over, _question)
        asking.ask(rows, self._answered, self.interval * SHARE)

    def _answered(self, found: task.Task, health: str | None, fault: Exception | None) -> None:
        if fault is not None:
            if not isinstance(fault, errors.Unsupported):
                LOG.info("Node %s: its sensors could not be read: %s", found.node.uuid, fault)
            return
        found.health = health
        with contextlib.suppress(draft.Changed):
            try:
                note(found)
            except draft.Unsaved as error:
                LOG.warning("Node %s: its health was not written (%s)", found.node.uuid, error)


def told(found: task.Task) -> None:
    """Take what a controller told with the power, unless its sensors know better. Raises as ``save`` does."""
    section = found.means.conf.conductor
    if section.enable_health_monitoring and not (section.health_sensors_interval and _rank(found.health) <= _rank(
            found.node.health)):
        note(found)


def note(found: task.Task) -> None:
    """Take the health that was told as the node's, where it is another one. Raises as ``save`` does."""
    node = found.node
    if found.health in (None, node.health):
        return
    found.take("health")
    ailments = f" (something is wrong with: {', '.join(found.ailments)})" if found.ailments else ""
    found.note("monitoring", f"The health became '{found.health}', after '{node.health or 'unknown'}'{ailments}.",
               bad=found.health == management.HEALTHS[-1])
    node.health = found.health
    found.draft.freeing = True
    found.save()
    LOG.info("Node %s: its health is %r%s", node.uuid, node.health, ailments)


def _question(found: task.Task, pool: concurrent.futures.Executor) -> "concurrent.futures.Future[str | None]":
    found.management.validate(found)
    return pool.submit(found.management.health, found)


def _rank(health: str | None) -> int:
    return management.HEALTHS.index(health) if health in management.HEALTHS else -1
