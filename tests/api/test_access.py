"""Every route is asked as every role, and does what ``docs/access.md`` says; no handler answers without a judge."""

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from baremetal.api import matrix, routes
from tests.api import inside
from tests.api import stage as stages


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stages.Stage]:
    """The application and a world."""
    with stages.opened(pathlib.Path(tmp_path_factory.mktemp("access"))) as found:
        found.build(whose=False)
        found.build(whose=True)
        yield found


def address(route: routes.Route, scene: dict[str, str]) -> str:
    """The path of a route in this scene."""
    path = re.sub(r"{(\w+)}", lambda found: scene.get(found[1]) or stages.WORDS[found[1]], route.path)
    query = stages.QUERIES.get(route.path)
    return f"{path}?{query.format(**scene)}" if query else path


def body(route: routes.Route, scene: dict[str, str]) -> Any:
    """The body of a request."""
    collection = route.path.removeprefix("/v1/")
    if route.method == "POST" and collection in stages.NEW:
        return stages.NEW[collection](scene)
    return stages.BODIES.get((route.method, route.path), stages.BODIES.get((route.method, "*")))


def items(answer: inside.Answer) -> int | None:
    """How many things a list has."""
    if answer.status != 200 or not answer.content or "json" not in answer.headers.get("content-type", ""):
        return None
    shown = answer.json()
    # what has links is one object
    lists = [] if not isinstance(shown, dict) or "links" in shown else shown.values()
    return next((len(value) for value in lists if isinstance(value, list)), None)


@pytest.fixture(scope="module")
def table() -> matrix.Matrix:
    """What is expected."""
    return matrix.Matrix()


@pytest.mark.parametrize("route", routes.TABLE, ids=lambda route: f"{route.method} {route.path}")
def test_route_does_what_the_table_says(stage: stages.Stage, table: matrix.Matrix, route: routes.Route) -> None:
    reference: tuple[int, int | None] | None = None
    prepare = stage.allocate if route.path.endswith("/allocation") else lambda: None
    prepare()
    for role in matrix.ROLES:
        expected = table.outcome(route, role)
        answer = stage.ask(role, route.method, address(route, stage.scene), body(route, stage.scene))
        if expected in (matrix.FORBIDDEN, matrix.HIDDEN, matrix.STRANGER):
            assert str(answer.status) == expected, (role, answer.content)
            continue
        # all who may get what an operator gets
        reference = reference or (answer.status, items(answer))
        assert answer.status == reference[0] and answer.status not in (401, 403), (role, expected, answer.content)
        assert answer.status < 500, answer.content
        seen = items(answer)
        if expected == matrix.OWN and seen is not None and reference[1]:
            assert seen < reference[1], (role, "sees what is not its own")
        elif expected != matrix.OWN:
            assert seen == reference[1], (role, "does not see all")
        if route.method not in ("GET", "HEAD") and answer.status < 300:
            stage.build(whose=True)
            prepare()
