"""Wakes: what completes in this process and lets a flow go on at once. Only saves time: each flow that waits also goes
on by a heartbeat, at its deadline, or in another conductor.
"""

import collections.abc
import concurrent.futures
import logging
import threading
import typing

from baremetal import errors
from baremetal.conductor import draft, workers

LOG = logging.getLogger(__name__)

#: a flow's UUID and the position of the line at which it waits
Key = tuple[str, int]

#: how often it is tried to go on where the node is held or the pool is full, and the pause after the first try
TRIES, PAUSE, MOST_PAUSE = 20, 0.05, 5.0


class Wakes:
    """The futures that flows of this process wait for."""

    def __init__(self, pool: workers.Pool) -> None:
        self._pool = pool
        self._lock = threading.Lock()
        self._awaited: dict[Key, concurrent.futures.Future[typing.Any]] = {}
        self._closed = False

    def add(self, key: Key, until: "concurrent.futures.Future[typing.Any]",
            go_on: collections.abc.Callable[[], None]) -> None:
        """Call ``go_on`` in a worker when ``until`` has completed, at once when it has already.

        To be called when the waiting is written: what completed before that is not lost, since a future that is
        done calls back when asked to. ``go_on`` does nothing where the flow does not wait at ``key`` any more.
        """
        with self._lock:
            if self._closed:
                return
            self._awaited[key] = until
        until.add_done_callback(lambda done: self._completed(key, done, go_on))

    def awaits(self, key: Key) -> bool:
        """Return whether something of this process will wake that line."""
        with self._lock:
            until = self._awaited.get(key)
        return until is not None and not until.done()

    def close(self) -> None:
        """Wake nobody any more: what completes now does so because this process ends."""
        with self._lock:
            self._closed = True
            self._awaited.clear()

    def _completed(self, key: Key, done: "concurrent.futures.Future[typing.Any]",
                   go_on: collections.abc.Callable[[], None]) -> None:
        with self._lock:
            if self._awaited.get(key) is done:
                del self._awaited[key]
        # who cancels has given the waiting up; a failure is the resumer's to judge
        if not done.cancelled():
            self._try(key, go_on, 0)

    def _try(self, key: Key, go_on: collections.abc.Callable[[], None], tries: int) -> None:
        """Hand over to a worker; called by whoever completes a future, so it does not block."""
        if self._closed:
            return
        try:
            with self._pool.slot(reserved=True) as slot:
                slot.give(self._work, key, go_on, tries)
        except (errors.NoFreeWorker, RuntimeError) as error:
            self._later(key, go_on, tries, error)

    def _work(self, key: Key, go_on: collections.abc.Callable[[], None], tries: int) -> None:
        try:
            go_on()
        except errors.Fault as fault:
            if not fault.transient:
                LOG.warning("Flow %s was not woken at line %s: %s", *key, fault.text)
                return
            self._later(key, go_on, tries, fault)
        except draft.Unsaved as error:
            self._later(key, go_on, tries, error)

    def _later(self, key: Key, go_on: collections.abc.Callable[[], None], tries: int, why: Exception) -> None:
        if tries >= TRIES:
            LOG.warning("Flow %s was not woken at line %s, it goes on by the agent's next call: %s", *key, why)
            return
        timer = threading.Timer(min(PAUSE * 1.5 ** tries, MOST_PAUSE), self._try, (key, go_on, tries + 1))
        timer.daemon = True
        timer.start()
