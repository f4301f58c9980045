"""Queries of the table bios_settings: what the interface ``bios`` read last."""

import collections.abc
import datetime
import typing

import sqlalchemy as sa

from baremetal.db import models, readings, record

SETTINGS = models.BIOS_SETTINGS
#: types of settings that are free text; those of a few words, numbers or switches hold no password whatever their name
TEXTS, PASSWORD = (None, "String"), "Password"


def store(connection: sa.Connection, node_id: int, found: collections.abc.Iterable[readings.Row],
          now: datetime.datetime) -> None:
    """Make these the settings of a node: each has ``name``, ``value``, and what the firmware says about it."""
    rows = [{**row, "value": _shown(row), "allowable_values": _list(row.get("allowable_values"))} for row in found]
    readings.put(connection, SETTINGS, (node_id, "name"), rows, now)


def of_node(connection: sa.Connection, columns: collections.abc.Sequence[typing.Any], node_id: int,
            name: str | None = None) -> list[sa.Row[typing.Any]]:
    """Return the settings of a node by name, or the one that is called so."""
    query = sa.select(*columns).where(SETTINGS.c.node_id == node_id).order_by(SETTINGS.c.name)
    return list(connection.execute(query if name is None else query.where(SETTINGS.c.name == name)))


def _list(values: typing.Any) -> str | None:
    return record.dump(values) if isinstance(values, list) else None


def _shown(row: readings.Row) -> typing.Any:
    """Return the value of a setting; a password that firmware gives away is not kept."""
    kind, value = row.get("attribute_type"), row.get("value")
    secret = kind == PASSWORD or (kind in TEXTS and record.is_secret("bios", str(row["name"])))
    return record.MASK if secret and value else value
