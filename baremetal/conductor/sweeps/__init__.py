"""Periodic work, one file each; and what calls each one when it is due."""

import logging
import random
import threading

from baremetal.conductor import means
from baremetal.conductor.sweeps import (
    allocations,
    boots,
    consoles,
    health,
    housekeeping,
    leftovers,
    power_sync,
    recovery,
    sensors,
    sweep,
    takeover,
)

LOG = logging.getLogger(__name__)


def every(shared: means.Means) -> dict[str, sweep.Sweep]:
    """Return all sweeps by name."""
    found = (takeover.Takeover(shared), power_sync.PowerSync(shared), recovery.Recovery(shared),
             housekeeping.Housekeeping(shared), boots.Boots(shared), health.Health(shared),
             leftovers.Leftovers(shared), allocations.Allocations(shared), consoles.Consoles(shared),
             sensors.Sensors(shared))
    return {work.name: work for work in found}


class Sweeper:
    """Calls each sweep when it is due, in a thread of its own, so that a long one keeps no other waiting."""

    def __init__(self, shared: means.Means) -> None:
        self._means = shared
        self._sweeps = [work for work in every(shared).values() if work.interval]
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to sweep."""
        self._threads = [threading.Thread(target=self._run, args=(work,), name=work.name, daemon=True)
                         for work in self._sweeps]
        for thread in self._threads:
            thread.start()

    def tell(self) -> None:
        """Begin no more sweeps, and tell those that run to end."""
        for work in self._sweeps:
            work.over.set()

    def stop(self) -> None:
        """Begin no more sweeps, and wait for those that run; they are told to end."""
        self.tell()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def _run(self, work: sweep.Sweep) -> None:
        # not all conductors at once after a common start
        pause = work.first(random.random())
        while not self._means.clock.wait(work.over, pause):
            began = self._means.clock.tick()
            try:
                work.run()
            except Exception:
                LOG.exception("The sweep %s broke; it comes again in %s s", work.name, work.interval)
            pause = max(0.0, work.interval - (self._means.clock.tick() - began))
