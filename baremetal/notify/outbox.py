"""The outbox: writes what has happened to the table of events, in a thread and in batches.

What it is told costs the teller no more than an entry of a queue. When the process is killed, what was told in the
last moments is not in the stream; the objects themselves are as they are.
"""

import atexit
import collections.abc
import logging
import queue
import threading

from oslo_config import cfg

from baremetal import clock
from baremetal.db import engine, events
from baremetal.notify import happening

LOG = logging.getLogger(__name__)

#: what waits to be written at most
ROOM = 20_000
#: seconds for which happenings are gathered, and how many are written at once
GATHER, MOST = 0.1, 500
#: how often a batch is tried while the database is away, and seconds between
TRIES, PAUSE = 5, 1.0
#: seconds within which what waits is written at the end
LAST = 5.0


class Outbox:
    """Takes happenings from any thread. Its own thread begins with the first one."""

    def __init__(self, conf: cfg.ConfigOpts, database: engine.Database, ticker: clock.Clock) -> None:
        self._database, self._clock = database, ticker
        self._kept = conf.api.events_kept_seconds > 0
        self._queue: queue.Queue[happening.Happening | None] = queue.Queue(ROOM)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._lost = 0

    def tell(self, told: happening.Happening) -> None:
        """Have it written. Returns at once."""
        if not self._kept:
            return
        try:
            self._queue.put_nowait(told)
        except queue.Full:
            self._lost += 1
            if self._lost & (self._lost - 1) == 0:
                LOG.warning("Too much happens to be written: %s events are not in the stream so far", self._lost)
        if self._thread is None:
            self._begin()

    def stop(self) -> None:
        """Write what was told, and end."""
        atexit.unregister(self.stop)
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join(LAST)

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
                self._thread.start()
                atexit.register(self.stop)

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            self._clock.sleep(GATHER)
            batch, last = [first], False
            while len(batch) < MOST and not self._queue.empty():
                entry = self._queue.get()
                if entry is None:
                    last = True
                    break
                batch.append(entry)
            self._store(batch)
            if last:
                return

    def _store(self, batch: collections.abc.Sequence[happening.Happening]) -> None:
        for left in reversed(range(TRIES)):
            try:
                with self._database.write() as connection:
                    events.add(connection, batch)
                return
            except engine.TROUBLE as error:
                if not left:
                    LOG.warning("%s events are not in the stream: %s", len(batch), type(error).__name__)
                    return
                self._clock.sleep(PAUSE)
