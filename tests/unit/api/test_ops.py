"""``/ops/v1``: the OpenAPI document is valid, and what is answered is what it says."""

import pathlib
import uuid
from collections.abc import Iterator
from typing import Any

import jsonschema
import openapi_spec_validator
import pytest
import sqlalchemy as sa

from baremetal import clock
from baremetal.api import routes
from baremetal.api.ops import shown
from baremetal.db import events, flows, milestones, models
from baremetal.notify import happening
from tests.api import inside


@pytest.fixture
def time() -> clock.MovedClock:
    return clock.MovedClock()


@pytest.fixture
def house(tmp_path: pathlib.Path, time: clock.MovedClock) -> Iterator[inside.Inside]:
    made = inside.Inside(tmp_path, time)
    yield made
    made.close()


def node(house: inside.Inside, **columns: Any) -> str:
    """A node with these columns."""
    ident = house.make("/v1/nodes", {"driver": "fake-hardware"})["uuid"]
    if columns:
        with house.database.write() as connection:
            connection.execute(sa.update(models.NODES).where(models.NODES.c.uuid == ident).values(columns))
    return str(ident)


def flow(house: inside.Inside, ident: str, **columns: Any) -> None:
    """A flow of a node with one step of its own and a milestone that tells a secret."""
    now = house.time.now()
    with house.database.write() as connection:
        number = connection.scalar(sa.select(models.NODES.c.id).where(models.NODES.c.uuid == ident))
        made = flows.add(connection, {
            "uuid": str(uuid.uuid4()), "node_id": number, "verb": "deploy", "params": '{"secret": "geheim"}',
            "state": flows.RUNNING, "conductor": inside.HOST, "epoch": 1, "created_at": now, "updated_at": now,
            "context": '{"user": "alice", "request_id": "req-1"}', **columns},
            [{"position": 0, "step": '{"interface": "deploy", "step": "write", "args": {"password": "geheim"}}',
              "state": "started", "attempts": 2, "started_at": now}])
        milestones.add(connection, [{"node_id": number, "flow_id": made, "name": "seen", "at": now,
                                     "facts": '{"password": "geheim", "where": "here"}'}])


def schema(house: inside.Inside, path: str) -> Any:
    """The schema that the OpenAPI document has for a path's answer."""
    document = house.ask("GET", "/ops/v1/openapi.json").json()
    return document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]


def test_document_is_valid_and_complete(house: inside.Inside) -> None:
    document = house.ask("GET", "/ops/v1/openapi.json", version=None).json()
    openapi_spec_validator.validate(document)
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == {(route.method, route.path) for route in routes.TABLE
                         if route.path.startswith(("/v1", "/ops/v1")) and route.method != "HEAD"
                         and not route.path.endswith(("/openapi.json", "/reference"))}
    limit = document["paths"]["/ops/v1/nodes/{node}/timeline"]["get"]["parameters"][1]
    assert limit["name"] == "limit" and limit["schema"]["default"] == 10


def test_each_answer_of_v1_has_a_line_and_each_line_a_route() -> None:
    known = {(route.method, route.path) for route in routes.TABLE
             if not route.path.startswith("/ops") and route.method != "HEAD"}
    lines = set(shown.ANSWERS)
    assert not known - lines, f"Say in baremetal/api/ops/shown.py what these answer: {sorted(known - lines)}"
    assert not lines - known, f"baremetal/api/ops/shown.py has lines for routes that are none: {sorted(lines - known)}"


def test_timeline_says_what_is_done_and_awaited(house: inside.Inside, time: clock.MovedClock) -> None:
    ident = node(house, name="web-1", reservation=inside.HOST, lease_why="deploy", lease_since=time.now(),
                 lease_deadline=time.now().replace(year=2027))
    flow(house, ident, state=flows.DONE, finished_at=time.now())
    time.move(5)
    flow(house, ident, state=flows.WAITING, awaits="the ramdisk", deadline=time.now().replace(year=2027))
    time.move(2.5)
    answer = house.ask("GET", "/ops/v1/nodes/web-1/timeline", version=None)
    shown = answer.json()
    jsonschema.Draft202012Validator(schema(house, "/ops/v1/nodes/{node}/timeline")).validate(shown)
    assert b"geheim" not in answer.content
    newest, oldest = shown["flows"]
    assert shown["awaited"] == {"what": "the ramdisk", "until": newest["deadline"], "flow": newest["uuid"]}
    assert shown["held"]["why"] == "deploy" and shown["held"]["holder"] == inside.HOST
    assert (newest["duration_seconds"], oldest["duration_seconds"]) == (2.5, 0.0)
    assert newest["steps"][0]["duration_seconds"] == 2.5 and newest["steps"][0]["attempts"] == 2
    assert newest["milestones"][0] == {"name": "seen", "at": newest["created_at"], "seconds": 0.0,
                                       "facts": {"password": "******", "where": "here"}}
    assert (newest["user"], newest["request_id"]) == ("alice", "req-1")


@pytest.mark.parametrize(("columns", "told", "who"), [
    ({"maintenance": True}, [("alice", True, None)], "alice"),
    ({"maintenance": True}, [("alice", True, None), ("bob", True, None)], "bob"),
    ({"maintenance": True, "fault": "power failure"}, [("system:power", True, "power failure")], "system:power"),
    # told as the end of a deploy, or told and not kept: what is known is of another maintenance
    ({"maintenance": True, "fault": "clean failure"}, [("alice", True, None)], None),
    ({"maintenance": True}, [("alice", True, None), ("alice", False, None)], None),
    ({"maintenance": True}, [], None),
    ({"maintenance": False}, [("alice", True, None)], None),
])
def test_timeline_says_who_put_it_into_maintenance(
        house: inside.Inside, time: clock.MovedClock, columns: dict[str, Any], told: list[tuple[str, bool, str | None]],
        who: str | None) -> None:
    ident = node(house, **columns)
    with house.database.write() as connection:
        for user, maintenance, fault in told:
            time.move(60)
            events.add(connection, [
                happening.Happening("node", action, one, time.now(), user=user,
                                    facts={"maintenance": maintenance, "fault": fault})
                for action, one in (("maintenance", ident), ("power", ident), ("maintenance", str(uuid.uuid4())))])
    answer = house.ask("GET", f"/ops/v1/nodes/{ident}/timeline")
    jsonschema.Draft202012Validator(schema(house, "/ops/v1/nodes/{node}/timeline")).validate(answer.json())
    assert answer.json()["maintenance_set"] == (who and {"at": clock.iso(time.now()), "user": who})


def test_timeline_is_limited(house: inside.Inside) -> None:
    ident = node(house)
    for _ in range(12):
        flow(house, ident, state=flows.DONE, finished_at=house.time.now())
    path = f"/ops/v1/nodes/{ident}/timeline"
    for query, length in (("", 10), ("?limit=3", 3), ("?limit=100", 12)):
        assert len(house.ask("GET", path + query).json()["flows"]) == length
    for wrong in ("0", "101", "x"):
        assert house.ask("GET", f"{path}?limit={wrong}").status == 400


@pytest.mark.parametrize(("ident", "status"), [("unicorn", 404), (str(uuid.uuid4()), 404), ("a b", 400)])
def test_timeline_of_nobody(house: inside.Inside, ident: str, status: int) -> None:
    answer = house.ask("GET", f"/ops/v1/nodes/{ident}/timeline")
    assert answer.status == status and ident in answer.text()


@pytest.mark.parametrize("others", [(), ("conductor-2",), ("conductor-2", "conductor-3")])
def test_fleet_counts_everything(house: inside.Inside, others: tuple[str, ...]) -> None:
    for host in others:
        house.register(host)
    house.register("elsewhere", "far")
    for columns in ({}, {"power_state": "power on"}, {"power_state": "power on", "provision_state": "active"},
                    {"maintenance": True, "fault": "power failure"}, {"conductor_group": "far"},
                    {"conductor_group": "nobody"}, {"lease_deadline": house.time.now().replace(year=2027)}):
        node(house, **columns)
    shown = house.ask("GET", "/ops/v1/fleet", version=None).json()
    jsonschema.Draft202012Validator(schema(house, "/ops/v1/fleet")).validate(shown)
    conductors = shown.pop("conductor")
    assert sum(conductors.values()) == 6 and conductors["elsewhere"] == 1
    assert set(conductors) <= {inside.HOST, "elsewhere", *others}
    assert shown == {
        "total": 7, "provision_state": {"enroll": 6, "active": 1}, "power_state": {"unknown": 5, "power on": 2},
        "fault": {"power failure": 1}, "driver": {"fake-hardware": 7}, "without_conductor": 1, "maintenance": 1,
        "held": 1}


def test_an_empty_fleet(house: inside.Inside) -> None:
    shown = house.ask("GET", "/ops/v1/fleet").json()
    assert shown["total"] == shown["held"] == 0 and shown["conductor"] == {}


def test_the_page_to_read_names_every_route(house: inside.Inside) -> None:
    answer = house.ask("GET", "/ops/v1/reference", version=None, headers={"Accept": "text/html"})
    assert answer.headers["content-type"].startswith("text/html")
    assert b"/v1/nodes/{node}/states/provision" in answer.content and b"conductor_groups" in answer.content
