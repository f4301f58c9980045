"""Queries of the table milestones: what was seen of a node, and when."""

import collections.abc
import typing

import sqlalchemy as sa

from baremetal.db import flows, models

MILESTONES = models.MILESTONES
_ADDING = sa.insert(MILESTONES)
_WHOSE = sa.select(models.NODES.c.uuid, models.NODES.c.id, sa.func.max(models.FLOWS.c.id).label("flow")).join_from(
    models.NODES, models.FLOWS, sa.and_(models.FLOWS.c.node_id == models.NODES.c.id,
                                        models.FLOWS.c.state.in_(flows.OPEN)), isouter=True).where(
    models.NODES.c.uuid.in_(sa.bindparam("w_uuids", expanding=True))).group_by(models.NODES.c.uuid, models.NODES.c.id)


def add(connection: sa.Connection, rows: collections.abc.Sequence[dict[str, typing.Any]]) -> None:
    """Write milestones: each ``{node_id, flow_id, name, at, facts}`` with facts as JSON text."""
    if rows:
        connection.execute(_ADDING, rows if len(rows) > 1 else rows[0])


def whose(connection: sa.Connection, nodes: collections.abc.Sequence[str]) -> dict[str, tuple[int, int | None]]:
    """Return ``{uuid: (node's id, id of its flow that has not ended)}``."""
    found = connection.execute(_WHOSE, {"w_uuids": list(nodes)})
    return {row.uuid: (row.id, row.flow) for row in found}


def of_flow(connection: sa.Connection, flow_id: int) -> list[sa.Row[typing.Any]]:
    """Return the milestones of a flow, oldest first."""
    return list(connection.execute(sa.select(MILESTONES).where(MILESTONES.c.flow_id == flow_id).order_by(
        MILESTONES.c.id)))


def purge(connection: sa.Connection, before: typing.Any) -> int:
    """Delete the milestones that belong to no flow and are older than ``before``; flows take theirs with them."""
    return int(connection.execute(sa.delete(MILESTONES).where(
        MILESTONES.c.flow_id.is_(None), MILESTONES.c.at < before)).rowcount)
