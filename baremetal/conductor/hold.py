"""Holding a node: reading it as a task, refusing when somebody else holds it, taking the lease."""

import collections.abc
import contextlib
import logging

from baremetal import clock, context, errors
from baremetal.conductor import draft, means, task
from baremetal.db import engine, flows, locks, record

LOG = logging.getLogger(__name__)

#: ``read`` or ``read_any``
Read = collections.abc.Callable[[means.Means, str, context.Context], task.Task]

#: how often a node is read again when it changed between reading and taking the lease
TRIES = 5


def read(shared: means.Means, uuid: str, ctx: context.Context) -> task.Task:
    """Return the node as a task that holds nothing; raises ``NotFound``, or what is wrong with its driver."""
    node = _fetch(shared, uuid)
    return task.Task(shared, node, shared.drivers.bind(node), ctx)


def read_any(shared: means.Means, uuid: str, ctx: context.Context) -> task.Task:
    """Return the node as ``read`` does, but without interfaces where its driver is not enabled here any more."""
    node = _fetch(shared, uuid)
    try:
        interfaces = shared.drivers.bind(node)
    except (errors.InterfaceUnknown, errors.DriverUnknown):
        interfaces = {}
    return task.Task(shared, node, interfaces, ctx)


def _fetch(shared: means.Means, uuid: str) -> record.Node:
    with shared.database.read() as connection:
        node = record.fetch(connection, uuid)
    if node is None:
        raise errors.NotFound(what="Node", ident=uuid)
    return node


def refuse_held(found: task.Task) -> None:
    """Raise ``NodeLocked`` when somebody who may be alive holds the node.

    A worker of this process is alive even when its lease could not be renewed in time.
    """
    node, shared = found.node, found.means
    if locks.held(node, shared.clock.now(), shared.seat) or shared.leases.has(node.lease_token):
        raise errors.NodeLocked(node=node.uuid, holder=node.reservation, why=node.lease_why,
                                since=clock.iso(node.lease_since))


def refuse_unfinished(found: task.Task) -> None:
    """Raise ``NodeLocked`` when the worker of the node's flow was lost: what it has begun is ended or undone first.

    An abort fails the node at once and cleans up then, a deadline fails its flow at once and the node after that; a
    verb in between would meet that clean-up later.
    """
    with found.means.database.read() as connection:
        left = flows.open_of(connection, found.node.id)
    if left is not None and left.state == flows.RUNNING:
        raise errors.NodeLocked(node=found.node.uuid, holder=f"{left.conductor} (lost; one will take over)",
                                why=left.verb, since=clock.iso(left.updated_at))


def attempts(shared: means.Means, uuid: str, ctx: context.Context, how: Read = read
             ) -> collections.abc.Iterator[task.Task]:
    """Yield the free node to be taken, anew after each ``Changed``; raises ``NodeLocked``, at last ``Conflict``."""
    for _ in range(TRIES):
        found = how(shared, uuid, ctx)
        refuse_held(found)
        yield found
    raise errors.Conflict(text=f"Node {uuid} was changed by others {TRIES} times while this request looked at it. "
                               "Nothing was done; try again.")


def take(shared: means.Means, uuid: str, ctx: context.Context, why: str) -> task.Task:
    """Return the node held for ``why``."""
    for found in attempts(shared, uuid, ctx):
        found.take(why)
        with contextlib.suppress(draft.Changed):
            found.save()
            return found
    raise AssertionError("attempts() raises at its end")


@contextlib.contextmanager
def hold(shared: means.Means, uuid: str, ctx: context.Context, why: str) -> collections.abc.Iterator[task.Task]:
    """Hold a node for this block; what the block changed is written at its end, unless it raises."""
    held = take(shared, uuid, ctx, why)
    with working(held):
        yield held


@contextlib.contextmanager
def working(held: task.Task) -> collections.abc.Iterator[None]:
    """Write what this block changes of a node that is held, and give it back."""
    try:
        yield
    except BaseException:
        give_back(held)
        raise
    try:
        held.draft.freeing = True
        held.save()
    finally:
        # also when it could not be written: what nobody works on must not be renewed
        held.drop()


def give_back(held: task.Task) -> None:
    """Give the lease back and write nothing else of what was changed."""
    if held.lease is not None:
        lease = held.lease
        held.drop()
        try:
            with contextlib.suppress(errors.LeaseLost), held.means.database.write() as connection:
                locks.release(connection, lease)
        except engine.TROUBLE as error:
            LOG.warning("Node %s was not given back (%s); its lease runs out", held.node.uuid, type(error).__name__)
