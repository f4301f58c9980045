"""Takeover: flows whose conductor is gone go on here, waits whose deadline passed fail, dead leases end."""

import collections.abc
import logging
import typing

from baremetal import context, errors, states
from baremetal.conductor import draft, flow, heartbeat, hold, lines, power
from baremetal.conductor.sweeps import sweep
from baremetal.db import flows, locks

LOG = logging.getLogger(__name__)


class Takeover(sweep.Sweep):
    """Reads leases and journals; there is no protocol between conductors."""

    name = "takeover"

    @property
    def interval(self) -> float:
        """As configured."""
        return float(self.means.conf.conductor.takeover_interval)

    def first(self, chance: float) -> float:
        """At once: what this host held when it died waits for it."""
        return 0

    def run(self) -> None:
        """Look once for each kind of loss."""
        now, tick, seat = self.means.clock.now(), self.means.clock.tick(), self.means.seat
        with self.means.database.read() as connection:
            lost = flows.interrupted(connection, now, seat.host, seat.epoch)
            late = flows.overdue(connection, now)
            stale = locks.stale(connection, now, seat)
        if (lost or late or stale) and not self.means.leases.tell(tick, heartbeat.interval(self.means.conf)):
            LOG.warning("Nothing is taken over yet: heartbeats could not be written, so leases of the living have run "
                        "out as well")
            return
        busy = {row.uuid for row in lost}
        self._each(lost, lambda row: flow.take_over(self.means, row.uuid))
        self._each(late, lambda row: self._late(row.uuid))
        self._each([row for row in stale if row.uuid not in busy], self._stale)

    def _each(self, rows: list[typing.Any], work: collections.abc.Callable[[typing.Any], None]) -> None:
        """Do ``work`` for the rows that are ours; what cannot be done now is found again at the next look."""
        for row in rows:
            if self.over.is_set() or not self.means.ring.ours(row.uuid, row.driver, row.conductor_group,
                                                              without=row.reservation):
                continue
            try:
                work(row)
            except errors.NodeLocked:
                LOG.debug("Somebody works on node %s after all", row.uuid)
            except errors.NoFreeWorker as fault:
                # nor for the thousand that may follow
                LOG.warning("Taking over is put off: %s", fault.text)
                return
            except errors.Fault as fault:
                LOG.warning("Taking over is put off: %s", fault.text)
            except draft.Unsaved as error:
                LOG.warning("Taking over is put off: the database did not take it (%s)", error)
            except Exception:
                # one node must not keep the others waiting
                LOG.exception("Taking over node %s broke", row.uuid)

    def _late(self, uuid: str) -> None:
        """A waiting's deadline has passed: time was all it wanted, or it fails."""
        ctx = context.internal("deadline")
        with self.means.pool.slot(reserved=True) as slot:
            for found in hold.attempts(self.means, uuid, ctx, hold.read_any):
                line = flow.load(found)
                waiting = found.flow
                if waiting is None or line is None or waiting.deadline is None \
                        or waiting.deadline >= self.means.clock.now():
                    return
                try:
                    if waiting.awaits == lines.TIMER:
                        flow.go_on(found, "resume")
                    else:
                        flow.stop(found, _too_late(found.node, waiting))
                except draft.Changed:
                    continue
                return slot.give(flow.run, found)

    def _stale(self, row: typing.Any) -> None:
        """A lease whose holder is gone and that no flow explains: its work is done again, or it just ends."""
        values: dict[str, typing.Any] = {}
        if self.means.leases.has(row.lease_token):
            return
        if row.lease_why in states.POWER_TARGETS and row.target_power_state:
            LOG.warning("Node %s: doing %r again, its conductor %s was lost", row.uuid, row.lease_why, row.reservation)
            try:
                return power.begin(self.means, row.uuid, context.internal("takeover"), row.lease_why, None)
            except errors.Fault as fault:
                if fault.transient:
                    raise
                values = {"target_power_state": None, "last_error": (
                    f"Conductor {row.reservation} was lost while it did {row.lease_why!r}, which cannot be done again: "
                    f"{fault.text}")}
        with self.means.database.write() as connection:
            if locks.evict(connection, row.id, row.lease_token, values):
                LOG.warning("Node %s: the lease of %s for %r has ended without its holder", row.uuid, row.reservation,
                            row.lease_why)


def _too_late(node: typing.Any, waiting: lines.Flow) -> str:
    """Return the sentence for a deadline that has passed."""
    since = node.provision_updated_at
    assert waiting.deadline is not None
    seconds = round((waiting.deadline - since).total_seconds()) if since else "?"
    return errors.DeadlinePassed(
        what=waiting.awaits or "the agent's call-back", seconds=seconds,
        hint=f"The node was in '{node.provision_state}'. Look at its console for what it did instead.").text
