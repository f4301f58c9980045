"""Allocations: a node is looked for that has what is wanted, and taken. The rows say who looks, and what came of it."""

import logging
import random
import typing

from oslo_db import exception as db_exception

from baremetal import context, errors
from baremetal.conductor import attention, means
from baremetal.db import allocations, engine
from baremetal.notify import happening

LOG = logging.getLogger(__name__)

#: how often a node is tried whose transaction met another one
TRIES = 5


class Allocations:
    """Takes new allocations from the API."""

    def __init__(self, shared: means.Means, _attention: attention.Attention) -> None:
        self._means = shared

    def table(self) -> dict[str, typing.Any]:
        """Return the work by its name."""
        return {"allocate": self.allocate}

    def allocate(self, _ctx: context.Context, allocation: str) -> None:
        """Begin to look for a node; answering means that somebody does."""
        with self._means.pool.slot() as slot:
            row = claim(self._means, allocation)
            if row is not None:
                slot.give(look, self._means, row)


def claim(shared: means.Means, uuid: str, before: allocations.Row | None = None) -> allocations.Row | None:
    """Write down that this conductor looks for a node, as ``allocations.seize`` does; ``look`` must follow."""
    with shared.database.write() as connection:
        row = allocations.seize(connection, uuid, shared.seat.host, shared.seat.epoch, before)
    return row


def look(shared: means.Means, row: allocations.Row) -> None:
    """Look for a node and take it; what is in the way becomes the allocation's last_error.

    Where another thread of this process looks already, nothing happens. What breaks leaves the row as it is, for
    the sweep.
    """
    if row.uuid in shared.looking:
        return
    shared.looking.add(row.uuid)
    try:
        _look(shared, row)
    except engine.TROUBLE as error:
        LOG.warning("Allocation %s waits for the database (%s)", row.uuid, type(error).__name__)
    finally:
        shared.looking.discard(row.uuid)


def _look(shared: means.Means, row: allocations.Row) -> None:
    try:
        node = _taken(shared, row)
        if node is not None:
            LOG.info("Allocation %s has node %s", row.uuid, node)
            return _tell(shared, row, allocations.ACTIVE, node)
        with shared.database.read() as connection:
            why = _why(allocations.reasons(connection, row, shared.clock.now()))
    except errors.InstanceTaken as fault:
        why = fault.text
    except _Over:
        LOG.info("Allocation %s was deleted, or has another conductor", row.uuid)
        return
    with shared.database.write() as connection:
        failed = _fail(connection, row, why, shared.clock.now())
    LOG.info("Allocation %s %s: %s", row.uuid, "has failed" if failed else "was deleted meanwhile", why)
    if failed:
        _tell(shared, row, allocations.ERROR, None)


def _tell(shared: means.Means, row: allocations.Row, state: str, node: str | None) -> None:
    """Tell who follows events what came of an allocation; why it failed is its own to say."""
    shared.outbox.tell(happening.Happening(
        "allocation", happening.UPDATE, row.uuid, shared.clock.now(), row.name, node, row.owner,
        facts={"state": state}))


def _taken(shared: means.Means, row: allocations.Row) -> str | None:
    """Return the node that the allocation has got, or None; nodes are tried from a place by chance on, once around."""
    now = shared.clock.now()
    with shared.database.read() as connection:
        first, end = allocations.namesake(connection, row, now), allocations.highest(connection) + 1
    for node in first:
        if _take(shared, row, node):
            return str(node.uuid)
    begin = random.randrange(end)
    for low, high in ((begin, end), (0, begin)):
        while low < high:
            with shared.database.read() as connection:
                found = allocations.fitting(connection, row, shared.clock.now(), (low, high))
            for node in random.sample(found, len(found)):
                if _take(shared, row, node):
                    return str(node.uuid)
            low = found[-1].id + 1 if len(found) == allocations.MOST else high
    return None


class _Taken(Exception):
    """Somebody else has the node, or has changed it; nothing of the transaction is kept."""


class _Over(Exception):
    """The allocation is not looked for any more, at least not by us; nothing of the transaction is kept."""


def _take(shared: means.Means, row: allocations.Row, node: allocations.Row) -> bool:
    for tries in range(1, TRIES + 1):
        try:
            with shared.database.write() as connection:
                now = shared.clock.now()
                # the node first: of several who want it one gets on, and the others find it taken
                if not allocations.take_node(connection, row, node, now):
                    raise _Taken
                if not allocations.settle(connection, row, node, now):
                    raise _Over
        except _Taken:
            return False
        except db_exception.DBDeadlock:
            # the database has ended this transaction, since it and another one waited for each other
            shared.clock.sleep(random.uniform(0, 0.01 * 2 ** tries))
        else:
            return True
    return False


def _fail(connection: typing.Any, row: allocations.Row, why: str, now: typing.Any) -> bool:
    found = allocations.find(connection, "id", row.id, lock=True)
    if found is None or (found.state, found.conductor, found.epoch) != (
            allocations.ALLOCATING, row.conductor, row.epoch):
        return False
    allocations.change(connection, row.id, {"state": allocations.ERROR, "last_error": why, "updated_at": now})
    return True


def _why(found: list[tuple[str, int]]) -> str:
    """Return which wish left no node, in a sentence."""
    words, count = found[-1]
    if count:
        return "The nodes that fit were taken by others just now. Ask again."
    if len(found) == 1:
        return f"There is no node {words}."
    before = ", ".join(each for each, _ in found[:-1])
    return f"Of the {found[-2][1]} nodes that are {before}, none is {words}."
