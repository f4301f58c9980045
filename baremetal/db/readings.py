"""Rows that say what was last read of a node's hardware: brought up to date by one comparison. Knows no table.

What somebody else's hardware says is cut to what the columns hold, so that an odd value of one row loses no other.
"""

import collections.abc
import datetime
import typing

import sqlalchemy as sa

#: the bounds of a column of kind Integer
LEAST, MOST = -2 ** 31, 2 ** 31 - 1

Row = collections.abc.Mapping[str, typing.Any]


def put(connection: sa.Connection, table: sa.Table, of: tuple[int, str], rows: collections.abc.Iterable[Row],
        now: datetime.datetime) -> None:
    """Make the rows of a node those that were read just now; ``of`` is the node and the column that names a row.

    A row that is as it was stays untouched, with its times; one that was not read any more goes.
    """
    node_id, key = of
    read = {row[key]: row for row in (_fitting(table, row) for row in rows)}
    known = {row[key]: row for row in connection.execute(
        sa.select(table).where(table.c.node_id == node_id)).mappings()}
    gone = [name for name in known if name not in read]
    if gone:
        connection.execute(sa.delete(table).where(table.c.node_id == node_id, table.c[key].in_(gone)))
    added = [{**row, "node_id": node_id, "created_at": now} for name, row in read.items() if name not in known]
    if added:
        names = dict.fromkeys(name for row in added for name in row)
        connection.execute(sa.insert(table), [{name: row.get(name) for name in names} for row in added])
    for name, row in read.items():
        if name in known and any(known[name][column] != value for column, value in row.items()):
            connection.execute(sa.update(table).where(table.c.node_id == node_id, table.c[key] == name).values(
                **row, updated_at=now))


def _fitting(table: sa.Table, row: Row) -> dict[str, typing.Any]:
    """Return what of a row the table has columns for, each value as its column can hold it."""
    return {name: _fit(table.c[name].type, value) for name, value in row.items() if name in table.c}


def _fit(kind: sa.types.TypeEngine[typing.Any], value: typing.Any) -> typing.Any:
    if value is None:
        return None
    if isinstance(kind, sa.Integer):
        return value if isinstance(value, int) and LEAST <= value <= MOST else None
    if isinstance(kind, sa.Boolean):
        return value if isinstance(value, bool) else None
    text = str(value).replace("\0", "")
    return text[:kind.length] if isinstance(kind, sa.String) and kind.length else text
