"""The services beside us in a cloud, through keystoneauth: ``Cloud`` has a client for each, made when first asked for.

door.py: logging in, asking, their refusals as our faults. glance.py, swift.py, neutron.py, cinder.py: what is asked.
"""

import threading

from oslo_config import cfg

from baremetal import clock
from baremetal.clients.cloud import cinder, door, glance, neutron, swift

Door = door.Door
__all__ = ["Cloud", "Door"]


class Cloud:
    """One client for each service, shared by all threads. Making it connects to nobody."""

    def __init__(self, conf: cfg.ConfigOpts, ticker: clock.Clock = clock.REAL) -> None:
        self._conf, self._clock = conf, ticker
        self._lock = threading.Lock()
        self._doors: dict[str, door.Door] = {}

    def door(self, service: str) -> door.Door:
        """Return the way to a service, by the section that is about it."""
        with self._lock:
            if service not in self._doors:
                self._doors[service] = door.Door(self._conf, service)
            return self._doors[service]

    @property
    def glance(self) -> glance.Glance:
        """Images."""
        return glance.Glance(self.door("glance"))

    @property
    def swift(self) -> swift.Swift:
        """Objects and temporary URLs."""
        return swift.Swift(self.door("swift"), self._conf, self._clock)

    @property
    def neutron(self) -> neutron.Neutron:
        """Networks and ports."""
        return neutron.Neutron(self.door("neutron"), self._clock)

    @property
    def cinder(self) -> cinder.Cinder:
        """Volumes."""
        return cinder.Cinder(self.door("cinder"))
