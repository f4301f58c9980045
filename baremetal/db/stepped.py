"""Queries of what has a name and steps: deploy templates, runbooks and the traits of runbooks.

Secrets in the arguments of steps stand in a column of their own, as those of nodes do.
"""

import typing

import sqlalchemy as sa

from baremetal.db import models, record

TEMPLATES, RUNBOOKS, RUNBOOK_TRAITS = models.DEPLOY_TEMPLATES, models.RUNBOOKS, models.RUNBOOK_TRAITS

Steps = list[dict[str, typing.Any]]


def split(steps: Steps, known: Steps | None = None) -> tuple[str, str | None]:
    """Return ``(steps as they may be shown, their secrets)`` as JSON texts; what comes masked keeps its known value."""
    before = {(step["interface"], step["step"]): step for step in known or ()}
    shown, hidden = record.split("steps", {"steps": steps}, {
        "steps": [before.get((step["interface"], step["step"]), {}) for step in steps]})
    return record.dump(record.load(shown)["steps"]), hidden


def join(shown: str, hidden: str | None) -> Steps:
    """Return stored steps with their secrets put back."""
    return typing.cast(Steps, record.join(f'{{"steps":{shown}}}', hidden)["steps"])


def one(connection: sa.Connection, table: sa.Table, key: str, value: str, *, lock: bool = False
        ) -> sa.Row[typing.Any] | None:
    """Return the row whose ``key`` (uuid or name) is ``value``, or None; ``lock`` keeps it to the end."""
    query = sa.select(table).where(table.c[key] == value)
    return connection.execute(query.with_for_update() if lock else query).first()


def named(connection: sa.Connection, table: sa.Table, names: list[str]) -> list[sa.Row[typing.Any]]:
    """Return the rows of these names, in the order of their making."""
    return list(connection.execute(sa.select(table).where(table.c.name.in_(names)).order_by(table.c.id)))


def add(connection: sa.Connection, table: sa.Table, row: dict[str, typing.Any]) -> None:
    """Write a new one."""
    connection.execute(sa.insert(table), row)


def change(connection: sa.Connection, table: sa.Table, ident: int, values: dict[str, typing.Any]) -> None:
    """Write columns of one."""
    connection.execute(sa.update(table).where(table.c.id == ident).values(values))


def remove(connection: sa.Connection, table: sa.Table, ident: int) -> None:
    """Delete one."""
    connection.execute(sa.delete(table).where(table.c.id == ident))


def traits(connection: sa.Connection, idents: list[int]) -> dict[int, list[str]]:
    """Return the traits of runbooks, in order, by the runbooks' ids."""
    found: dict[int, list[str]] = {ident: [] for ident in idents}
    if idents:
        query = sa.select(RUNBOOK_TRAITS).where(RUNBOOK_TRAITS.c.runbook_id.in_(idents))
        for row in connection.execute(query.order_by(RUNBOOK_TRAITS.c.trait)):
            found[row.runbook_id].append(row.trait)
    return found


def replace_traits(connection: sa.Connection, ident: int, wanted: list[str]) -> None:
    """Give a runbook, whose row is locked, these traits and no others."""
    connection.execute(sa.delete(RUNBOOK_TRAITS).where(RUNBOOK_TRAITS.c.runbook_id == ident))
    if wanted:
        connection.execute(sa.insert(RUNBOOK_TRAITS), [{"runbook_id": ident, "trait": name} for name in wanted])
