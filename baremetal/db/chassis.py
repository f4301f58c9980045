"""Queries of the table chassis."""

import typing

import sqlalchemy as sa

from baremetal.db import models

CHASSIS, NODES = models.CHASSIS, models.NODES

_ADDING = sa.insert(CHASSIS)
_ONE = sa.select(CHASSIS).where(CHASSIS.c.uuid == sa.bindparam("w_uuid")).with_for_update()
_NODE_IN = sa.select(NODES.c.uuid).where(NODES.c.chassis_id == sa.bindparam("w_id")).limit(1)


def add(connection: sa.Connection, values: dict[str, typing.Any]) -> None:
    """Write a new chassis."""
    connection.execute(_ADDING, values)


def locked(connection: sa.Connection, uuid: str) -> sa.Row[typing.Any] | None:
    """Return the chassis of this UUID, locked until the transaction ends, or None."""
    return connection.execute(_ONE, {"w_uuid": uuid}).first()


def node_in(connection: sa.Connection, ident: int) -> str | None:
    """Return the UUID of a node that sits in the chassis, or None when it is empty."""
    found: str | None = connection.scalar(_NODE_IN, {"w_id": ident})
    return found


def change(connection: sa.Connection, ident: int, values: dict[str, typing.Any]) -> None:
    """Write columns of a chassis."""
    connection.execute(sa.update(CHASSIS).where(CHASSIS.c.id == ident).values(values))


def remove(connection: sa.Connection, ident: int) -> None:
    """Delete a chassis."""
    connection.execute(sa.delete(CHASSIS).where(CHASSIS.c.id == ident))
