"""Queries for the timeline of one node: its flows, their steps and milestones. One statement for each table."""

import collections.abc
import typing

import sqlalchemy as sa

from baremetal.db import models

NODES, FLOWS, STEPS, MILESTONES = models.NODES, models.FLOWS, models.STEPS, models.MILESTONES

Rows = collections.abc.Sequence[sa.Row[typing.Any]]

_NODE: dict[str, sa.Select[typing.Any]] = {column: sa.select(
    NODES.c.id, NODES.c.uuid, NODES.c.name, NODES.c.provision_state, NODES.c.target_provision_state,
    NODES.c.provision_updated_at, NODES.c.power_state, NODES.c.maintenance, NODES.c.maintenance_reason, NODES.c.fault,
    NODES.c.last_error, NODES.c.reservation, NODES.c.lease_why, NODES.c.lease_since, NODES.c.lease_deadline,
    NODES.c.owner, NODES.c.lessee).where(NODES.c[column] == sa.bindparam("w_key")) for column in ("uuid", "name")}
_FLOWS = (sa.select(FLOWS).where(FLOWS.c.node_id == sa.bindparam("w_node")).order_by(FLOWS.c.id.desc())
          .limit(sa.bindparam("w_limit")))
#: the state is flows.DONE of the module of that name
_EARLIER = (sa.select(FLOWS).where(FLOWS.c.node_id == sa.bindparam("w_node"), FLOWS.c.verb == sa.bindparam("w_verb"),
                                   FLOWS.c.state == "done", FLOWS.c.id < sa.bindparam("w_before"))
            .order_by(FLOWS.c.id.desc()).limit(1))
_STEPS = (sa.select(STEPS).where(STEPS.c.flow_id.in_(sa.bindparam("w_flows", expanding=True)))
          .order_by(STEPS.c.flow_id, STEPS.c.position))
_MILESTONES = (sa.select(MILESTONES).where(MILESTONES.c.flow_id.in_(sa.bindparam("w_flows", expanding=True)))
               .order_by(MILESTONES.c.id))


def node(connection: sa.Connection, column: str, value: str) -> sa.Row[typing.Any] | None:
    """Return the node whose ``column`` (uuid or name) is ``value``, or None."""
    return connection.execute(_NODE[column], {"w_key": value}).first()


def flows(connection: sa.Connection, node_id: int, limit: int) -> Rows:
    """Return the newest flows of a node, the newest one first."""
    return connection.execute(_FLOWS, {"w_node": node_id, "w_limit": limit}).all()


def earlier(connection: sa.Connection, flows: Rows) -> Rows:
    """Return, for each of some flows, the last one before it that did the same with the node and succeeded."""
    return [row for flow in flows if (row := connection.execute(
        _EARLIER, {"w_node": flow.node_id, "w_verb": flow.verb, "w_before": flow.id}).first()) is not None]


def steps(connection: sa.Connection, flow_ids: list[int]) -> Rows:
    """Return the steps of flows in their order."""
    return connection.execute(_STEPS, {"w_flows": flow_ids}).all()


def milestones(connection: sa.Connection, flow_ids: list[int]) -> Rows:
    """Return what was seen while flows ran, oldest first."""
    return connection.execute(_MILESTONES, {"w_flows": flow_ids}).all()
