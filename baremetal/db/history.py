"""Queries of the table node_history as conductors need them: add and trim. Reading is the API's."""

import collections.abc
import typing

import sqlalchemy as sa

from baremetal.db import models

HISTORY = models.HISTORY
_ADDING = sa.insert(HISTORY)


def add(connection: sa.Connection, rows: collections.abc.Sequence[dict[str, typing.Any]]) -> None:
    """Write entries, in this order."""
    if rows:
        connection.execute(_ADDING, rows if len(rows) > 1 else rows[0])


def crowded(connection: sa.Connection, most: int) -> list[int]:
    """Return the ids of the nodes that have more than ``most`` entries."""
    return list(connection.scalars(sa.select(HISTORY.c.node_id).group_by(HISTORY.c.node_id).having(
        sa.func.count() > most)))


def trim(connection: sa.Connection, node_id: int, most: int) -> int:
    """Delete all but the newest ``most`` entries of a node; return how many went."""
    last = connection.scalar(sa.select(HISTORY.c.id).where(HISTORY.c.node_id == node_id).order_by(
        HISTORY.c.id.desc()).offset(most).limit(1))
    if last is None:
        return 0
    return int(connection.execute(sa.delete(HISTORY).where(
        HISTORY.c.node_id == node_id, HISTORY.c.id <= last)).rowcount)
