"""Boots: a boot that shows no sign for too long is begun again, once; what a lost conductor kept ready comes here.

What that watched, or an earlier process of this one did, is watched here from then on.
"""

import datetime
import logging
import typing

from baremetal import context, errors
from baremetal.conductor import calls, draft, flow, heartbeat, hold, lines, task
from baremetal.conductor.sweeps import sweep
from baremetal.db import conductors, flows

LOG = logging.getLogger(__name__)

#: before anything that is stored
NEVER = datetime.datetime(2000, 1, 1)
#: key of a line's facts: the boot was begun again, so the next silence is left to the deadline
AGAIN = "again"


class Boots(sweep.Sweep):
    """Looks at flows that wait: for boots that have gone silent, and for those whose conductor process has gone."""

    name = "boots"

    @property
    def interval(self) -> float:
        """As often as flows are looked for whose conductor is gone."""
        return float(self.means.conf.conductor.takeover_interval)

    def run(self) -> None:
        """Look once."""
        conf, now = self.means.conf, self.means.clock.now()
        after = conf.conductor.boot_retry_after
        silent = now - datetime.timedelta(seconds=after) if after else NEVER
        # where heartbeats could not be written, the silent are not the dead
        if not self.means.leases.tell(self.means.clock.tick(), heartbeat.interval(conf)):
            return
        with self.means.database.read() as connection:
            alive = [host for host, _group, _drivers in conductors.members(
                connection, now, conf.conductor.heartbeat_timeout)]
            rows = flows.silent(connection, lines.WAITING, silent, alive, self.means.seat.host, self.means.seat.epoch)
        for row in rows:
            if self.over.is_set():
                return
            if self.means.ring.ours(row.uuid, row.driver, row.conductor_group):
                self._look(row)

    def _look(self, row: typing.Any) -> None:
        """Deal with one flow; what cannot be done now is found again at the next look."""
        line = lines.Line.from_row(row)
        if not row.lost and (not calls.boots(line) or AGAIN in line.facts):
            return
        try:
            self._act(row)
        except errors.Fault as fault:
            LOG.info("Node %s: its boot is looked at later: %s", row.uuid, fault.text)
        except draft.Unsaved as error:
            LOG.warning("Node %s: its boot is looked at later, the database did not take it (%s)", row.uuid, error)
        except Exception:
            # one node must not keep the others waiting
            LOG.exception("Looking at the boot of node %s broke", row.uuid)

    def _act(self, row: typing.Any) -> None:
        """Begin the boot again, or do for the flow what its conductor did while it waited."""
        with self.means.pool.slot(reserved=True) as slot:
            for found in hold.attempts(self.means, row.uuid, context.internal("boots")):
                line = flow.load(found)
                waiting = found.flow
                if found.node.generation != row.generation:
                    return      # an agent may have come up meanwhile; looked at again the next time
                if line is None or waiting is None or waiting.state != flows.WAITING or found.node.maintenance \
                        or (waiting.conductor, waiting.epoch) != (row.conductor, row.epoch):
                    return
                try:
                    if self._silent(found, line, row):
                        why = _why(found, line, lost=row.conductor if row.lost else None)
                        LOG.warning("Node %s: %s", row.uuid, why)
                        flow.again(found, line, why)
                        return slot.give(flow.run, found)
                    if row.lost and _watched(found, line):
                        flow.go_on(found, "resume")
                        return slot.give(flow.run, found, row.conductor)
                    if row.lost:
                        flow.adopt(found)
                        return slot.give(flow.bring, found, row.conductor)
                except draft.Changed:
                    continue
                return

    def _silent(self, found: task.Task, line: lines.Line, row: typing.Any) -> bool:
        """Return whether a boot is to be begun again; what this host kept ready outlives its process."""
        return calls.boots(line) and AGAIN not in line.facts and not _is_up(found, line) \
            and not (row.lost and row.conductor == self.means.seat.host)


def _watched(found: task.Task, line: lines.Line) -> bool:
    """Return whether somebody can say how far a line is, and goes on waiting where it has not ended."""
    return calls.asks(found, line) and calls.resumer(found, flow.work_of(found), line) is not None \
        and (not calls.boots(line) or _is_up(found, line))


def _is_up(found: task.Task, line: lines.Line) -> bool:
    """Return whether the boot that a line waits for has brought up an agent already."""
    called = found.node.driver_internal_info.get("agent_last_heartbeat")
    if not called or line.started_at is None:
        return False
    moment = datetime.datetime.fromisoformat(called)
    return moment.replace(tzinfo=None) > line.started_at


def _why(found: task.Task, line: lines.Line, *, lost: str | None) -> str:
    if lost is not None:
        return (f"Step {calls.name(line)} is begun again: conductor {lost}, which kept ready what the server boots "
                "from, was lost.")
    return (f"Step {calls.name(line)} is begun again: for {found.conf.conductor.boot_retry_after:g} s nothing was seen "
            "of the boot.")
