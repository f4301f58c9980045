"""One page of any table: filter, sort, go on after a marker. A constant number of statements, columns only."""

import collections.abc
import dataclasses
import typing

import sqlalchemy as sa

Where = sa.ColumnElement[bool]


@dataclasses.dataclass(frozen=True)
class Page:
    """What part of a collection is wanted."""

    limit: int
    sort: str = "id"
    descending: bool = False
    #: value of ``identity`` of the last item that the client has seen
    marker: str | None = None
    identity: str = "uuid"
    #: what the caller may see at all, whatever it asks for; others' rows are no markers
    fence: tuple[Where, ...] = ()
    #: values of parameters in conditions that are made once and for all
    given: dict[str, typing.Any] = dataclasses.field(default_factory=dict)


class NoSuchMarker(LookupError):
    """The marker names no row, or none that the caller may see."""


def rows(connection: sa.Connection, table: sa.Table, columns: collections.abc.Sequence[sa.ColumnElement[typing.Any]],
         where: collections.abc.Sequence[Where], page: Page) -> collections.abc.Sequence[sa.Row[typing.Any]]:
    """Return the rows of ``page``; raises ``NoSuchMarker``. Nulls come first when ascending."""
    key = table.c[page.sort]
    query = sa.select(*columns).select_from(table).where(*where)
    if page.marker is not None:
        query = query.where(_after(connection, table, key, page))
    way = sa.desc if page.descending else sa.asc
    order = [table.c.id] if page.sort == "id" else [key.is_not(None), key, table.c.id]
    return connection.execute(query.order_by(*map(way, order)).limit(page.limit), page.given).all()


def _after(connection: sa.Connection, table: sa.Table, key: sa.Column[typing.Any], page: Page) -> Where:
    """Return the condition that a row stands behind the marker."""
    found = connection.execute(
        sa.select(table.c.id, key.label("sort_key")).where(
            table.c[page.identity] == page.marker, *page.fence), page.given).first()
    if found is None:
        raise NoSuchMarker(page.marker)
    beyond: Where = table.c.id < found.id if page.descending else table.c.id > found.id
    if page.sort == "id":
        return beyond
    value = found.sort_key
    if page.descending:
        if value is None:
            return sa.and_(key.is_(None), beyond)
        return sa.or_(key < value, sa.and_(key == value, beyond), key.is_(None))
    if value is None:
        return sa.or_(sa.and_(key.is_(None), beyond), key.is_not(None))
    return sa.or_(key > value, sa.and_(key == value, beyond))
