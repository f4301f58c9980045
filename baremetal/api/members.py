"""The live conductors as the API knows them: who drives which node, which drivers exist. Read from SQL, cached."""

import threading
import typing

from oslo_config import cfg

from baremetal import clock
from baremetal.db import conductors, engine
from baremetal.rpc import ring


class Members:
    """A cached reading of the conductors' tables; renewed every ``hash_ring_reset_interval`` seconds."""

    def __init__(self, conf: cfg.ConfigOpts, database: engine.Database, time: clock.Clock) -> None:
        self._conf, self._database, self._time = conf, database, time
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._rings = ring.Rings([])
        self._hardware: dict[str, typing.Any] = {}

    def _renew(self) -> None:
        """Read the tables again when the last reading is too old, or found nobody."""
        if self._fresh():
            return
        # one thread reads, the others go on with what is known, if anything is: they may hold the connection it needs
        if not self._lock.acquire(blocking=self._read_at == float("-inf")):
            return
        try:
            if not self._fresh():
                self._read()
        finally:
            self._lock.release()

    def _fresh(self) -> bool:
        age = self._time.tick() - self._read_at
        # while nobody is known, somebody is likely to come soon
        return bool(age < (self._conf.hash_ring_reset_interval if self._rings.members else min(
            1, self._conf.hash_ring_reset_interval)))

    def _read(self) -> None:
        with self._database.read() as connection:
            now, timeout = self._time.now(), self._conf.conductor.heartbeat_timeout
            found = conductors.members(connection, now, timeout)
            rings = [ring.Member(host, group, frozenset(drivers)) for host, group, drivers in found]
            if tuple(sorted(rings, key=lambda m: m.host)) != self._rings.members:
                self._rings = ring.Rings(rings, self._conf.hash_partition_exponent)
            self._hardware = conductors.hardware(connection, now, timeout)
            self._read_at = self._time.tick()

    def forget(self) -> None:
        """Read the tables at the next use."""
        self._read_at = float("-inf")

    def rings(self) -> ring.Rings:
        """Return the hash rings."""
        self._renew()
        return self._rings

    def hardware(self) -> dict[str, typing.Any]:
        """Return ``{driver: {"hosts", "interfaces", "properties"}}`` of live conductors."""
        self._renew()
        return self._hardware
