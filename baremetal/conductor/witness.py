"""The witness: writes what file listener and DHCP saw of servers as milestones, in a thread and in batches.

What it is told costs the teller no more than an entry of a queue. It holds no node and changes none.
"""

import collections.abc
import logging
import queue
import threading
import typing

import baremetal.db.milestones
from baremetal import clock, milestones
from baremetal.boot import shelf
from baremetal.db import engine, record

LOG = logging.getLogger(__name__)

#: what is of interest only the first time after each preparation: iPXE asks DHCP again, firmware asks for sizes first
ONCE = frozenset({milestones.ADDRESS, milestones.LOADER, milestones.SCRIPT, milestones.KERNEL, milestones.RAMDISK})
#: sightings that wait to be written; more than a hundred servers make in a minute
ROOM = 20_000
#: seconds for which sightings are gathered
GATHER = 0.2
#: how often a batch is tried while the database is away, and seconds between
TRIES, PAUSE = 5, 1.0


class Sighting(typing.NamedTuple):
    """One thing that was seen."""

    node: str
    name: str
    at: typing.Any
    facts: dict[str, typing.Any]


class Witness:
    """Takes sightings from any thread."""

    def __init__(self, database: engine.Database, ticker: clock.Clock, places: shelf.Shelf) -> None:
        self._database, self._clock, self._shelf = database, ticker, places
        self._queue: queue.Queue[Sighting | None] = queue.Queue(ROOM)
        self._seen: dict[str, tuple[str, set[str]]] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="witness", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what was seen, and end."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join(5)

    def seen(self, node_uuid: str, name: str, **facts: typing.Any) -> None:
        """Note that the server of a node did something. Returns at once."""
        if name in ONCE and not self._first(node_uuid, name):
            return
        try:
            self._queue.put_nowait(Sighting(node_uuid, name, self._clock.now(), facts))
        except queue.Full:
            LOG.warning("Too much to write: %r of node %s is not in its timeline", name, node_uuid)

    def seen_mac(self, mac: str, name: str, **facts: typing.Any) -> None:
        """The same, for a server that is known by the address of its port; one that is not to boot is passed over."""
        place = self._shelf.by_mac(mac)
        if place is not None:
            self.seen(place.node, name, mac=mac, **facts)

    def _first(self, node_uuid: str, name: str) -> bool:
        """Return whether this is new since the node was last prepared."""
        place = self._shelf.of(node_uuid)
        key = place.key if place else ""
        with self._lock:
            known, names = self._seen.get(node_uuid, ("", set()))
            if known != key or node_uuid not in self._seen:
                names = set()
                self._seen[node_uuid] = key, names
            if name in names:
                return False
            names.add(name)
            return True

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            self._clock.sleep(GATHER)
            batch, last = [first], False
            while not self._queue.empty():
                entry = self._queue.get()
                if entry is None:
                    last = True
                    break
                batch.append(entry)
            self._store(batch)
            if last:
                return

    def _store(self, batch: collections.abc.Sequence[Sighting]) -> None:
        for left in reversed(range(TRIES)):
            try:
                return self._write(batch)
            except engine.TROUBLE as error:
                if not left:
                    LOG.warning("%s milestones were not written: %s", len(batch), type(error).__name__)
                    return None
                self._clock.sleep(PAUSE)
        return None

    def _write(self, batch: collections.abc.Sequence[Sighting]) -> None:
        with self._database.write() as connection:
            whose = baremetal.db.milestones.whose(connection, sorted({sighting.node for sighting in batch}))
            baremetal.db.milestones.add(connection, [
                {"node_id": whose[sighting.node][0], "flow_id": whose[sighting.node][1], "name": sighting.name,
                 "at": sighting.at, "facts": record.dump(sighting.facts) if sighting.facts else None}
                for sighting in batch if sighting.node in whose])
