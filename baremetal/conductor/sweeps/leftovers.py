"""Leftovers: what lies ready on this conductor for a server that nothing here works on any more is taken away.

Who was killed cleans up nothing, and who goes on with its flows cannot reach its folders: files that a server could
still boot, images that are held for it, DHCP that sends it there.
"""

import contextlib
import logging

from baremetal import context, errors
from baremetal.boot import shelf, tftp
from baremetal.conductor import draft, hold, task
from baremetal.conductor.sweeps import sweep
from baremetal.db import engine, flows, record

LOG = logging.getLogger(__name__)

#: seconds between two runs
INTERVAL = 600
#: what lies there for a deployed ramdisk stays for as long as that is deployed
STAYS = "instance"


class Leftovers(sweep.Sweep):
    """Compares what lies here with the flows that are this conductor's."""

    name = "leftovers"

    @property
    def interval(self) -> float:
        """Every ten minutes."""
        return INTERVAL

    def first(self, chance: float) -> float:
        """Soon: what an earlier process of this host left is the usual case."""
        return 2 * float(self.means.conf.conductor.takeover_interval)

    def run(self) -> None:
        """Look at each node for which something lies here."""
        for uuid in sorted(self._nodes()):
            if self.over.is_set():
                return
            try:
                self._look(uuid)
            except (errors.Fault, draft.Changed, *engine.TROUBLE) as trouble:
                LOG.info("Node %s: what is left of it here is looked at later: %s", uuid, trouble)

    def _nodes(self) -> set[str]:
        lent = self.means.lent
        found = {place.node for place in lent.shelf.every() if place.mode != STAYS} if lent.shelf else set()
        if lent.images:
            found |= {holder.partition(".")[0] for holder in lent.images.store.holders()}
        if lent.dhcp:
            found |= {uuid for uuid in lent.dhcp.every() if lent.dhcp.booting(uuid)}
        place = lent.shelf.of if lent.shelf else (lambda _uuid: None)
        return {uuid for uuid in found if (there := place(uuid)) is None or there.mode != STAYS}

    def _look(self, uuid: str) -> None:
        """Take away what nobody needs; the node is held meanwhile, so that nobody begins to need it."""
        if self._needed(uuid):
            return
        try:
            found = self._held(uuid)
        except errors.NotFound:
            return self._take_away(uuid)    # the node is gone; nobody can begin anything with it
        try:
            if not self._needed(uuid):
                self._take_away(uuid)
        finally:
            hold.give_back(found)

    def _held(self, uuid: str) -> task.Task:
        for found in hold.attempts(self.means, uuid, context.internal("leftovers"), hold.read_any):
            found.take("taking away what was left")
            with contextlib.suppress(draft.Changed):
                found.save()
                return found
        raise AssertionError("attempts() raises at its end")

    def _needed(self, uuid: str) -> bool:
        """Return whether a flow of this conductor is open that may need it."""
        with self.means.database.read() as connection:
            node = record.fetch(connection, uuid)
            flow = flows.open_of(connection, node.id) if node else None
        return flow is not None and flow.conductor == self.means.seat.host

    def _take_away(self, uuid: str) -> None:
        lent = self.means.lent
        place: shelf.Place | None = lent.shelf.of(uuid) if lent.shelf else None
        if lent.shelf and place:
            tftp.clear(self.means.conf, place)
            lent.shelf.close(uuid)
        if lent.dhcp and lent.dhcp.booting(uuid):
            lent.dhcp.put(uuid, place.macs if place else (), boots=False)
        if lent.images:
            for holder in [name for name in lent.images.store.holders() if name.partition(".")[0] == uuid]:
                lent.images.release(holder)
        LOG.info("Node %s: what an interrupted action had left here was taken away", uuid)
