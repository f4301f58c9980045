"""Resources are declared once, as WSME types; what is taken, shown, filtered and sorted derives from the fields.

For showing, a builder is compiled once per (resource, microversion, fields): it takes a row of just the columns
needed and passes stored JSON through as text. WSME's own marshalling takes some hundred times as long.
"""

import collections.abc
import dataclasses
import typing

import orjson
import sqlalchemy as sa
import wsme.types

from baremetal import errors
from baremetal.api import types, versions

EMPTY = orjson.Fragment(b"{}")
#: naive times are UTC: shown with +00:00; integers beyond 64 bits are given as text by the stored JSON
OPTIONS = orjson.OPT_NAIVE_UTC

Show = collections.abc.Callable[..., typing.Any]


class Field(wsme.types.wsattr):
    """One field of a resource.

    ``since``/``until``: first and last minor version that has it. ``write``: may be given on create ("create"),
    patched ("patch"), both ("both") or neither (""). ``brief``: part of the default list. ``column``: where it is
    stored, default its name; or ``show(page, *values)`` computes it from the columns named in ``needs``.
    """

    def __init__(self, datatype: types.Kind, doc: str, *, since: int = 1, until: int | None = None,
                 write: str = "", required: bool = False, brief: bool = False, full: bool = False,
                 sort: bool | None = None, show: Show | None = None, needs: tuple[str, ...] = (),
                 empty: typing.Any = None) -> None:
        super().__init__(datatype, mandatory=required)
        self.kind, self.doc, self.since, self.until = datatype, doc, since, until
        self.create, self.patch = write in ("create", "both"), write in ("patch", "both")
        self.required, self.brief, self.full = required, brief, full
        self.show, self.needs, self.empty = show, needs, empty
        self.sort = sort if sort is not None else show is None and datatype.stored != "json"

    def exists(self, version: int) -> bool:
        """Return whether the field is there at this microversion."""
        return self.since <= version and (self.until is None or version <= self.until)


@dataclasses.dataclass(frozen=True)
class About:
    """What a resource is beside its fields: its word in URLs, in messages, and its table."""

    path: str
    title: str
    table: sa.Table


class Resource(wsme.types.Base):
    """A kind of object of the API; subclasses declare ``_about`` and fields. (WSME takes all else for a field.)"""

    _about: About
    _by_name: dict[str, Field]

    @classmethod
    def about(cls) -> About:
        """Return path, title and table."""
        return cls._about

    @classmethod
    def fields(cls) -> dict[str, Field]:
        """Return all fields by name, in the order of their declaration."""
        if "_by_name" not in vars(cls):
            known = {attribute.name: attribute for attribute in cls._wsme_attributes}
            declared = [name for part in reversed(cls.__mro__) for name in vars(part) if name in known]
            cls._by_name = {name: known[name] for name in declared}
        return cls._by_name


class Page(typing.Protocol):
    """What computed fields may look at: the request's base URL and what was looked up for the whole page."""

    @property
    def base(self) -> str:
        """The base of links."""

    @property
    def version(self) -> int:
        """The microversion of the request."""


class View:
    """How rows of a resource are shown: ``columns`` to select, ``build(page, row)`` to make a dict of one."""

    def __init__(self, resource: type[Resource], names: tuple[str, ...]) -> None:
        self.names = names
        self.places: dict[str, int] = {}
        fields = resource.fields()
        parts = [f"{name!r}: {self._expression(name, fields[name])}" for name in names]
        scope: dict[str, typing.Any] = {"Fragment": orjson.Fragment, "EMPTY": EMPTY}
        scope.update({f"show_{name}": fields[name].show for name in names})
        scope.update({f"empty_{name}": orjson.Fragment(orjson.dumps(fields[name].empty)) for name in names
                      if fields[name].empty is not None})
        source = f"def build(page, r):\n    return {{{', '.join(parts)}}}\n"
        exec(compile(source, f"<{resource.__name__} view>", "exec"), scope)  # made of declared names only
        self.build: Show = scope["build"]
        self._table = resource.about().table
        self.columns = [self._table.c[column] for column in self.places]
        self._one: dict[tuple[str, tuple[sa.Column[typing.Any], ...]], sa.Select[typing.Any]] = {}

    def one(self, key: str, *beside: sa.Column[typing.Any]) -> sa.Select[typing.Any]:
        """Return the statement that selects one row by the column ``key``, its value bound as ``key``.

        ``beside``, columns of a table that refers to this one or that this one refers to, come last: there is a row
        for each of its rows, or one with None. Kept, since composing sixty columns and their cache key anew takes
        longer than the database does.
        """
        if (key, beside) not in self._one:
            columns, source = self.columns, self._table
            chosen = sa.select(*columns, *beside).select_from(
                source.outerjoin(beside[0].table) if beside else source)
            self._one[key, beside] = chosen.where(source.c[key] == sa.bindparam("key"))
        return self._one[key, beside]

    def _expression(self, name: str, field: Field) -> str:
        """Return the Python expression that shows a field of row ``r``."""
        if field.show is not None:
            values = "".join(f", r[{self._place(column)}]" for column in field.needs)
            return f"show_{name}(page{values})"
        value = f"r[{self._place(name)}]"
        if field.kind.stored == "json":
            empty = f"empty_{name}" if field.empty is not None else "EMPTY"
            return f"(Fragment({value}) if {value} else {empty})"
        return value

    def _place(self, column: str) -> int:
        return self.places.setdefault(column, len(self.places))


#: compiled views; clients choose the fields, so it is bounded
_VIEWS: dict[tuple[type[Resource], int, tuple[str, ...] | str], View] = {}
MOST_VIEWS = 512


def _kept(resource: type[Resource], version: int, which: tuple[str, ...] | str) -> View:
    """Return a view, compiled at its first use: of named fields, or "full" or "brief"."""
    key = (resource, version, which)
    found = _VIEWS.get(key)
    if found is None:
        if len(_VIEWS) >= MOST_VIEWS:
            _VIEWS.clear()
        names = which if isinstance(which, tuple) else tuple(
            name for name, field in resource.fields().items()
            if field.exists(version) and (which == "full" or field.brief))
        found = _VIEWS[key] = View(resource, names)
    return found


def view(resource: type[Resource], version: int, names: tuple[str, ...]) -> View:
    """Return the view of just these fields."""
    return _kept(resource, version, names)


def full(resource: type[Resource], version: int) -> View:
    """Return the view of everything that this version has."""
    return _kept(resource, version, "full")


def brief(resource: type[Resource], version: int) -> View:
    """Return the view of the default list."""
    return _kept(resource, version, "brief")


def chosen(resource: type[Resource], version: int, asked: list[str]) -> View:
    """Return the view that ``fields=`` asks for; raises ``UnknownField`` or ``NotAcceptable``."""
    fields = resource.fields()
    unknown = [name for name in asked if name not in fields]
    if unknown:
        raise errors.UnknownField(field=", ".join(unknown), resource=resource.about().title,
                                  known=", ".join(n for n, f in fields.items() if f.exists(version)))
    for name in asked:
        require(fields[name], f"Field {name!r}", version)
    wanted = [*asked] if "links" in asked or "links" not in fields else [*asked, "links"]
    return view(resource, version, tuple(wanted))


def require(field: Field, what: str, version: int) -> None:
    """Raise ``NotAcceptable`` when this version does not have ``field``."""
    if not field.exists(version):
        raise versions.too_new(what, field.since, version,
                               "Ask for a newer version with the header X-OpenStack-Ironic-API-Version.")


def take(resource: type[Resource], body: typing.Any, version: int) -> dict[str, typing.Any]:
    """Return the checked values of a create body; raises the fault that names what is wrong."""
    if not isinstance(body, dict):
        raise errors.BadField(field="body", value=type(body).__name__,
                              wanted=f"It must be an object of {resource.about().title} fields.")
    fields = resource.fields()
    unknown = [name for name in body if name not in fields or not fields[name].create]
    if unknown:
        raise errors.UnknownField(field=", ".join(map(str, unknown)), resource=f"a new {resource.about().title}",
                                  known=", ".join(n for n, f in fields.items() if f.create and f.exists(version)))
    values = {}
    for name, value in body.items():
        if value is not None:
            require(fields[name], f"Field {name!r}", version)
        values[name] = accept(name, fields[name], value)
    for name, field in fields.items():
        if field.required and values.get(name) is None:
            raise errors.MissingField(field=name, resource=resource.about().title, wanted=field.kind.wanted)
    return values


def accept(name: str, field: Field, value: typing.Any) -> typing.Any:
    """Return one checked value; None passes where the field is not required."""
    if value is None and not field.required:
        return None
    try:
        return types.check(field.kind, value)
    except ValueError as error:
        if field.kind.stored == "json" and isinstance(value, dict | list):
            # what was meant for an object may hold secrets; the text says at which part of it something is wrong
            raise errors.Invalid(text=f"Field {name!r} is not as it must be. {error}") from error
        shown = type(value).__name__ if field.kind.stored == "json" else shorten(value)
        raise errors.BadField(field=name, value=shown, wanted=str(error)) from error


def shorten(value: typing.Any) -> typing.Any:
    """Return a value as an error text may show it."""
    text = repr(value)
    return value if len(text) <= 120 else text[:117] + "..."


def render(document: typing.Any) -> bytes:
    """Return JSON text."""
    return orjson.dumps(document, option=OPTIONS)


def link(page: Page, path: str) -> orjson.Fragment:
    """Return the two links of an object, already written."""
    return orjson.Fragment(f'[{{"href":"{page.base}/v1/{path}","rel":"self"}},'
                           f'{{"href":"{page.base}/{path}","rel":"bookmark"}}]')
