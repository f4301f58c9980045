"""Which nodes are ours: the ring of ``rpc/ring.py`` over the conductors that the database says are alive."""

import collections.abc
import threading

from oslo_config import cfg

from baremetal import clock
from baremetal.db import conductors, engine
from baremetal.rpc import ring


class Ring:
    """The ring as it was at most ``[DEFAULT]hash_ring_reset_interval`` seconds ago."""

    def __init__(self, conf: cfg.ConfigOpts, database: engine.Database, ticker: clock.Clock, host: str) -> None:
        self._conf, self._database, self._clock, self._host = conf, database, ticker, host
        self._lock = threading.Lock()
        #: host that is left out, None for nobody: the rings
        self._rings: dict[str | None, ring.Rings] = {}
        self._read_at = 0.0

    def ours(self, uuid: str, driver: str, group: str, *, without: str | None = None) -> bool:
        """Return whether this conductor is the one to drive a node.

        ``without`` is a host that let its lease on the node run out: its heir is found as if it were gone already,
        since a lease ends before its heartbeat does.
        """
        lost = without if without != self._host else None
        return self.rings(without=lost).find(uuid, driver, group) == self._host

    def rings(self, *, without: str | None = None) -> ring.Rings:
        """Return the rings; the database is asked when the last answer is too old."""
        with self._lock:
            now = self._clock.tick()
            if not self._rings or now - self._read_at >= self._conf.hash_ring_reset_interval:
                self._rings, self._read_at = {None: self._read()}, now
            if without not in self._rings:
                self._rings[without] = self._made(m for m in self._rings[None].members if m.host != without)
            return self._rings[without]

    def forget(self) -> None:
        """Let the next question be answered from the database."""
        with self._lock:
            self._rings = {}

    def _read(self) -> ring.Rings:
        with self._database.read() as connection:
            found = conductors.members(connection, self._clock.now(), self._conf.conductor.heartbeat_timeout)
        return self._made(ring.Member(host, group, frozenset(drivers)) for host, group, drivers in found)

    def _made(self, members: collections.abc.Iterable[ring.Member]) -> ring.Rings:
        return ring.Rings(list(members), self._conf.hash_partition_exponent)
