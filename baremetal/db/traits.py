"""Queries of the table node_traits: list, replace, add, remove. A change holds the node's row: counts are true."""

import datetime

import sqlalchemy as sa

from baremetal.db import models

NODES, TRAITS = models.NODES, models.TRAITS

_LIST = sa.select(TRAITS.c.trait).where(TRAITS.c.node_id == sa.bindparam("node")).order_by(TRAITS.c.trait)
_TOUCH = sa.update(NODES).where(NODES.c.id == sa.bindparam("w_id")).values(
    updated_at=sa.bindparam("w_at"), generation=NODES.c.generation + 1)
_INSERT = sa.insert(TRAITS)
_CLEAR = sa.delete(TRAITS).where(TRAITS.c.node_id == sa.bindparam("node"))
_REMOVE = _CLEAR.where(TRAITS.c.trait == sa.bindparam("name"))


def names(connection: sa.Connection, node: int) -> list[str]:
    """Return a node's traits in order."""
    return list(connection.scalars(_LIST, {"node": node}))


def replace(connection: sa.Connection, node: int, wanted: list[str], now: datetime.datetime) -> bool:
    """Give a node these traits and no others; False when there is no such node any more."""
    if not _touch(connection, node, now):
        return False
    put(connection, node, wanted)
    return True


def put(connection: sa.Connection, node: int, wanted: list[str]) -> None:
    """Do the same on a node that is held, whose row is written anyway."""
    connection.execute(_CLEAR, {"node": node})
    if wanted:
        connection.execute(_INSERT, [{"node_id": node, "trait": name} for name in wanted])


def add(connection: sa.Connection, node: int, name: str, most: int, now: datetime.datetime) -> bool:
    """Add a trait; False when the node has ``most`` others already."""
    _touch(connection, node, now)
    known = names(connection, node)
    if name in known:
        return True
    if len(known) >= most:
        return False
    connection.execute(_INSERT, {"node_id": node, "trait": name})
    return True


def remove(connection: sa.Connection, node: int, name: str, now: datetime.datetime) -> bool:
    """Remove a trait; return whether the node had it."""
    _touch(connection, node, now)
    return connection.execute(_REMOVE, {"node": node, "name": name}).rowcount == 1


def _touch(connection: sa.Connection, node: int, now: datetime.datetime) -> bool:
    return connection.execute(_TOUCH, {"w_id": node, "w_at": now}).rowcount == 1
