"""The workers: a bounded pool of threads whose slots are taken before anything changes.

A slot is a promise of a thread; it is given back when its work ends, or when its block ends without work.
Threads are made when needed, end when idle, and are daemons: what they do is in the journal, not in them.
"""

import collections
import collections.abc
import logging
import threading
import typing

from baremetal import clock, errors

LOG = logging.getLogger(__name__)

Job = collections.abc.Callable[[], None]


@typing.runtime_checkable
class Held(typing.Protocol):
    """What must not be kept when nobody will work on it."""

    def drop(self) -> None:
        """Let go."""


class Slot:
    """One place in the pool: use it as a block, and ``give`` it work before the block ends."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._given = False

    def __enter__(self) -> "Slot":
        return self

    def __exit__(self, *_: object) -> None:
        if not self._given:
            self._pool.free()

    def give(self, work: collections.abc.Callable[..., None], *args: typing.Any) -> None:
        """Let a thread do ``work(*args)``; the slot is its from now on.

        When the machine has no thread left, what ``args`` hold is dropped, so that it can be taken over.
        """
        self._given = True
        try:
            self._pool.run(lambda: work(*args))
        except RuntimeError:
            self._given = False
            for held in args:
                if isinstance(held, Held):
                    held.drop()
            raise


class Pool:
    """At most ``size`` pieces of work at once; the last ``reserved`` slots are for recovery and sweeps only."""

    #: seconds after which a thread without work ends
    IDLE = 30.0

    def __init__(self, size: int, reserved: int, host: str) -> None:
        self.size, self.reserved, self._host = size, reserved, host
        self.busy = 0
        self._idle = 0
        self._jobs: collections.deque[Job] = collections.deque()
        lock = threading.Lock()
        self._turn, self._ended = threading.Condition(lock), threading.Condition(lock)

    def slot(self, *, reserved: bool = False) -> Slot:
        """Take a slot, or raise ``NoFreeWorker``; only ``reserved`` work may have the last ones."""
        with self._turn:
            most = self.size if reserved else self.size - self.reserved
            if self.busy >= most:
                raise errors.NoFreeWorker(size=most, host=self._host)
            self.busy += 1
        return Slot(self)

    def free(self) -> None:
        """Give a slot back."""
        with self._turn:
            self.busy -= 1
            if not self.busy:
                self._ended.notify_all()

    def run(self, job: Job) -> None:
        """Let a thread do ``job``, whose slot is taken already."""
        with self._turn:
            if len(self._jobs) < self._idle:
                self._jobs.append(job)
                self._turn.notify()
                return
        threading.Thread(target=self._work, args=(job,), name="worker", daemon=True).start()

    def drain(self, seconds: float) -> bool:
        """Wait until nothing runs, at most ``seconds``; return whether that came to be."""
        with self._turn:
            return self._ended.wait_for(lambda: self.busy == 0, seconds)

    def _work(self, job: Job | None) -> None:
        """Do jobs until none came for a while."""
        while job is not None:
            try:
                job()
            except Exception:
                LOG.exception("Work ended with an exception that nobody expected; the journal says how to go on")
            finally:
                self.free()
            job = self._next()

    def _next(self) -> Job | None:
        """Wait for another job; None when it is time to end."""
        until = clock.REAL.tick() + self.IDLE
        with self._turn:
            self._idle += 1
            try:
                while not self._jobs:
                    left = until - clock.REAL.tick()
                    if left <= 0 or not self._turn.wait(left) and not self._jobs:
                        return None
                return self._jobs.popleft()
            finally:
                self._idle -= 1
