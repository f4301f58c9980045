"""Housekeeping: what is kept for looking at and has become old or too much."""

import datetime
import logging

from baremetal.conductor.sweeps import sweep
from baremetal.db import events, flows, history, milestones

LOG = logging.getLogger(__name__)

#: seconds between two runs
INTERVAL = 3600
#: for how long flows that have ended, and loose milestones, are kept
KEPT = datetime.timedelta(days=30)


class Housekeeping(sweep.Sweep):
    """Trims histories, forgets old flows and milestones. Every conductor may do it; once is enough."""

    name = "housekeeping"

    @property
    def interval(self) -> float:
        """Once an hour."""
        return INTERVAL

    def run(self) -> None:
        """Do all of it in short transactions."""
        most, before = self.means.conf.conductor.node_history_max_entries, self.means.clock.now() - KEPT
        with self.means.database.read() as connection:
            crowded = history.crowded(connection, most)
        for node_id in crowded:
            if self.over.is_set():
                return
            with self.means.database.write() as connection:
                history.trim(connection, node_id, most)
        with self.means.database.write() as connection:
            gone = flows.purge(connection, before)
        with self.means.database.write() as connection:
            gone += milestones.purge(connection, before)
        kept = datetime.timedelta(seconds=self.means.conf.api.events_kept_seconds)
        with self.means.database.write() as connection:
            gone += events.purge(connection, self.means.clock.now() - kept)
        if crowded or gone:
            LOG.info("Housekeeping trimmed %s histories and forgot %s old flows, milestones and events", len(crowded),
                     gone)
