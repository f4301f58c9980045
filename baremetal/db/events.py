"""Queries of the table events: add, read on from a place, purge."""

import collections.abc
import datetime
import typing

import sqlalchemy as sa

from baremetal.db import models, record

EVENTS = models.EVENTS
_ADDING = sa.insert(EVENTS)
_NEWEST = sa.select(sa.func.coalesce(sa.func.max(EVENTS.c.id), 0))
_AFTER = sa.select(EVENTS).where(EVENTS.c.id > sa.bindparam("w_ident")).order_by(EVENTS.c.id).limit(
    sa.bindparam("w_most", type_=sa.Integer))
_OLDEST = sa.select(sa.func.coalesce(sa.func.min(EVENTS.c.id), 0))
#: actions are words of notify.happening; there is no index, since only a node in maintenance is looked for
_MAINTENANCE: sa.Select[typing.Any] = sa.select(EVENTS.c.at, EVENTS.c.user, EVENTS.c.facts).where(
    EVENTS.c.uuid == sa.bindparam("w_node"), EVENTS.c.kind == "node", EVENTS.c.action == "maintenance").order_by(
    EVENTS.c.id.desc()).limit(1)

#: columns that are as they were told
PLAIN = ("at", "kind", "action", "uuid", "name", "node_uuid", "owner", "lessee", "request_id", "user")


def add(connection: sa.Connection, told: collections.abc.Sequence[typing.Any]) -> None:
    """Write what has happened, in this order."""
    rows = [{**{name: getattr(one, name) for name in PLAIN}, "facts": record.dump(one.facts) if one.facts else None}
            for one in told]
    if rows:
        connection.execute(_ADDING, rows if len(rows) > 1 else rows[0])


def newest(connection: sa.Connection) -> int:
    """Return the id of the newest event; 0 where there is none."""
    return int(connection.scalar(_NEWEST) or 0)


def oldest(connection: sa.Connection) -> int:
    """Return the id of the oldest event; 0 where there is none."""
    return int(connection.scalar(_OLDEST) or 0)


def after(connection: sa.Connection, ident: int, most: int) -> collections.abc.Sequence[sa.Row[typing.Any]]:
    """Return at most so many events with higher ids, oldest first."""
    return connection.execute(_AFTER, {"w_ident": ident, "w_most": most}).all()


def maintenance(connection: sa.Connection, node: str) -> sa.Row[typing.Any] | None:
    """Return when, by whom and to what the maintenance of a node was changed last, as far as events are kept."""
    return connection.execute(_MAINTENANCE, {"w_node": node}).first()


def purge(connection: sa.Connection, before: datetime.datetime) -> int:
    """Delete the events that are older than ``before``; return how many."""
    return int(connection.execute(sa.delete(EVENTS).where(EVENTS.c.at < before)).rowcount)
