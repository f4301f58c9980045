"""Queries of the table node_inventory: the report that waits to be processed, and what came of the last one.

Columns are JSON as text, as everywhere.
"""

import collections.abc
import datetime
import typing

import sqlalchemy as sa

from baremetal.db import engine, models, record

INVENTORY, NODES = models.INVENTORY, models.NODES

_PENDING = sa.select(INVENTORY.c.pending).where(INVENTORY.c.node_id == sa.bindparam("w_node"))
_SHOWN = sa.select(INVENTORY.c.inventory).where(INVENTORY.c.node_id == sa.bindparam("w_node"))
_READING: dict[str, sa.Select[typing.Any]] = {
    key: sa.select(INVENTORY.c.inventory, INVENTORY.c.plugin_data, NODES.c.owner, NODES.c.lessee).select_from(
        NODES.outerjoin(INVENTORY)).where(
        NODES.c[key] == sa.bindparam("w_key")) for key in ("uuid", "name")}


def store_pending(database: engine.Database, node_id: int, report: str, now: datetime.datetime,
                  expect: collections.abc.Mapping[str, typing.Any]) -> bool:
    """Keep a report until it is processed, where the node's columns are as ``expect`` says; return whether they were.

    A newer one takes the place of an older one. The node's row is locked meanwhile, so that none comes in while
    somebody begins to process what there is, or to boot the server anew.
    """
    wanted = [NODES.c[name] == value for name, value in expect.items()]
    with database.write() as connection:
        if connection.execute(sa.select(NODES.c.id).where(NODES.c.id == node_id, *wanted).with_for_update()).first():
            _put(connection, node_id, now, pending=report)
            return True
    return False


def keep(connection: sa.Connection, node_id: int, report: str, now: datetime.datetime) -> None:
    """Keep a report of a node that is held until it is processed."""
    _put(connection, node_id, now, pending=report)


def pending(connection: sa.Connection, node_id: int) -> str | None:
    """Return the report of a node that waits to be processed, or None."""
    found: str | None = connection.scalar(_PENDING, {"w_node": node_id})
    return found


def shown(connection: sa.Connection, node_id: int) -> dict[str, typing.Any] | None:
    """Return the inventory of a node's last report, or None."""
    text: str | None = connection.scalar(_SHOWN, {"w_node": node_id})
    return record.load(text) if text else None


def store(connection: sa.Connection, node_id: int, inventory: str, plugin_data: str, now: datetime.datetime) -> None:
    """Write what came of a report, which is no longer pending then."""
    _put(connection, node_id, now, pending=None, inventory=inventory, plugin_data=plugin_data)


def read(connection: sa.Connection, key: str, value: str) -> sa.Row[typing.Any] | None:
    """Return ``(inventory, plugin_data, owner, lessee)`` of the node whose ``key`` (uuid or name) is ``value``.

    The first two are None where there is nothing; the row is, where there is no such node.
    """
    return connection.execute(_READING[key], {"w_key": value}).first()


def drop(connection: sa.Connection, node_id: int) -> None:
    """Forget a report that waits; what came of earlier ones stays."""
    connection.execute(sa.update(INVENTORY).where(INVENTORY.c.node_id == node_id).values(pending=None))


def _put(connection: sa.Connection, node_id: int, now: datetime.datetime, **columns: str | None) -> None:
    """Change the row of a node, or make it."""
    changed = connection.execute(
        sa.update(INVENTORY).where(INVENTORY.c.node_id == node_id).values(updated_at=now, **columns))
    if not changed.rowcount:
        connection.execute(sa.insert(INVENTORY).values(node_id=node_id, created_at=now, **columns))
