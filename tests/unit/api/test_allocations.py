"""What becomes of a node's allocation in every provision state, who looks for a node when nobody can, and whose name
wins. The states are those in which the reference was asked.
"""

import concurrent.futures
from collections.abc import Iterator
from typing import Any

import pytest

from baremetal import clock, errors, states
from baremetal.db import models
from tests.unit.api import door

#: states in which an allocation may be deleted, and the instance be removed that has one; everywhere in maintenance
DELETABLE = {"adopt failed", "available", "clean failed", "deploy failed", "enroll", "error", "inspect failed",
             "inspect wait", "inspecting", "manageable", "rescue", "rescue failed", "service failed", "service hold",
             "unrescue failed", "verifying"}
REMOVABLE = {"available", "enroll", "inspect wait", "manageable"}
EVERY = [(state, maintenance) for state in states.STATES for maintenance in (False, True)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[door.Door]:
    made = door.Door(tmp_path_factory.mktemp("allocations"), clock.MovedClock(), conductor__heartbeat_timeout=10**8)
    yield made
    made.close()


def allocated(house: door.Door, state: str, *, maintenance: bool) -> tuple[str, str]:
    """A node in this state, and its allocation."""
    node = house.node()
    house.write(node, provision_state="active")
    made = house.make("/v1/allocations", {"node": node})["uuid"]
    bring(house, node, state, maintenance=maintenance)
    return node, made


def bring(house: door.Door, node: str, state: str, *, maintenance: bool) -> None:
    house.write(node, provision_state=state, target_provision_state=states.target(state), maintenance=maintenance)


def reserved(house: door.Door, node: str, ident: str) -> list[bool]:
    """Whether the node has the allocation, and whether it is there."""
    row = house.row(node)
    assert row.instance_uuid == row.allocation_uuid
    return [row.allocation_uuid == ident, house.ask("GET", f"/v1/allocations/{ident}").status == 200]


@pytest.mark.parametrize(("state", "maintenance"), EVERY)
def test_deleting_an_allocation(house: door.Door, state: str, maintenance: bool) -> None:
    for path in ("/v1/allocations/{made}", "/v1/nodes/{node}/allocation"):
        node, made = allocated(house, state, maintenance=maintenance)
        answer = house.ask("DELETE", path.format(made=made, node=node))
        gone = maintenance or state in DELETABLE
        assert answer.status == (204 if gone else 409), answer.content
        assert reserved(house, node, made) == ([False, False] if gone else [True, True])
        assert gone or (f"{state!r}" in answer.text() and node in answer.text())


@pytest.mark.parametrize(("state", "maintenance"), EVERY)
def test_removing_the_instance_of_an_allocation(house: door.Door, state: str, maintenance: bool) -> None:
    node, made = allocated(house, state, maintenance=maintenance)
    answer = house.patch(node, ("remove", "/instance_uuid"))
    gone = maintenance or state in REMOVABLE
    assert answer.status == (200 if gone else 409), answer.content
    assert reserved(house, node, made) == ([False, False] if gone else [True, True])
    assert gone or f"{state!r}" in answer.text()


@pytest.mark.parametrize(("state", "maintenance"), EVERY)
def test_an_allocation_of_a_node_in_use(house: door.Door, state: str, maintenance: bool) -> None:
    node = house.node()
    bring(house, node, state, maintenance=maintenance)
    answer = house.ask("POST", "/v1/allocations", body={"node": node, "name": f"of-{node}"})
    assert answer.status == (201 if state == "active" else 409), answer.content
    assert house.ask("GET", f"/v1/allocations/of-{node}").status == (200 if state == "active" else 404)
    assert (house.row(node).allocation_uuid is not None) == (state == "active")


def test_an_allocation_is_not_made_for_a_node_that_is_held(house: door.Door) -> None:
    node = house.node()
    house.write(node, provision_state="active", **door.HELD, lease_since=house.time.now(),
                lease_deadline=house.time.now().replace(year=9999))
    answer = house.ask("POST", "/v1/allocations", body={"node": node, "name": "of-held"})
    assert answer.status == 409 and "a long step" in answer.text()
    assert house.ask("GET", "/v1/allocations/of-held").status == 404


def test_nobody_can_look_for_a_node(house: door.Door) -> None:
    """Then nothing is written: nobody would ever see to it."""
    with house.database.write() as connection:
        kept = connection.execute(models.CONDUCTORS.select()).all()
        connection.execute(models.CONDUCTORS.update().values(online=False))
    house.time.move(house.conf.hash_ring_reset_interval + 1)
    try:
        answer = house.ask("POST", "/v1/allocations", body={"resource_class": "gold", "name": "lost"})
        assert answer.status == 503 and "No conductor is alive" in answer.text()
        assert house.ask("GET", "/v1/allocations/lost").status == 404
    finally:
        with house.database.write() as connection:
            connection.execute(models.CONDUCTORS.update().values(online=kept[0].online))
        house.time.move(house.conf.hash_ring_reset_interval + 1)


def test_a_conductor_that_is_busy_leaves_the_allocation_to_a_sweep(house: door.Door) -> None:
    house.answers["allocate"] = errors.NoFreeWorker(size=1, host="one")
    try:
        answer = house.ask("POST", "/v1/allocations", body={"resource_class": "gold"})
    finally:
        del house.answers["allocate"]
    assert answer.status == 201 and answer.json()["state"] == "allocating"


def test_one_name_is_given_once(house: door.Door) -> None:
    """Of two that are given the same name at once, one is told that it is taken."""
    made = [house.make("/v1/allocations", {"resource_class": "none"})["uuid"] for _ in range(8)]

    def rename(ident: str) -> Any:
        return house.ask("PATCH", f"/v1/allocations/{ident}",
                         body=[{"op": "add", "path": "/name", "value": "wanted"}]).status
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(rename, made)) == [200, *[409] * 7]
