"""Asking many controllers for the power of their servers: bounded, spread over time, without a thread for each."""

import collections.abc
import concurrent.futures
import logging
import queue
import random
import threading
import typing

from baremetal import context, errors, states
from baremetal.conductor import means, task
from baremetal.db import polls

LOG = logging.getLogger(__name__)

#: threads for interfaces whose client blocks
BLOCKING = 8
#: how many are asked between two pauses
BATCH = 16

#: seconds after which a round that waits for answers looks whether it should end
LOOK = 0.5

#: begins a question; what is wrong with the node it raises
Question = collections.abc.Callable[
    [task.Task, concurrent.futures.Executor], "concurrent.futures.Future[typing.Any]"]

#: called with the node, its power, and the fault instead of that
Answered = collections.abc.Callable[[task.Task, str | None, Exception | None], None]


def power(found: task.Task, pool: concurrent.futures.Executor) -> "concurrent.futures.Future[str | None]":
    """Ask for the power."""
    found.power.validate(found)
    return found.power.read_later(found, pool)


class Round:
    """One round of questions. ``ask`` blocks; the answers are handled in the calling thread."""

    def __init__(self, shared: means.Means, why: str, over: threading.Event, question: Question = power) -> None:
        self._means, self._why, self._over, self._question = shared, why, over, question
        self._answers: queue.SimpleQueue[tuple[task.Task, str | None, Exception | None]] = queue.SimpleQueue()
        self._out = 0

    def ask(self, rows: list[typing.Any], answered: Answered, spread: float) -> None:
        """Ask for each node that is ours, in random order, the questions spread over ``spread`` seconds."""
        ours = [row for row in rows if self._means.ring.ours(row.uuid, row.driver, row.conductor_group)]
        random.shuffle(ours)
        most = self._means.conf.conductor.sync_power_state_workers
        pause = spread * BATCH / len(ours) if ours else 0.0
        pool = concurrent.futures.ThreadPoolExecutor(BLOCKING, thread_name_prefix="poll")
        try:
            for number, row in enumerate(ours):
                if number and number % BATCH == 0 and self._means.clock.wait(self._over, pause):
                    break
                self._begin(row, pool)
                while not self._over.is_set() and (self._out >= most or not self._answers.empty()):
                    self._handle(answered)
            while self._out and not self._over.is_set():
                self._handle(answered)
        finally:
            # what has no answer yet when the conductor ends is asked by another one
            pool.shutdown(wait=not self._over.is_set(), cancel_futures=True)

    def _begin(self, row: typing.Any, pool: concurrent.futures.Executor) -> None:
        """Send one question; whatever comes of it is put into the queue."""
        node = polls.node(row)
        try:
            found = task.Task(self._means, node, self._means.drivers.bind(node), context.internal(self._why))
        except (errors.InterfaceUnknown, errors.DriverUnknown):
            # whoever has it enabled asks
            return
        try:
            asked = self._question(found, pool)
        except Exception as fault:
            self._out += 1
            self._answers.put((found, None, fault))
            return
        self._out += 1
        asked.add_done_callback(lambda done: self._answers.put((found, *_outcome(done))))

    def _handle(self, answered: Answered) -> None:
        try:
            found, power, fault = self._answers.get(timeout=LOOK)
        except queue.Empty:
            return
        self._out -= 1
        try:
            answered(found, power, fault)
        except Exception:
            # one node must not keep the others waiting
            LOG.exception("What node %s answered could not be dealt with", found.node.uuid)


def _outcome(done: "concurrent.futures.Future[str | None]") -> tuple[str | None, Exception | None]:
    """Return ``(power, fault)`` of an answer; a controller that reports an error has failed, too."""
    if done.cancelled():
        return None, errors.PowerFailed(target="readable", why="the question was given up")
    error = done.exception()
    if isinstance(error, Exception):
        return None, error
    power = done.result()
    if power == states.POWER_ERROR:
        return None, errors.PowerFailed(target="readable", why="the controller reports an error")
    return power, None
