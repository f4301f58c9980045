"""Which nodes are ours: the ring of ``rpc/ring.py`` over the conductors that the database says are alive."""

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
        self._rings: ring.Rings | None = None
        self._read_at = 0.0

    def ours(self, uuid: str, driver: str, group: str) -> bool:
        """Return whether this conductor is the one to drive a node."""
        return self.rings().find(uuid, driver, group) == self._host

    def rings(self) -> ring.Rings:
        """Return the rings; the database is asked when the last answer is too old."""
        with self._lock:
            now = self._clock.tick()
            if self._rings is None or now - self._read_at >= self._conf.hash_ring_reset_interval:
                self._rings, self._read_at = self._read(), now
            return self._rings

    def forget(self) -> None:
        """Let the next question be answered from the database."""
        with self._lock:
            self._rings = None

    def _read(self) -> ring.Rings:
        with self._database.read() as connection:
            found = conductors.members(connection, self._clock.now(), self._conf.conductor.heartbeat_timeout)
        return ring.Rings([ring.Member(host, group, frozenset(drivers)) for host, group, drivers in found],
                          self._conf.hash_partition_exponent)
