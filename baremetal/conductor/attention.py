"""What work on a node gets of this conductor: a thread while its caller waits for hardware, or a worker for later.

It knows no work itself: the manager and its desks say what is done.
"""

import collections.abc
import contextlib
import dataclasses
import threading

from baremetal import context, errors, states
from baremetal.conductor import errand, hold, means, task
from baremetal.drivers import wires

#: share of rpc_response_timeout that hardware gets to answer in, so that its caller hears what is wrong with it
PATIENCE = 0.75
#: share of RPC's threads that may wait for hardware at once
SHARE = 0.75


class Attention:
    """Bounds how many threads of RPC wait for hardware; one for the whole conductor."""

    def __init__(self, shared: means.Means) -> None:
        self._means = shared
        self._most = max(1, int(shared.conf.executor_thread_pool_size * SHARE))
        self._talking = threading.BoundedSemaphore(self._most)

    @contextlib.contextmanager
    def waited_for(self, found: task.Task) -> collections.abc.Iterator[task.Task]:
        """Let the hardware answer within the time that the caller waits, and keep threads for calls that need none."""
        if not self._talking.acquire(blocking=False):
            raise errors.NoFreeWorker(size=self._most, host=self._means.seat.host)
        try:
            lent = found.lent
            seconds = self._means.conf.rpc_response_timeout * PATIENCE
            found.lent = dataclasses.replace(lent, wires=wires.Bounded(lent.wires, seconds, lent.clock))
            yield found
        finally:
            self._talking.release()

    def later(self, ctx: context.Context, node: str, why: str,
               work: collections.abc.Callable[[task.Task], None]) -> None:
        """As ``beside``, but only on a node that is not on its way to another state."""
        found = hold.read(self._means, node, ctx)
        if states.kind(found.node.provision_state) in (states.MOVING, states.WAITING):
            raise errors.Conflict(text=f"Node {node} is in provision state {found.node.provision_state!r}, which "
                                       "is none to stay in. Wait until that has ended.")
        self.beside(ctx, node, why, work)

    def beside(self, ctx: context.Context, node: str, why: str,
               work: collections.abc.Callable[[task.Task], None]) -> None:
        """Hold the node now and do a short piece of work on it in a worker, whatever state it is in."""
        with self._means.pool.slot() as slot:
            slot.give(_short, hold.take(self._means, node, ctx, why), why, work)


def _short(held: task.Task, why: str, work: collections.abc.Callable[[task.Task], None]) -> None:
    """Do a short piece of work on a held node; what goes wrong becomes its last_error."""
    def done() -> None:
        work(held)
        held.node.last_error = None
    errand.run(held, why, done, lambda text: held.fail_with(f"{why[:1].upper()}{why[1:]} failed: {text}"))
