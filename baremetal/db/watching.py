"""Queries of the watcher: what has changed of several nodes at once, in three statements however many they are."""

import collections.abc
import typing

import sqlalchemy as sa

from baremetal.db import models

NODES, FLOWS, STEPS, MILESTONES = models.NODES, models.FLOWS, models.STEPS, models.MILESTONES

Rows = collections.abc.Sequence[sa.Row[typing.Any]]
#: node's id: the oldest flow of it that is still of interest
Since = dict[int, int]

_NODES: sa.Select[typing.Any] = sa.select(
    NODES.c.id, NODES.c.uuid, NODES.c.name, NODES.c.provision_state, NODES.c.target_provision_state,
    NODES.c.power_state, NODES.c.maintenance, NODES.c.fault, NODES.c.last_error,
    NODES.c.owner, NODES.c.lessee,
    ).where(NODES.c.id.in_(sa.bindparam("w_nodes", expanding=True)))


def nodes(connection: sa.Connection, ids: collections.abc.Collection[int]) -> Rows:
    """Return what is watched of nodes; one that is gone has no row."""
    return connection.execute(_NODES, {"w_nodes": list(ids)}).all()


def flows(connection: sa.Connection, since: Since) -> Rows:
    """Return the flows of nodes from the one on that is named for each, oldest first."""
    wanted = [sa.and_(FLOWS.c.node_id == node, FLOWS.c.id >= flow) for node, flow in since.items()]
    return connection.execute(sa.select(FLOWS).where(sa.or_(*wanted)).order_by(FLOWS.c.id)).all()


def known(connection: sa.Connection, node_id: int, most: int) -> list[int]:
    """Return the ids of a node's newest flows, at most so many, the newest one first."""
    return list(connection.scalars(sa.select(FLOWS.c.id).where(FLOWS.c.node_id == node_id)
                                   .order_by(FLOWS.c.id.desc()).limit(most)))
