"""Queries of the table inspection_rules."""

import typing

import sqlalchemy as sa

from baremetal.db import models

RULES = models.INSPECTION_RULES

_ONE = sa.select(RULES).where(RULES.c.uuid == sa.bindparam("w_uuid")).with_for_update()
_PHASE = sa.select(RULES).where(RULES.c.phase == sa.bindparam("w_phase")).order_by(RULES.c.priority.desc(), RULES.c.id)


def locked(connection: sa.Connection, uuid: str) -> sa.Row[typing.Any] | None:
    """Return the rule of this UUID, locked until the transaction ends, or None."""
    return connection.execute(_ONE, {"w_uuid": uuid}).first()


def of_phase(connection: sa.Connection, phase: str) -> list[sa.Row[typing.Any]]:
    """Return the rules of a phase in the order in which they run."""
    return list(connection.execute(_PHASE, {"w_phase": phase}))


def add(connection: sa.Connection, row: dict[str, typing.Any]) -> None:
    """Write a new rule."""
    connection.execute(sa.insert(RULES), row)


def change(connection: sa.Connection, ident: int, values: dict[str, typing.Any]) -> None:
    """Write columns of a rule."""
    connection.execute(sa.update(RULES).where(RULES.c.id == ident).values(values))


def remove(connection: sa.Connection, ident: int) -> None:
    """Delete a rule."""
    connection.execute(sa.delete(RULES).where(RULES.c.id == ident))
