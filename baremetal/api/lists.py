"""Collections: paging, sorting and field selection, the same for every resource."""

import collections.abc
import dataclasses
import typing
import urllib.parse

import sqlalchemy as sa

from baremetal import errors
from baremetal.api import access, expose, resource, types
from baremetal.db import collection

#: parameters that every collection takes
PARAMS: dict[str, expose.Param] = {
    "limit": expose.Param(types.Number()),
    "marker": expose.Param(types.UUID),
    "sort_key": expose.Param(types.TEXT, default="id"),
    "sort_dir": expose.Param(types.Choice("asc", "desc"), default="asc"),
    "fields": expose.Param(types.WORDS, since=8),
    "detail": expose.Param(types.FLAG, since=43, late="invalid"),
}
#: … but these URLs take no ``detail``
DETAILED = {name: param for name, param in PARAMS.items() if name not in ("detail", "fields")}

#: parameters that stand first and last in the link to the next page, before limit and marker
ORDER = (("sort_key", "sort_dir"), ("fields",))

Lookup = collections.abc.Callable[[sa.Connection, resource.View, collections.abc.Sequence[sa.Row[typing.Any]]],
                                  typing.Any]


@dataclasses.dataclass(frozen=True)
class Collection:
    """A collection of which pages are shown: its resource and the field that markers name."""

    kind: type[resource.Resource]
    identity: str = "uuid"


def view(call: expose.Call, kind: type[resource.Resource]) -> resource.View:
    """Return the view that the call's ``fields`` or ``detail`` asks for."""
    asked, detail = call.params.get("fields"), call.params.get("detail")
    if asked is not None:
        if detail:
            raise errors.Invalid(text="Give either 'fields' or 'detail', not both.")
        return resource.chosen(kind, call.version, asked)
    return (resource.full if detail else resource.brief)(kind, call.version)


def wanted(call: expose.Call, kind: type[resource.Resource], identity: str = "uuid") -> collection.Page:
    """Return which page the call asks for; raises the fault that names the wrong parameter."""
    limit, most = call.params.get("limit"), call.house.conf.api.max_limit
    if limit is not None and limit <= 0:
        raise errors.BadField(field="limit", value=limit, wanted=f"It must be a whole number from 1 to {most}.")
    return collection.Page(limit=min(limit or most, most), sort=_sort_column(call, kind),
                           descending=call.params.get("sort_dir") == "desc", marker=call.params.get("marker"),
                           identity=identity, fence=call.fence,
                           given=access.given(call.tenant))


def _sort_column(call: expose.Call, kind: type[resource.Resource]) -> str:
    """Return the column to sort by."""
    key = call.params.get("sort_key") or "id"
    if key == "id":
        return "id"
    fields = kind.fields()
    sortable = [name for name, field in fields.items() if field.sort]
    if key not in sortable:
        raise errors.BadField(field="sort_key", value=key, wanted=f"It must be one of: {', '.join(sortable)}.")
    resource.require(fields[key], f"sort_key {key!r}", call.version)
    return key


def fetch(call: expose.Call, kind: type[resource.Resource], shown: resource.View, where: list[collection.Where],
          page: collection.Page, lookup: Lookup) -> list[dict[str, typing.Any]]:
    """Return the items of a page; ``lookup`` reads what computed fields need, once for the whole page."""
    about = kind.about()
    with call.house.database.read() as connection:
        try:
            rows = collection.rows(connection, about.table, shown.columns, where, page)
        except collection.NoSuchMarker:
            raise errors.NotFound(what=about.title.capitalize(), ident=page.marker) from None
        around = lookup(connection, shown, rows)
    build = shown.build
    return [build(around, row) for row in rows]


def collect(call: expose.Call, collected: Collection, shown: resource.View, where: list[collection.Where],
            lookup: Lookup, path: str = "") -> dict[str, typing.Any]:
    """Return the document of the page that the call asks for; ``path`` is where its next page is, when not usual."""
    kind, identity = collected.kind, collected.identity
    page = wanted(call, kind, identity)
    # the marker needs its field even when the client does not
    hidden = identity not in shown.names
    if hidden:
        shown = resource.view(kind, call.version, (*shown.names, identity))
    items = fetch(call, kind, shown, where, page, lookup)
    marker = items[-1][identity] if len(items) == page.limit else None
    if hidden:
        for item in items:
            del item[identity]
    name = kind.about().path
    return document(call, name, path or name, items, (page.limit, marker))


def document(call: expose.Call, name: str, path: str, items: list[dict[str, typing.Any]],
             follow: tuple[int, str | None]) -> dict[str, typing.Any]:
    """Return a collection; ``follow`` is the page's limit and the marker of its last item."""
    body: dict[str, typing.Any] = {name: items}
    limit, marker = follow
    if marker is not None and len(items) == limit:
        body["next"] = _next(call, path, limit, marker)
    return body


def _next(call: expose.Call, path: str, limit: int, marker: str) -> str:
    """Return the URL of the next page. Only what the client gave is carried over."""
    filters = sorted(call.given.difference(*ORDER, ("limit", "marker")))
    kept = {name: call.params[name] for name in (*ORDER[0], *filters, *ORDER[1]) if name in call.given}
    query = {name: _text(value) for name, value in kept.items() if value not in (None, False)}
    query.update(limit=str(limit), marker=marker)
    return f"{call.base}/v1/{path}?{urllib.parse.urlencode(query, safe=',')}"


def _text(value: typing.Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)
