"""Queries of allocations: the rows, the nodes that fit one, and taking a node, which succeeds for one alone."""

import collections.abc
import datetime
import typing

import orjson
import sqlalchemy as sa
from oslo_db import exception

from baremetal import errors, states
from baremetal.db import models, record

ALLOCATIONS, NODES, TRAITS = models.ALLOCATIONS, models.NODES, models.TRAITS
ALLOCATING, ACTIVE, ERROR = "allocating", "active", "error"
STATES = (ALLOCATING, ACTIVE, ERROR)

Row = sa.Row[typing.Any]
#: nodes that are looked at at once
MOST = 50


def add(connection: sa.Connection, values: dict[str, typing.Any]) -> None:
    """Write a new allocation."""
    connection.execute(sa.insert(ALLOCATIONS), values)


def find(connection: sa.Connection, column: str, value: typing.Any, *, lock: bool = False) -> Row | None:
    """Return the allocation whose ``column`` is ``value``, or None."""
    wanted = sa.select(ALLOCATIONS).where(ALLOCATIONS.c[column] == value)
    return connection.execute(wanted.with_for_update() if lock else wanted).first()


def change(connection: sa.Connection, ident: int, values: dict[str, typing.Any]) -> None:
    """Write columns of an allocation."""
    connection.execute(sa.update(ALLOCATIONS).where(ALLOCATIONS.c.id == ident).values(values))


def remove(connection: sa.Connection, uuid: str) -> bool:
    """Delete the allocation of this UUID; return whether there was one."""
    return connection.execute(sa.delete(ALLOCATIONS).where(ALLOCATIONS.c.uuid == uuid)).rowcount == 1


def forget(connection: sa.Connection, uuid: str) -> None:
    """Delete the allocation of this UUID, if there is one."""
    remove(connection, uuid)


def seize(connection: sa.Connection, uuid: str, host: str, epoch: int, before: Row | None = None) -> Row | None:
    """Make a conductor the one that looks for a node, if the allocation still waits; return its row then.

    Without ``before`` only one that nobody has; with it, one whose conductor is still that one.
    """
    mine = [ALLOCATIONS.c.conductor.is_(None)] if before is None or before.conductor is None else [
        ALLOCATIONS.c.conductor == before.conductor, ALLOCATIONS.c.epoch == before.epoch]
    done = connection.execute(sa.update(ALLOCATIONS).where(
        ALLOCATIONS.c.uuid == uuid, ALLOCATIONS.c.state == ALLOCATING, *mine).values(conductor=host, epoch=epoch))
    return find(connection, "uuid", uuid) if done.rowcount == 1 else None


def waiting(connection: sa.Connection) -> list[Row]:
    """Return the allocations that still look for a node."""
    return list(connection.execute(sa.select(ALLOCATIONS).where(ALLOCATIONS.c.state == ALLOCATING)))


def _free(now: datetime.datetime) -> sa.ColumnElement[bool]:
    return sa.or_(NODES.c.reservation.is_(None), NODES.c.lease_deadline < now)


#: what makes a node fit to be reserved, whatever is wanted: what is missing otherwise, the condition
FIT: tuple[tuple[str, sa.ColumnElement[bool]], ...] = (
    ("available", NODES.c.provision_state == states.AVAILABLE),
    ("out of maintenance", NODES.c.maintenance.is_(False)),
    ("without an instance", NODES.c.instance_uuid.is_(None)),
    ("of known power", NODES.c.power_state.is_not(None)),
    ("not retired", NODES.c.retired.is_(False)),
)


def wishes(row: Row) -> list[tuple[str, sa.ColumnElement[bool]]]:
    """Return what an allocation wants of a node, in words and as conditions."""
    found = [(f"of resource class {row.resource_class!r}", NODES.c.resource_class == row.resource_class)]
    if row.owner is not None:
        found.append((f"owned by or lent to project {row.owner!r}",
                      sa.or_(NODES.c.owner == row.owner, NODES.c.lessee == row.owner)))
    named = orjson.loads(row.candidate_nodes) if row.candidate_nodes else []
    if named:
        found.append(("among the candidates", NODES.c.uuid.in_(named)))
    for trait in orjson.loads(row.traits) if row.traits else []:
        has = sa.exists().where(TRAITS.c.node_id == NODES.c.id, TRAITS.c.trait == trait)
        found.append((f"with trait {trait}", has))
    return found


def _conditions(row: Row, now: datetime.datetime) -> list[sa.ColumnElement[bool]]:
    return [*[condition for _, condition in wishes(row)], *[condition for _, condition in FIT], _free(now)]


def namesake(connection: sa.Connection, row: Row, now: datetime.datetime) -> list[Row]:
    """Return the node that fits and is named like the allocation, if there is one."""
    if row.name is None:
        return []
    return list(connection.execute(_looking().where(NODES.c.name == row.name, *_conditions(row, now))))


def fitting(connection: sa.Connection, row: Row, now: datetime.datetime, places: tuple[int, int]) -> list[Row]:
    """Return nodes that fit, with ids from ``places[0]`` on and below ``places[1]``; at most ``MOST`` of them."""
    between = NODES.c.id >= places[0], NODES.c.id < places[1]
    return list(connection.execute(_looking().where(*between, *_conditions(row, now)).order_by(NODES.c.id).limit(MOST)))


def _looking() -> sa.Select[typing.Any]:
    return sa.select(NODES.c.id, NODES.c.uuid, NODES.c.generation, NODES.c.instance_info)


def highest(connection: sa.Connection) -> int:
    """Return the highest id of a node."""
    return int(connection.scalar(sa.select(sa.func.max(NODES.c.id))) or 0)


def take_node(connection: sa.Connection, row: Row, node: Row, now: datetime.datetime) -> bool:
    """Note the allocation on a node that is still as it was read and fit; return whether it was."""
    return hand_over(connection, row, node, now, [condition for _, condition in FIT])


def settle(connection: sa.Connection, row: Row, node: Row, now: datetime.datetime) -> bool:
    """Note the node on an allocation that still waits and has still this conductor; return whether that was so."""
    return connection.execute(sa.update(ALLOCATIONS).where(
        ALLOCATIONS.c.id == row.id, ALLOCATIONS.c.state == ALLOCATING, ALLOCATIONS.c.conductor == row.conductor,
        ALLOCATIONS.c.epoch == row.epoch).values(
            state=ACTIVE, node_id=node.id, last_error=None, updated_at=now)).rowcount == 1


def hand_over(connection: sa.Connection, row: Row, node: Row, now: datetime.datetime,
              fit: collections.abc.Sequence[sa.ColumnElement[bool]]) -> bool:
    """Note the allocation on the node that is still as it was read and held by nobody; return whether it was.

    Its traits are the instance's, also when there are none: those of the one before choose no deploy templates.
    Raises ``InstanceTaken`` where another node carries an instance of that UUID.
    """
    info = {**record.load(node.instance_info), "traits": orjson.loads(row.traits) if row.traits else []}
    try:
        return connection.execute(sa.update(NODES).where(
            NODES.c.id == node.id, NODES.c.generation == node.generation, _free(now), *fit).values(
                instance_uuid=row.uuid, allocation_uuid=row.uuid, updated_at=now, instance_info=record.dump(info),
                generation=NODES.c.generation + 1)).rowcount == 1
    except exception.DBDuplicateEntry:
        raise errors.InstanceTaken(instance=row.uuid, node=node.uuid) from None


def let_go(connection: sa.Connection, node: Row, now: datetime.datetime) -> bool:
    """Take the allocation off a node that is still as it was read and held by nobody; return whether it was."""
    info = record.load(node.instance_info)
    info.pop("traits", None)
    return connection.execute(sa.update(NODES).where(
        NODES.c.id == node.id, NODES.c.generation == node.generation, _free(now)).values(
            instance_uuid=None, allocation_uuid=None, instance_info=record.dump(info) if info else None,
            generation=NODES.c.generation + 1, updated_at=now)).rowcount == 1


def reasons(connection: sa.Connection, row: Row, now: datetime.datetime) -> list[tuple[str, int]]:
    """Return how many nodes are left after each thing that is wanted, in words, until none is."""
    found: list[tuple[str, int]] = []
    where: list[sa.ColumnElement[bool]] = []
    for words, condition in [*wishes(row), *FIT, ("that nobody works on", _free(now))]:
        where.append(condition)
        count = int(connection.scalar(sa.select(sa.func.count()).select_from(NODES).where(*where)) or 0)
        found.append((words, count))
        if not count:
            break
    return found
