"""Power sync: compares the power that is recorded with what the controllers say, and finds those that are gone."""

import contextlib
import logging
import typing

from baremetal import errors, states
from baremetal.conductor import draft, hold, power, task, telling
from baremetal.conductor.sweeps import health, polling, sweep
from baremetal.db import polls
from baremetal.notify import bus

LOG = logging.getLogger(__name__)

#: the questions are spread over this share of the interval, at most so many seconds
SHARE, MOST_SPREAD = 0.25, 30.0


class PowerSync(sweep.Sweep):
    """Counts failures in memory only: a conductor that begins anew is patient anew."""

    name = "power sync"

    def __init__(self, shared: typing.Any) -> None:
        super().__init__(shared)
        self._failures: dict[str, int] = {}
        #: those of them that were not there in the last round
        self._absent: set[str] = set()

    @property
    def interval(self) -> float:
        """As configured; 0 is never."""
        return float(self.means.conf.conductor.sync_power_state_interval)

    def run(self) -> None:
        """Ask all controllers once."""
        with self.means.database.read() as connection:
            rows = polls.due(connection, sweep.UNSETTLED)
        self._forget({row.uuid for row in rows})
        spread = min(self.interval * SHARE, MOST_SPREAD)
        polling.Round(self.means, self.name, self.over).ask(rows, self._answered, spread)

    def _forget(self, here: set[str]) -> None:
        """Drop the counts of nodes that have gone. One round's absence is none: somebody may just hold the node."""
        absent = self._failures.keys() - here
        for uuid in absent & self._absent:
            del self._failures[uuid]
        self._absent = absent

    def _answered(self, found: task.Task, actual: str | None, fault: Exception | None) -> None:
        """Compare one answer; most need nothing."""
        node, same = found.node, fault is None and (actual is None or actual == found.node.power_state)
        if same:
            self._failures.pop(node.uuid, None)
        with contextlib.suppress(draft.Changed, errors.NoFreeWorker, errors.NotFound):
            try:
                if fault is None:
                    health.told(found)
                if not same:
                    self._differs(found, actual, fault)
            except draft.Unsaved as error:
                LOG.warning("Node %s: its power was not written (%s); it is asked again in %s s", node.uuid, error,
                            self.interval)

    def _differs(self, found: task.Task, actual: str | None, fault: Exception | None) -> None:
        """Decide what to do about an answer that is not as recorded."""
        node, section = found.node, self.means.conf.conductor
        if fault is None and node.power_state is None:
            return self._record(found, actual, None)
        if fault is None and (not section.force_power_state_during_sync or not _may_force(node)):
            return self._record(found, actual, f"The power became '{actual}' by itself; '{node.power_state}' was "
                                               "recorded.")
        count = self._failures[node.uuid] = self._failures.get(node.uuid, 0) + 1
        if count > section.power_state_sync_max_retries:
            return self._give_up(found, actual, fault, count)
        if fault is not None:
            LOG.warning("Node %s: its power could not be read, %s of %s times: %s", node.uuid, count,
                        section.power_state_sync_max_retries + 1, fault)
            return
        self._force(found, actual)

    def _record(self, found: task.Task, actual: str | None, text: str | None) -> None:
        """Take the power that the controller reports as the node's."""
        found.take("power sync")
        if text is not None:
            found.note("monitoring", text)
            found.draft.notices.append(_corrected(found.node))
            LOG.warning("Node %s: %s", found.node.uuid, text)
        found.node.power_state = actual
        found.draft.freeing = True
        found.save()
        self._failures.pop(found.node.uuid, None)

    def _force(self, found: task.Task, actual: str | None) -> None:
        """Bring the server back to the power that is recorded."""
        wanted, polled = found.node.power_state, found.node.generation
        with self.means.pool.slot(reserved=True) as slot:
            # whoever switches may look at what polling leaves out
            found = hold.read(self.means, found.node.uuid, found.ctx)
            if found.node.generation != polled:
                raise draft.Changed
            found.take(wanted)
            found.node.target_power_state = wanted
            found.note("monitoring", f"The power became '{actual}' by itself; it is set back to '{wanted}'.")
            found.save()
            LOG.warning("Node %s: the power became %r by itself; it is set back to %r", found.node.uuid, actual, wanted)
            slot.give(power.run, found, wanted, None)

    def _give_up(self, found: task.Task, actual: str | None, fault: Exception | None, count: int) -> None:
        """Take the node out of service: its controller is gone, or the server does not follow."""
        node = found.node
        if fault is not None:
            why = fault.text if isinstance(fault, errors.Fault) else type(fault).__name__
            text = (f"The power could not be read {count} times in a row, so the node is in maintenance until its "
                    f"controller answers. {why}")
        else:
            text = (f"The power is '{actual}' after it was set back to '{node.power_state}' {count - 1} times, so the "
                    "node is in maintenance.")
        found.take("power sync")
        if actual != node.power_state:
            found.draft.notices.append(_corrected(node))
        node.power_state, node.maintenance, node.fault = actual, True, states.FAULT_POWER
        found.fail_with(text)
        node.maintenance_reason = node.last_error
        found.note("monitoring", text, bad=True)
        found.draft.freeing = True
        found.save()
        self._failures.pop(node.uuid, None)
        LOG.error("Node %s: %s", node.uuid, text)


def _corrected(node: typing.Any) -> telling.Notice:
    """Return the notification of a power that is not as recorded, which is written now."""
    return telling.POWER_CORRECTED, bus.SUCCESS, {"from_power": node.power_state}


def _may_force(node: typing.Any) -> bool:
    """Return whether the server may be switched to what is recorded."""
    return node.power_state in (states.POWER_ON, states.POWER_OFF) and not (
        node.disable_power_off and node.power_state == states.POWER_OFF)
