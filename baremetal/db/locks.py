"""The lease on a node: taking it, writing under it, renewing and giving it back. One conditional UPDATE each.

Nothing here decides whether a node should be held; ``conductor/hold.py`` and ``conductor/task.py`` do.
Fencing: every write of a holder carries its token in WHERE, so that a worker that was paused while another one
took the node changes no row and learns it by ``LeaseLost`` (docs/decisions/lease-in-node-row.md).
"""

import collections.abc
import dataclasses
import datetime
import functools
import secrets
import typing

import sqlalchemy as sa

from baremetal import errors
from baremetal.db import models

NODES = models.NODES

#: the columns of a lease as they are when nobody holds the node
FREE: dict[str, typing.Any] = dict.fromkeys(
    ("reservation", "lease_token", "lease_epoch", "lease_why", "lease_since", "lease_deadline"))


@dataclasses.dataclass(frozen=True)
class Seat:
    """Who holds: a conductor's name and the epoch of its present process."""

    host: str
    epoch: int


@dataclasses.dataclass(frozen=True)
class Lease:
    """One hold on one node."""

    node_id: int
    node: str
    token: str
    why: str
    seat: Seat
    since: datetime.datetime
    deadline: datetime.datetime

    def columns(self) -> dict[str, typing.Any]:
        """Return the lease as columns of the node."""
        return {"reservation": self.seat.host, "lease_token": self.token, "lease_epoch": self.seat.epoch,
                "lease_why": self.why, "lease_since": self.since, "lease_deadline": self.deadline}


def draft(seat: Seat, node_id: int, node: str, why: str, now: datetime.datetime, seconds: float) -> Lease:
    """Return a lease as it would be; ``take`` makes it real."""
    return Lease(node_id, node, f"{seat.epoch}.{secrets.token_hex(12)}", why[:255], seat, now,
                 now + datetime.timedelta(seconds=seconds))


def take(connection: sa.Connection, lease: Lease, now: datetime.datetime, *,
         expect: collections.abc.Mapping[str, typing.Any],
         values: collections.abc.Mapping[str, typing.Any] | None = None) -> bool:
    """Take ``lease`` and write ``values`` where the node is free and still as ``expect`` says.

    With ``FREE`` among the values, the node is changed as its holder would and given back at once.
    Free is: held by nobody, held past its deadline, or held by an earlier epoch of the same host.
    The node's generation grows, so that a client's change that was read before cannot overwrite what follows.
    """
    row = {**lease.columns(), **(values or {})}
    statement = _taking(tuple(sorted(row)), tuple(sorted(expect)))
    found = connection.execute(statement, {
        **row, **{f"w_{name}": value for name, value in expect.items()},
        "w_id": lease.node_id, "w_now": now, "w_host": lease.seat.host, "w_epoch": lease.seat.epoch})
    return bool(found.rowcount == 1)


def write(connection: sa.Connection, lease: Lease, values: collections.abc.Mapping[str, typing.Any]) -> None:
    """Write ``values`` of the held node; raises ``LeaseLost``, and then the transaction must be rolled back.

    The generation grows here, too: a holder whose lease has run out writes until somebody takes the node, who must not
    take it on the strength of what was read before.
    """
    statement = _writing(tuple(sorted(values)) or ("lease_token",))
    found = connection.execute(statement, {**(values or {"lease_token": lease.token}),
                                           "w_id": lease.node_id, "w_token": lease.token})
    if found.rowcount != 1:
        raise errors.LeaseLost(node=lease.node, why=lease.why)


def release(connection: sa.Connection, lease: Lease,
            values: collections.abc.Mapping[str, typing.Any] | None = None) -> None:
    """Write ``values`` and give the node back; raises ``LeaseLost``."""
    write(connection, lease, {**(values or {}), **FREE})


def renew(connection: sa.Connection, held: collections.abc.Mapping[str, int], deadline: datetime.datetime) -> int:
    """Move the deadline of all these leases, node ids by token; return how many are still held.

    The ids keep InnoDB from reading, and locking, every node that there is.
    """
    return int(connection.execute(_RENEWING, {
        "w_tokens": list(held), "w_ids": sorted(held.values()), "lease_deadline": deadline}).rowcount)


def stale(connection: sa.Connection, now: datetime.datetime, seat: Seat) -> list[sa.Row[typing.Any]]:
    """Return the nodes whose holder is gone: the deadline passed, or an earlier epoch of ``seat`` held them."""
    return list(connection.execute(_STALE, {"w_now": now, "w_host": seat.host, "w_epoch": seat.epoch}))


def evict(connection: sa.Connection, node_id: int, token: str | None,
          values: collections.abc.Mapping[str, typing.Any] | None = None) -> bool:
    """Take the lease of a holder that is gone from the node, if it is still that one; nobody holds it then."""
    found = connection.execute(sa.update(NODES).where(
        NODES.c.id == node_id, NODES.c.lease_token == token).values({**(values or {}), **FREE}))
    return bool(found.rowcount == 1)


def held(row: typing.Any, now: datetime.datetime, seat: Seat | None = None) -> bool:
    """Return whether a node that was read is held by somebody who may still be alive."""
    if row.reservation is None or row.lease_deadline is None or row.lease_deadline < now:
        return False
    return not (seat and row.reservation == seat.host and row.lease_epoch < seat.epoch)


def _gone() -> list[sa.ColumnElement[bool]]:
    """Return the three ways in which a node is free."""
    return [NODES.c.reservation.is_(None), NODES.c.lease_deadline < sa.bindparam("w_now"),
            sa.and_(NODES.c.reservation == sa.bindparam("w_host"), NODES.c.lease_epoch < sa.bindparam("w_epoch"))]


@functools.lru_cache(512)
def _taking(names: tuple[str, ...], expected: tuple[str, ...]) -> sa.Update:
    return sa.update(NODES).where(
        NODES.c.id == sa.bindparam("w_id"), sa.or_(*_gone()),
        *[NODES.c[name] == sa.bindparam(f"w_{name}") for name in expected]).values(
            {**{name: sa.bindparam(name) for name in names}, "generation": NODES.c.generation + 1})


@functools.lru_cache(512)
def _writing(names: tuple[str, ...]) -> sa.Update:
    return sa.update(NODES).where(
        NODES.c.id == sa.bindparam("w_id"), NODES.c.lease_token == sa.bindparam("w_token")).values(
            {**{name: sa.bindparam(name) for name in names}, "generation": NODES.c.generation + 1})


_RENEWING = sa.update(NODES).where(
    NODES.c.id.in_(sa.bindparam("w_ids", expanding=True)),
    NODES.c.lease_token.in_(sa.bindparam("w_tokens", expanding=True))).values(
        lease_deadline=sa.bindparam("lease_deadline"))
_STALE: sa.Select[typing.Any] = sa.select(
    NODES.c.id, NODES.c.uuid, NODES.c.driver, NODES.c.conductor_group, NODES.c.lease_why, NODES.c.reservation,
    NODES.c.lease_token, NODES.c.target_power_state).where(NODES.c.reservation.is_not(None), sa.or_(*_gone()[1:]))
