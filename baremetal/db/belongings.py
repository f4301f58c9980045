"""Queries of what hangs on nodes beside ports: port groups, volume connectors and targets. The table is an argument."""

import collections.abc
import functools
import typing

import sqlalchemy as sa

from baremetal.db import models

PORTS, PORTGROUPS = models.PORTS, models.PORTGROUPS


@functools.cache
def _locking(table: sa.Table, column: str) -> sa.Select[typing.Any]:
    return sa.select(table).where(table.c[column] == sa.bindparam("w_key")).with_for_update()


def locked(connection: sa.Connection, table: sa.Table, column: str, value: str) -> sa.Row[typing.Any] | None:
    """Return the row whose ``column`` is ``value``, locked until the transaction ends, or None."""
    return connection.execute(_locking(table, column), {"w_key": value}).first()


def add(connection: sa.Connection, table: sa.Table, values: dict[str, typing.Any]) -> None:
    """Write a new row."""
    connection.execute(sa.insert(table), values)


def change(connection: sa.Connection, table: sa.Table, ident: int, values: dict[str, typing.Any]) -> None:
    """Write columns of a row."""
    connection.execute(sa.update(table).where(table.c.id == ident).values(values))


def taken(connection: sa.Connection, table: sa.Table, ident: int, values: collections.abc.Mapping[str, typing.Any],
          unique: collections.abc.Iterable[str]) -> str | None:
    """Return the first of the columns ``unique`` whose value another row than this one has already."""
    for name in unique:
        if values.get(name) is not None and connection.execute(sa.select(table.c.id).where(
                table.c[name] == values[name], table.c.id != ident)).first():
            return name
    return None


def remove(connection: sa.Connection, table: sa.Table, ident: int) -> None:
    """Delete a row."""
    connection.execute(sa.delete(table).where(table.c.id == ident))


def members(connection: sa.Connection, group: str) -> list[sa.Row[typing.Any]]:
    """Return the ports of a port group."""
    return list(connection.execute(sa.select(PORTS).where(PORTS.c.portgroup_uuid == group).order_by(PORTS.c.id)))


def name_network(connection: sa.Connection, group: str, network: str | None) -> None:
    """Write the physical network of all ports of a port group."""
    connection.execute(sa.update(PORTS).where(PORTS.c.portgroup_uuid == group).values(physical_network=network))
