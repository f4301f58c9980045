"""Recovery: a node that is in maintenance because its controller was gone comes back when it answers again."""

import contextlib
import logging

from baremetal import states
from baremetal.conductor import draft, task
from baremetal.conductor.sweeps import polling, sweep
from baremetal.db import polls

LOG = logging.getLogger(__name__)


class Recovery(sweep.Sweep):
    """Only what fault 'power failure' put into maintenance; what a person did stays."""

    name = "power failure recovery"

    @property
    def interval(self) -> float:
        """As configured; 0 is never."""
        return float(self.means.conf.conductor.power_failure_recovery_interval)

    def run(self) -> None:
        """Ask the controllers of all such nodes once."""
        with self.means.database.read() as connection:
            rows = polls.failed(connection, states.FAULT_POWER)
        polling.Round(self.means, self.name, self.over).ask(rows, self._answered, 0)

    def _answered(self, found: task.Task, actual: str | None, fault: Exception | None) -> None:
        node = found.node
        if fault is not None:
            LOG.debug("Node %s still does not answer: %s", node.uuid, fault)
            return
        text = f"The controller answers again, the power is '{actual or 'unknown'}'; the maintenance has ended."
        found.take("recovery", fault=states.FAULT_POWER)
        if node.last_error == node.maintenance_reason:
            node.last_error = None
        node.power_state, node.maintenance, node.maintenance_reason, node.fault = actual, False, None, None
        found.note("monitoring", text)
        found.draft.freeing = True
        try:
            with contextlib.suppress(draft.Changed):
                found.save()
                LOG.info("Node %s: %s", node.uuid, text)
        except draft.Unsaved as error:
            LOG.warning("Node %s answers again, but that was not written (%s)", node.uuid, error)
