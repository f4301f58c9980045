"""Allocations that nobody looks for a node for any more: their conductor died, was never reached, or met trouble."""

import datetime
import logging

from baremetal.conductor import desks
from baremetal.conductor.sweeps import sweep
from baremetal.db import allocations, conductors

LOG = logging.getLogger(__name__)

#: seconds after which one that no conductor has taken is taken by any
ALONE = 10


class Allocations(sweep.Sweep):
    """Goes on with what a dead conductor has left, and with what the database did not let this one do."""

    name = "allocations"

    @property
    def interval(self) -> float:
        """As configured; 0 is never."""
        return float(self.means.conf.conductor.check_allocations_interval)

    def run(self) -> None:
        """Take over what nobody works on."""
        now, seat = self.means.clock.now(), self.means.seat
        with self.means.database.read() as connection:
            rows = allocations.waiting(connection)
            alive = conductors.alive(connection, now, self.means.conf.conductor.heartbeat_timeout) if rows else set()
        for row in rows:
            young = row.created_at is not None and row.created_at > now - datetime.timedelta(seconds=ALONE)
            if self.over.is_set() or row.uuid in self.means.looking:
                continue
            # one of our own that no thread has is what trouble with the database has left
            own = (row.conductor, row.epoch) == (seat.host, seat.epoch)
            if (row.conductor is None and young) or (not own and (row.conductor, row.epoch) in alive):
                continue
            mine = desks.allocations.claim(self.means, row.uuid, row)
            if mine is not None:
                LOG.info("Allocation %s is taken over from %s", row.uuid, row.conductor or "nobody")
                desks.allocations.look(self.means, mine)
