"""Addresses: what leads somewhere, what is malformed, what is not there, and with which methods."""

import re

import pytest

from baremetal import errors
from baremetal.api import faults, routes, versions

# fmt: off
CASES = [
    # method     path                               version  status, or the path of the route
    ("GET",      "/",                               1,       "/"),
    ("GET",      "",                                1,       "/"),
    ("GET",      "/v1/",                            1,       "/v1"),
    ("GET",      "/nodes",                          1,       "/v1/nodes"),
    ("GET",      "/v1/nodes/",                      1,       "/v1/nodes"),
    ("GET",      "/v1/nodes/detail",                1,       "/v1/nodes/detail"),
    ("GET",      "/v1/nodes/x",                     1,       "/v1/nodes/{node}"),
    ("GET",      "/v1/nodes/x/ports/detail",        1,       "/v1/nodes/{node}/ports/detail"),
    ("GET",      "/ops/v1/nodes/x/timeline",        1,       "/ops/v1/nodes/{node}/timeline"),
    ("GET",      "/v1/conductors",                  49,      "/v1/conductors"),
    ("GET",      "/v1/conductors",                  48,      404),
    ("GET",      "//",                              1,       404),
    ("GET",      "/v1//nodes",                      1,       404),
    ("GET",      "/v1/nodes//",                     1,       404),
    ("GET",      "/v3/nodes",                       1,       404),
    ("GET",      "/unicorns",                       1,       404),
    ("GET",      "/ops",                            1,       404),
    ("GET",      "/ops/v2/fleet",                   1,       404),
    ("GET",      "/v1/nodes/x/unicorns",            1,       400),
    ("GET",      "/v1/nodes/x/unicorns/y",          1,       404),
    ("GET",      "/v1/nodes/x/portgroups",          115,     "/v1/nodes/{node}/portgroups"),
    ("GET",      "/v1/nodes/x/portgroups",          23,      404),
    ("GET",      "/v1/nodes/../../etc",             1,       400),
    ("GET",      "/v1/nodes/x/ports/y",             1,       400),
    ("DELETE",   "/v1/nodes/x/ports/y",             1,       400),
    ("GET",      "/v1/nodes/x/ports/detail/y",      1,       400),
    ("POST",     "/v1/nodes/x/ports",               1,       400),
    ("PATCH",    "/v1/chassis/x/nodes",             1,       400),
    ("PUT",      "/v1/chassis/x/nodes",             1,       405),
    ("DELETE",   "/v1/ports",                       1,       400),
    ("PATCH",    "/v1/ports",                       1,       400),
    ("PUT",      "/v1/ports",                       1,       405),
    ("POST",     "/v1/ports/x",                     1,       400),
    ("POST",     "/v1/ports/detail",                1,       400),
    ("PUT",      "/v1/ports/x",                     1,       405),
    ("HEAD",     "/v1/ports",                       1,       405),
    ("HEAD",     "/",                               1,       "/"),
    ("POST",     "/v1",                             1,       405),
    ("POST",     "/v1/drivers",                     1,       405),
    ("DELETE",   "/v1/conductors/x",                115,     405),
    ("DELETE",   "/v1/conductors/x",                1,       404),
    ("BREW",     "/v1/nodes",                       1,       405),
]
# fmt: on


@pytest.mark.parametrize(("method", "path", "version", "expected"), CASES)
def test_addresses(method: str, path: str, version: int, expected: int | str) -> None:
    found = routes.find(path, routes.tree())
    if isinstance(expected, str):
        assert routes.choose(found, method, version).path == expected
        return
    with pytest.raises(errors.Fault) as caught:
        routes.choose(found, method, version)
    assert faults.status(caught.value) == expected
    if expected == 405:
        assert ("Allow", ", ".join(routes.methods(found, version))) in faults.headers(caught.value)


def test_table_is_sound() -> None:
    pairs = [(route.method, re.sub(r"{\w+}", "{}", route.path), route.since) for route in routes.TABLE]
    assert len(pairs) == len(set(pairs)), "a route stands twice"
    for route in routes.TABLE:
        assert route.handler.__doc__, f"{route.path} owes a sentence"
        assert route.since in versions.HISTORY
        assert route.handler.declared.policy, f"{route.path} has no policy"  # type: ignore[attr-defined]


def test_only_what_tells_nothing_is_open() -> None:
    free = {route.path for route in routes.TABLE if route.handler.declared.open}  # type: ignore[attr-defined]
    agents = {"/v1/lookup", "/v1/heartbeat/{node}", "/v1/continue_inspection"}
    assert free == {"/", "/v1", "/healthcheck", "/ops/v1/openapi.json", "/ops/v1/reference", *agents}
    assert {route.path for route in routes.AGENTS} == {"/", "/v1", *agents}
