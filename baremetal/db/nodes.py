"""Queries of the table nodes as the API needs them: find, insert, change, delete. Conductors use ``locks.py``.

Statements are kept as objects: composing one anew costs more than the database takes to answer it.
"""

import collections.abc
import datetime
import functools
import typing

import sqlalchemy as sa
from oslo_db import exception

from baremetal import clock, errors
from baremetal.db import duplicates, models

NODES = models.NODES

Row = sa.Row[typing.Any]
Values = dict[str, typing.Any]

#: columns with a value that only one node has, the longest name first (the server names only the index)
UNIQUE = ("instance_uuid", "uuid", "name")
_INSERT = sa.insert(NODES).inline()
_CHASSIS = sa.select(models.CHASSIS.c.id).where(models.CHASSIS.c.uuid == sa.bindparam("key"))
_FREE = sa.or_(NODES.c.reservation.is_(None), NODES.c.lease_deadline < sa.bindparam("w_now"))


@functools.cache
def _selecting(key: str, names: tuple[str, ...]) -> sa.Select[typing.Any]:
    columns = [NODES.c[name] for name in names] if names else list(NODES.c)
    return sa.select(*columns).where(NODES.c[key] == sa.bindparam("key"))


def find(connection: sa.Connection, key: str, value: str, names: tuple[str, ...] = ()) -> Row | None:
    """Return these columns (none named: all) of the node whose column ``key`` is ``value``."""
    return connection.execute(_selecting(key, names), {"key": value}).first()


def chassis(connection: sa.Connection, uuid: str) -> int | None:
    """Return the id of a chassis, by which nodes refer to it."""
    found: int | None = connection.scalar(_CHASSIS, {"key": uuid})
    return found


def insert(connection: sa.Connection, values: Values) -> None:
    """Add a node; raises ``AlreadyExists`` or ``InstanceTaken``."""
    try:
        connection.execute(_INSERT, values)
    except exception.DBDuplicateEntry as error:
        raise _taken(error, values, values["uuid"]) from None


def _taken(error: exception.DBDuplicateEntry, values: Values, node: str) -> errors.Fault:
    """Return the fault that names the value that another node has."""
    field = duplicates.column(error, "nodes", UNIQUE) or "uuid"
    if field == "instance_uuid":
        return errors.InstanceTaken(instance=values.get(field), node=node)
    return errors.AlreadyExists(what="node", field=field, value=values.get(field))


@functools.lru_cache(maxsize=1024)
def _updating(names: tuple[str, ...], free: str) -> sa.Update:
    seen = [NODES.c.id == sa.bindparam("w_id"), NODES.c.generation == sa.bindparam("w_seen")]
    values: dict[str, typing.Any] = {name: sa.bindparam(f"new_{name}") for name in names}
    return sa.update(NODES).where(*seen, *([_FREE] if free else [])).values(
        {**values, "generation": NODES.c.generation + 1, "updated_at": sa.bindparam("w_at")})


def update(connection: sa.Connection, seen: Values, changes: Values, now: datetime.datetime,
           *, only_free: bool) -> bool:
    """Change a node that is still as ``seen`` (id and generation), and with ``only_free`` held by nobody.

    Return whether it was. Raises ``AlreadyExists`` or ``InstanceTaken``.
    """
    names = tuple(sorted(changes))
    given = {f"new_{name}": changes[name] for name in names}
    given |= {"w_id": seen["id"], "w_seen": seen["generation"], "w_at": now}
    if only_free:
        given["w_now"] = now
    try:
        return connection.execute(_updating(names, "free" if only_free else ""), given).rowcount == 1
    except exception.DBDuplicateEntry as error:
        raise _taken(error, changes, seen["uuid"]) from None


@functools.cache
def _setting(key: str, names: tuple[str, ...]) -> sa.Update:
    values: dict[str, typing.Any] = {name: sa.bindparam(f"new_{name}") for name in names}
    return sa.update(NODES).where(NODES.c[key] == sa.bindparam("w_key")).values(
        {**values, "generation": NODES.c.generation + 1, "updated_at": sa.bindparam("w_at")})


def put(connection: sa.Connection, key: str, value: str, changes: Values, now: datetime.datetime) -> bool:
    """Change a node whatever it is; return whether there is one."""
    names = tuple(sorted(changes))
    given = {f"new_{name}": changes[name] for name in names}
    return connection.execute(_setting(key, names), {**given, "w_key": value, "w_at": now}).rowcount == 1


_DELETE = sa.delete(NODES).where(
    NODES.c.id == sa.bindparam("w_id"), NODES.c.generation == sa.bindparam("w_seen"), _FREE)


def delete(connection: sa.Connection, seen: Values, now: datetime.datetime) -> bool:
    """Delete a node that is still as ``seen`` and held by nobody, with all that hangs on it; return whether it was."""
    given = {"w_id": seen["id"], "w_seen": seen["generation"], "w_now": now}
    return connection.execute(_DELETE, given).rowcount == 1


def held(row: collections.abc.Mapping[str, typing.Any], now: datetime.datetime) -> errors.NodeLocked | None:
    """Return the fault that says who holds a node that was read, or None when nobody does."""
    if not row["reservation"] or row["lease_deadline"] is None or row["lease_deadline"] < now:
        return None
    return errors.NodeLocked(node=row["uuid"], holder=row["reservation"], why=row["lease_why"],
                             since=clock.iso(row["lease_since"]))


#: what ``held`` looks at
LEASE = ("uuid", "reservation", "lease_deadline", "lease_why", "lease_since")

_WITH_CONSOLE: sa.Select[typing.Any] = sa.select(
    NODES.c.uuid, NODES.c.driver, NODES.c.conductor_group).where(NODES.c.console_enabled.is_(True))


def with_console(connection: sa.Connection) -> list[Row]:
    """Return uuid, driver and conductor_group of the nodes whose console is enabled."""
    return list(connection.execute(_WITH_CONSOLE))
