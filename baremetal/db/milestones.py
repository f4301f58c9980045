"""Queries of the table milestones: what was seen of a node, and when."""

import collections.abc
import typing

import sqlalchemy as sa

from baremetal.db import models

MILESTONES = models.MILESTONES
_ADDING = sa.insert(MILESTONES)


def add(connection: sa.Connection, rows: collections.abc.Sequence[dict[str, typing.Any]]) -> None:
    """Write milestones: each ``{node_id, flow_id, name, at, facts}`` with facts as JSON text."""
    if rows:
        connection.execute(_ADDING, rows if len(rows) > 1 else rows[0])


def of_flow(connection: sa.Connection, flow_id: int) -> list[sa.Row[typing.Any]]:
    """Return the milestones of a flow, oldest first."""
    return list(connection.execute(sa.select(MILESTONES).where(MILESTONES.c.flow_id == flow_id).order_by(
        MILESTONES.c.id)))


def purge(connection: sa.Connection, before: typing.Any) -> int:
    """Delete the milestones that belong to no flow and are older than ``before``; flows take theirs with them."""
    return int(connection.execute(sa.delete(MILESTONES).where(
        MILESTONES.c.flow_id.is_(None), MILESTONES.c.at < before)).rowcount)
