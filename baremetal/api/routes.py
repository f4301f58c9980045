"""Every route of the API on one screen: path, method, since which microversion, handler."""

import collections.abc
import dataclasses
import functools
import typing

from baremetal import errors
from baremetal.api import discovery, versions
from baremetal.api.nodes import lists as node_lists

Handler = collections.abc.Callable[..., typing.Any]


@dataclasses.dataclass(frozen=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    handler: Handler
    since: int = 1
    #: what a too old request gets: "missing" (404) or "method" (405)
    early: str = "missing"


# fmt: off
TABLE: tuple[Route, ...] = (
    Route("GET",    "/",                                      discovery.root),
    Route("GET",    "/v1",                                    discovery.v1),
    Route("GET",    "/v1/nodes",                              node_lists.page),
    Route("GET",    "/v1/nodes/detail",                       node_lists.detailed_page),
    Route("GET",    "/v1/nodes/{node}",                       node_lists.one),
)
# fmt: on

#: paths that have objects only as a list: anything else at or below them is a malformed request
PARENTED: tuple[str, ...] = ()


@dataclasses.dataclass
class Place:
    """What one path has: routes by method, places below."""

    routes: dict[str, list[Route]] = dataclasses.field(default_factory=dict)
    below: dict[str, "Place"] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Found:
    """A place and the identifiers read from the path."""

    path: str
    place: Place
    idents: tuple[str, ...]
    versioned: bool


@functools.cache
def tree() -> Place:
    """Return the table as a tree of path segments; ``{…}`` matches any one segment."""
    root = Place()
    for route in TABLE:
        place = root
        for segment in _segments(route.path):
            place = place.below.setdefault("{}" if segment.startswith("{") else segment, Place())
        place.routes.setdefault(route.method, []).append(route)
    return root


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def find(method: str, path: str) -> Found:
    """Return what the table has for ``path``; raises ``NoSuchPath``. One trailing slash is ignored."""
    segments = path.split("/")[1:]
    if segments and segments[-1] == "":
        segments.pop()
    if segments and segments[0] not in ("v1", "ops", "healthcheck"):
        segments.insert(0, "v1")
    versioned = not segments or segments[0] == "v1"
    place, idents = tree(), []
    for segment in segments:
        below = place.below.get(segment)
        if below is None:
            below = place.below.get("{}") if segment else None
            idents.append(segment)
        if below is None:
            return Found(path, Place(), (), versioned)
        place = below
    return Found(path, place, tuple(idents), versioned)


def choose(found: Found, method: str, version: int) -> Route:
    """Return the route for ``method`` at this version; raises ``NoSuchPath`` or ``MethodNotAllowed``."""
    known = found.place.routes
    for route in known.get("GET" if method == "HEAD" else method, ()):
        if route.since <= version:
            return route
        if route.early == "method":
            raise errors.MethodNotAllowed(method=method, path=found.path, allowed="")
    alive = sorted(name for name, routes in known.items() if any(route.since <= version for route in routes))
    if not alive:
        later = min((route.since for routes in known.values() for route in routes), default=None)
        hint = f" before API version {versions.text(later)}." if later else "."
        raise errors.NoSuchPath(path=found.path, hint=hint)
    raise errors.MethodNotAllowed(method=method, path=found.path, allowed=", ".join(alive))
