"""Every route that writes tells those who follow events, or stands here with the reason why it tells nothing."""

import pathlib
import time
from collections.abc import Iterator
from typing import Any

import pytest

from baremetal.api import announce, routes
from baremetal.db import events
from tests.api import stage as stages
from tests.api import test_access as asking

CONDUCTOR = "the conductor tells, when it writes"
NOTHING = "nothing that the API shows is written: the hardware is asked or told"
AGENT = "agents ask; what comes of it is the conductor's, which tells"
#: method, path: why it tells nothing
SILENT = {
    ("PUT", "/v1/nodes/{node}/states/console"): CONDUCTOR,
    ("PUT", "/v1/nodes/{node}/states/power"): CONDUCTOR,
    ("PUT", "/v1/nodes/{node}/states/provision"): CONDUCTOR,
    ("PUT", "/v1/nodes/{node}/states/raid"): CONDUCTOR,
    ("PUT", "/v1/nodes/{node}/states/boot_mode"): CONDUCTOR,
    ("PUT", "/v1/nodes/{node}/states/secure_boot"): CONDUCTOR,
    ("PUT", "/v1/nodes/{node}/management/boot_device"): NOTHING,
    ("PUT", "/v1/nodes/{node}/management/indicators/{indicator}"): NOTHING,
    ("PUT", "/v1/nodes/{node}/management/inject_nmi"): NOTHING,
    ("POST", "/v1/nodes/{node}/vmedia"): NOTHING,
    ("DELETE", "/v1/nodes/{node}/vmedia"): NOTHING,
    ("POST", "/v1/events"): "neighbours tell the log; nothing is written",
    ("POST", "/v1/heartbeat/{node}"): AGENT,
    ("POST", "/v1/continue_inspection"): AGENT,
    **{(method, f"/v1/{what}/vendor_passthru{end}"): NOTHING for what in ("drivers/{driver}", "nodes/{node}")
       for end in ("", "/{method}") for method in ("POST", "PUT", "PATCH", "DELETE")},
}
WRITING = [route for route in routes.TABLE if route.method in ("POST", "PUT", "PATCH", "DELETE")]
TELLING = [route for route in WRITING if (route.method, route.path) not in SILENT]
#: kind of an event: object of a notification, where they differ
KINDS = {"deploy_template": "deploytemplate", "inspection_rule": "inspectionrule"}
#: seconds within which an event is written, also on a machine that is busy with other things
PATIENCE = 60
#: action of an event: of a notification
ACTIONS = {"maintenance": "maintenance_set"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stages.Stage]:
    """The application and a world."""
    with stages.opened(pathlib.Path(tmp_path_factory.mktemp("told"))) as found:
        found.build(whose=True)
        yield found


def told(stage: stages.Stage, behind: int, count: int = 1) -> list[Any]:
    """The events behind one of them, once there are some."""
    end = time.monotonic() + PATIENCE
    while True:
        with stage.door.database.read() as connection:
            found = events.after(connection, behind, 100)
        if len(found) >= count or time.monotonic() > end:
            return list(found)
        time.sleep(0.02)


def newest(stage: stages.Stage) -> int:
    """The last event, once nobody writes any more: they are written in order, so one more is made and awaited."""
    last, end = stage.make("chassis"), time.monotonic() + PATIENCE
    while True:
        with stage.door.database.read() as connection:
            number = events.newest(connection)
            found = [row for row in events.after(connection, number - 1, 1) if row.uuid == last]
        if found:
            return number
        assert time.monotonic() < end, "the last event was not written"
        time.sleep(0.02)


@pytest.mark.parametrize("route", TELLING, ids=lambda route: f"{route.method} {route.path}")
def test_what_is_written_is_told(stage: stages.Stage, route: routes.Route) -> None:
    if route.path.endswith("/allocation"):
        stage.allocate()
    else:
        stage.build(whose=True)
        # volumes change while their node is off only
        stage.door.write(stage.scene["node"], power_state="power off")
    if route.path.endswith("/traits/{trait}") and route.method == "DELETE":
        path = asking.address(route, stage.scene).rpartition("/")[0]
        assert stage.ask("system admin", "PUT", path, {"traits": ["CUSTOM_A"]}).status == 204
    before = newest(stage)
    body = {} if route.path.endswith("/maintenance") else asking.body(route, stage.scene)
    answer = stage.ask("system admin", route.method, asking.address(route, stage.scene), body)
    assert answer.status < 300, answer.content
    found = told(stage, before)
    assert len(found) == 1, (route, found)
    row = found[0]
    assert row.request_id == "req-1"
    # notifications on the bus, where the convention has some, are of the same
    known = announce.of(route.method, route.path)
    if known is not None:
        assert (KINDS.get(row.kind, row.kind), ACTIONS.get(row.action, row.action)) == known
    if row.kind == "node" or row.node_uuid is not None:
        assert (row.owner is not None and row.lessee is not None) or route.method == "POST", "its project shall hear"
    if row.kind == "node":
        assert row.node_uuid == row.uuid


def test_every_silence_has_a_route() -> None:
    assert not SILENT.keys() - {(route.method, route.path) for route in WRITING}
