"""Queries of the tables flows and flow_steps: the journal as rows. What the rows mean is ``conductor/journal.py``'s."""

import collections.abc
import datetime
import functools
import typing

import sqlalchemy as sa

from baremetal.db import models, record

FLOWS, STEPS, NODES = models.FLOWS, models.STEPS, models.NODES

# fmt: off
RUNNING, WAITING, HELD = "running", "waiting", "held"
DONE, FAILED, ABORTED = "done", "failed", "aborted"
#: a flow in one of these has not ended
OPEN = (RUNNING, WAITING, HELD)
# fmt: on

Row = dict[str, typing.Any]


def add(connection: sa.Connection, flow: Row, lines: collections.abc.Sequence[Row]) -> int:
    """Write a flow and its plan; return its id."""
    key = connection.execute(_ADD_FLOW, flow).inserted_primary_key
    assert key is not None
    ident = int(key[0])
    if lines:
        rows = [{**line, "flow_id": ident} for line in lines]
        connection.execute(_ADD_STEP, rows if len(rows) > 1 else rows[0])
    return ident


def change(connection: sa.Connection, ident: int, values: Row) -> None:
    """Write columns of a flow."""
    connection.execute(_changing(tuple(sorted(values))), {**values, "w_id": ident})


def change_step(connection: sa.Connection, ident: int, position: int, values: Row) -> None:
    """Write columns of one step of a flow."""
    connection.execute(_changing_step(tuple(sorted(values))), {**values, "w_id": ident, "w_position": position})


def replan(connection: sa.Connection, ident: int, planned: str, lines: collections.abc.Sequence[Row]) -> None:
    """Put other lines in the place of those that are in state ``planned``."""
    connection.execute(_FORGET_PLANNED, {"w_id": ident, "w_state": planned})
    if lines:
        rows = [{**line, "flow_id": ident} for line in lines]
        connection.execute(_ADD_STEP, rows if len(rows) > 1 else rows[0])


def renew(connection: sa.Connection, ident: int, seen: datetime.datetime, now: datetime.datetime,
          deadline: datetime.datetime) -> None:
    """Move the deadline of a flow that waits; does nothing to one that waits no more, or for something else by now.

    ``seen`` is its updated_at, as it was read.
    """
    connection.execute(_RENEW, {"w_id": ident, "w_seen": seen, "updated_at": now, "deadline": deadline})


def end_open(connection: sa.Connection, node_id: int, now: datetime.datetime, error: str) -> None:
    """End what a node has of flows that wait or hold, because another verb takes their place; their secrets go."""
    left = connection.execute(sa.select(FLOWS.c.id, FLOWS.c.params).where(
        FLOWS.c.node_id == node_id, FLOWS.c.state.in_((WAITING, HELD)))).all()
    for flow in left:
        _mask(connection, FLOWS, flow.id, "params", flow.params)
        for row in steps_of(connection, flow.id):
            _mask(connection, STEPS, row.id, "step", row.step)
    connection.execute(sa.update(FLOWS).where(FLOWS.c.node_id == node_id, FLOWS.c.state.in_((WAITING, HELD))).values(
        state=ABORTED, finished_at=now, updated_at=now, error=error))


def _mask(connection: sa.Connection, table: sa.Table, ident: int, column: str, text: str | None) -> None:
    shown, hidden = record.split(column, record.load(text))
    if hidden is not None:
        connection.execute(sa.update(table).where(table.c.id == ident).values({column: shown}))


def open_of(connection: sa.Connection, node_id: int) -> sa.Row[typing.Any] | None:
    """Return the flow of a node that has not ended, or None; the newest, should there be several."""
    return connection.execute(_OPEN_OF, {"w_node": node_id}).first()


def steps_of(connection: sa.Connection, ident: int) -> list[sa.Row[typing.Any]]:
    """Return the plan of a flow in its order."""
    return list(connection.execute(_STEPS_OF, {"w_id": ident}))


def interrupted(connection: sa.Connection, now: datetime.datetime, host: str, epoch: int) -> list[sa.Row[typing.Any]]:
    """Return ``(uuid, driver, conductor_group, reservation)`` of nodes with a running flow that nobody works on."""
    return list(connection.execute(_INTERRUPTED, {"w_now": now, "w_host": host, "w_epoch": epoch}))


def overdue(connection: sa.Connection, now: datetime.datetime) -> list[sa.Row[typing.Any]]:
    """Return ``(uuid, driver, conductor_group, reservation)`` of nodes whose flow waits past its deadline."""
    return list(connection.execute(_OVERDUE, {"w_now": now}))


def silent(connection: sa.Connection, waiting: str, before: datetime.datetime,
           alive: collections.abc.Sequence[str], host: str, epoch: int) -> list[sa.Row[typing.Any]]:
    """Return nodes with the step in state ``waiting`` of their flow that waits, and the flow's conductor and ``lost``.

    The node's generation says later whether anything has changed since.

    Only where nothing was seen since ``before``, neither by a milestone nor since it began to wait, or where it is
    ``lost``: its conductor is not among those ``alive``, or was an earlier process of ``host``.
    """
    return list(connection.execute(_SILENT, {"w_waiting": waiting, "w_before": before, "w_alive": list(alive),
                                             "w_host": host, "w_epoch": epoch}))


def purge(connection: sa.Connection, before: datetime.datetime) -> int:
    """Delete flows that ended before ``before``, with their steps and milestones."""
    return int(connection.execute(sa.delete(FLOWS).where(
        FLOWS.c.finished_at < before, FLOWS.c.state.not_in(OPEN))).rowcount)


@functools.lru_cache(64)
def _changing(names: tuple[str, ...]) -> sa.Update:
    return sa.update(FLOWS).where(FLOWS.c.id == sa.bindparam("w_id")).values(
        {name: sa.bindparam(name) for name in names})


@functools.lru_cache(64)
def _changing_step(names: tuple[str, ...]) -> sa.Update:
    return sa.update(STEPS).where(
        STEPS.c.flow_id == sa.bindparam("w_id"), STEPS.c.position == sa.bindparam("w_position")).values(
            {name: sa.bindparam(name) for name in names})


_FORGET_PLANNED = sa.delete(STEPS).where(
    STEPS.c.flow_id == sa.bindparam("w_id"), STEPS.c.state == sa.bindparam("w_state"))
_RENEW = sa.update(FLOWS).where(
    FLOWS.c.id == sa.bindparam("w_id"), FLOWS.c.state == WAITING, FLOWS.c.updated_at == sa.bindparam("w_seen"),
    FLOWS.c.deadline.is_not(None)).values(
        updated_at=sa.bindparam("updated_at"), deadline=sa.bindparam("deadline"))
_ADD_FLOW, _ADD_STEP = sa.insert(FLOWS), sa.insert(STEPS)
_OPEN_OF = sa.select(FLOWS).where(
    FLOWS.c.node_id == sa.bindparam("w_node"), FLOWS.c.state.in_(OPEN)).order_by(FLOWS.c.id.desc()).limit(1)
_STEPS_OF = sa.select(STEPS).where(STEPS.c.flow_id == sa.bindparam("w_id")).order_by(STEPS.c.position)
_WHOSE = sa.select(NODES.c.uuid, NODES.c.driver, NODES.c.conductor_group, NODES.c.reservation).join_from(FLOWS, NODES)
_INTERRUPTED = _WHOSE.where(FLOWS.c.state == RUNNING, sa.or_(
    NODES.c.reservation.is_(None), NODES.c.lease_deadline < sa.bindparam("w_now"),
    sa.and_(NODES.c.reservation == sa.bindparam("w_host"), NODES.c.lease_epoch < sa.bindparam("w_epoch"))))
_OVERDUE = _WHOSE.where(FLOWS.c.state == WAITING, FLOWS.c.deadline < sa.bindparam("w_now"))
_SEEN = sa.select(sa.func.max(models.MILESTONES.c.at)).where(
    models.MILESTONES.c.flow_id == FLOWS.c.id).correlate(FLOWS).scalar_subquery()
_LOST = sa.or_(FLOWS.c.conductor.not_in(sa.bindparam("w_alive", expanding=True)), sa.and_(
    FLOWS.c.conductor == sa.bindparam("w_host"), FLOWS.c.epoch < sa.bindparam("w_epoch")))
_SILENT = sa.select(
    NODES.c.uuid, NODES.c.driver, NODES.c.conductor_group, NODES.c.generation, FLOWS.c.conductor,
    FLOWS.c.epoch, *STEPS.c, sa.case((_LOST, 1), else_=0).label("lost")).join_from(FLOWS, NODES).join(
    STEPS, STEPS.c.flow_id == FLOWS.c.id).where(
        FLOWS.c.state == WAITING, STEPS.c.state == sa.bindparam("w_waiting"), sa.or_(
            _LOST, sa.and_(FLOWS.c.updated_at < sa.bindparam("w_before"),
                           sa.func.coalesce(_SEEN, FLOWS.c.updated_at) < sa.bindparam("w_before"))))
