"""Leftovers: what lies ready on this conductor for a server that nothing here works on any more is taken away.

Who was killed cleans up nothing, and who goes on with its flows cannot reach its folders: files that a server could
still boot, images that are held for it, DHCP that sends it there. What is left of nodes that are gone or have another
conductor now, logs included, goes as well; images that are too old or too many do.
"""

import contextlib
import logging
import pathlib

from oslo_utils import uuidutils

from baremetal import context, errors, states
from baremetal.boot import shelf, tftp
from baremetal.conductor import draft, hold, task
from baremetal.conductor.sweeps import sweep
from baremetal.db import engine, flows, record

LOG = logging.getLogger(__name__)

#: seconds between two runs
INTERVAL = 600
#: what lies there for a deployed ramdisk stays for as long as that is deployed
STAYS = "instance"
#: states of a node that has no instance
EMPTY = (states.ENROLL, states.MANAGEABLE, states.AVAILABLE)
#: characters of a UUID, with which the names of agents' logs begin
UUID = 36


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
        """Look at each node for which something lies here, then at the images that nobody needs."""
        for find, look in ((self._nodes, self._look), (self._hosts, self._look_at_host),
                           (self._logs, self._look_at_logs)):
            for uuid in sorted(find()):
                if self.over.is_set():
                    return
                try:
                    look(uuid)
                except (errors.Fault, draft.Changed, *engine.TROUBLE) as trouble:
                    LOG.info("Node %s: what is left of it here is looked at later: %s", uuid, trouble)
        if self.means.lent.images:
            self.means.lent.images.tidy()

    def _nodes(self) -> set[str]:
        lent = self.means.lent
        found = {place.node for place in lent.shelf.every() if not self._stays(place)} if lent.shelf else set()
        if lent.images:
            found |= {holder.partition(".")[0] for holder in lent.images.store.holders()}
        if lent.dhcp:
            found |= {uuid for uuid in lent.dhcp.every() if lent.dhcp.booting(uuid)}
        place = lent.shelf.of if lent.shelf else (lambda _uuid: None)
        return {uuid for uuid in found if (there := place(uuid)) is None or not self._stays(there)}

    def _stays(self, place: shelf.Place) -> bool:
        """Return whether a place is a deployed ramdisk's."""
        node = self._read(place.node) if place.mode == STAYS else None
        return node is not None and node.provision_state not in EMPTY

    def _hosts(self) -> set[str]:
        """Return the nodes that DHCP knows and does not boot."""
        dhcp = self.means.lent.dhcp
        return {uuid for uuid in dhcp.every() if not dhcp.booting(uuid)} if dhcp else set()

    def _look_at_host(self, uuid: str) -> None:
        """Let DHCP forget a node that is gone, or that another conductor has now."""
        node, dhcp = self._read(uuid), self.means.lent.dhcp
        ours = node is not None and self.means.ring.ours(uuid, node.driver, node.conductor_group)
        if dhcp and not ours and not self._needed(uuid):
            dhcp.remove(uuid)

    def _logs(self) -> set[str]:
        """Return the nodes whose agents' logs are kept."""
        folder = pathlib.Path(self.means.conf.agent.deploy_logs_local_path)
        names = {file.name[:UUID] for file in folder.glob("*.tar.gz")}
        return {name for name in names if uuidutils.is_uuid_like(name)}

    def _look_at_logs(self, uuid: str) -> None:
        """Remove the logs of a node that is gone."""
        if self._read(uuid) is None:
            for file in pathlib.Path(self.means.conf.agent.deploy_logs_local_path).glob(f"{uuid}*.tar.gz"):
                file.unlink(missing_ok=True)

    def _read(self, uuid: str) -> record.Node | None:
        with self.means.database.read() as connection:
            return record.fetch(connection, uuid)

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
