"""The heartbeat: says that this conductor lives and renews the leases of its live work, in one thread."""

import collections.abc
import datetime
import logging
import threading

from oslo_config import cfg

from baremetal.conductor import means
from baremetal.db import conductors, locks

LOG = logging.getLogger(__name__)


def interval(conf: cfg.ConfigOpts) -> float:
    """Return the seconds between two beats of a conductor: often enough for the leases, too."""
    return float(min(conf.conductor.heartbeat_interval, conf.conductor.lease_seconds / 3))


class Heartbeat:
    """Beats until stopped, or until a newer process has registered under the same name."""

    def __init__(self, shared: means.Means, superseded: collections.abc.Callable[[], None]) -> None:
        self._means, self._superseded = shared, superseded
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def interval(self) -> float:
        """Seconds between two beats."""
        return interval(self._means.conf)

    def start(self) -> None:
        """Beat in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Beat no more."""
        self._over.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def beat(self) -> bool:
        """Beat once; False when a newer process has our name."""
        now, seat = self._means.clock.now(), self._means.seat
        held = self._means.leases.held()
        with self._means.database.write() as connection:
            if not conductors.beat(connection, now, seat.host, seat.epoch):
                return False
            if held:
                seconds = self._means.conf.conductor.lease_seconds
                locks.renew(connection, held, now + datetime.timedelta(seconds=seconds))
        self._means.leases.beaten(self._means.clock.tick(), self.interval)
        return True

    def _run(self) -> None:
        while not self._means.clock.wait(self._over, self.interval):
            try:
                alive = self.beat()
            except Exception:
                # the database may be back at the next beat; until the leases end, work goes on
                LOG.exception("The heartbeat of %s was not written", self._means.seat.host)
                continue
            if not alive:
                LOG.error("Another process has registered as %s; this one (epoch %s) takes no more work",
                          self._means.seat.host, self._means.seat.epoch)
                self._superseded()
                return
