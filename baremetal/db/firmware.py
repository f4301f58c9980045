"""Queries of the table firmware_components: what the interface ``firmware`` read last, and what was there at first."""

import collections.abc
import datetime
import typing

import sqlalchemy as sa

from baremetal.db import models, readings

FIRMWARE = models.FIRMWARE


def store(connection: sa.Connection, node_id: int, found: collections.abc.Iterable[readings.Row],
          now: datetime.datetime) -> None:
    """Make these the components of a node: each has ``component``, ``current_version``, perhaps who made it.

    A component's first version is kept for ever; a version that follows another one was flashed.
    """
    known = {row.component: row for row in connection.execute(
        sa.select(FIRMWARE).where(FIRMWARE.c.node_id == node_id))}
    rows = [{**row, **_history(known.get(row["component"]), row.get("current_version"))} for row in found]
    readings.put(connection, FIRMWARE, (node_id, "component"), rows, now)


def of_node(connection: sa.Connection, columns: collections.abc.Sequence[typing.Any], node_id: int
            ) -> list[sa.Row[typing.Any]]:
    """Return the components of a node by name."""
    # a client may ask for no columns at all; a query has one at least
    wanted = sa.select(*columns, FIRMWARE.c.node_id).where(FIRMWARE.c.node_id == node_id)
    return list(connection.execute(wanted.order_by(FIRMWARE.c.component)))


def _history(before: typing.Any, version: str | None) -> dict[str, str | None]:
    """Return the versions that a component had at first and got last."""
    if before is None:
        return {"initial_version": version}
    changed = version is not None and version != before.current_version
    return {"last_version_flashed": version} if changed else {}
