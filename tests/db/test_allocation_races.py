"""Allocations while others delete, change, undeploy and die: a node and its allocation always know each other, nothing
waits for ever, and no request is answered with an error of the server.
"""

import collections
import concurrent.futures
import pathlib
import random
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal.conductor import desks
from baremetal.db import allocations, engine, models
from baremetal.rpc import server, wire
from tests.flow import house as building
from tests.unit.api import door

ALLOCATIONS, NODES = models.ALLOCATIONS, models.NODES
THREADS = 8


class Place:
    """The API and conductors on one database; what the API asks is done by conductor "one" in the thread that asks."""

    def __init__(self, url: str, folder: pathlib.Path) -> None:
        self.conductors = building.House(url, conductor__automated_clean=False)
        self.api = door.Door(folder, self.conductors.clock, database__connection=url, rpc_response_timeout=120,
                             conductor__heartbeat_timeout=10**8)
        self.api.answers["allocate"] = self.allocate
        self._one = server.Server(self.api.conf, wire.transport(self.api.conf), "one",
                                  {"allocate": lambda _ctx, allocation: self.allocate(allocation)})
        self._one.start()
        self.seen: collections.Counter[int] = collections.Counter()
        self._turn = threading.Lock()

    def allocate(self, allocation: str) -> None:
        """As RPC does it, but at once."""
        means = self.conductors.conductors["one"].means
        row = desks.allocations.claim(means, allocation)
        if row is not None:
            desks.allocations.look(means, row)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.api.ask(method, path, body=body)
        with self._turn:
            self.seen[answer.status] += 1
        assert answer.status < 500, answer.content
        return answer

    def add(self, **columns: Any) -> str:
        return self.conductors.add("available", resource_class="gold", power_state="power off", **columns)

    def wish(self, **columns: Any) -> str:
        """An allocation that looks for a node."""
        ident = str(uuid.uuid4())
        with self.api.database.write() as connection:
            allocations.add(connection, {"uuid": ident, "state": "allocating", "resource_class": "gold",
                                         "created_at": self.conductors.clock.now(), **columns})
        return ident

    def row(self, ident: str) -> Any:
        with self.api.database.read() as connection:
            return allocations.find(connection, "uuid", ident)

    def settle(self) -> None:
        """Let the sweep end what is left, then let node and allocation be compared."""
        self.conductors.later(60)
        self.conductors.sweep("allocations").run()
        with self.api.database.read() as connection:
            rows = connection.execute(sa.select(ALLOCATIONS)).all()
            nodes = {node.id: node for node in connection.execute(sa.select(NODES))}
        assert {row.state for row in rows} <= {"active", "error"}
        got = {row.node_id: row.uuid for row in rows if row.state == "active"}
        assert None not in got and len(got) == sum(row.state == "active" for row in rows)
        assert {node.id: node.allocation_uuid for node in nodes.values() if node.allocation_uuid} == got
        assert all(node.instance_uuid == node.allocation_uuid for node in nodes.values())

    def close(self) -> None:
        stop = threading.Thread(target=self._one.stop, daemon=True)
        stop.start()
        stop.join(5)
        self.api.close()
        self.conductors.close()


@pytest.fixture
def place(database_url: str, tmp_path: pathlib.Path) -> Iterator[Place]:
    made = Place(database_url, tmp_path)
    yield made
    made.close()


def at_once(*works: Callable[[int], Any], times: int) -> None:
    """Do all works in threads, each so often, mixed by chance."""
    jobs = [(work, number) for work in works for number in range(times)]
    random.Random(1).shuffle(jobs)
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(work, number) for work, number in jobs]:
            done.result()


def test_deleted_while_a_node_is_looked_for(place: Place) -> None:
    for _ in range(10):
        place.add()
    wishes = [place.wish() for _ in range(60)]
    at_once(lambda number: place.allocate(wishes[number]),
            lambda number: place.ask("DELETE", f"/v1/allocations/{wishes[number]}"), times=60)
    assert set(place.seen) <= {204, 409}
    place.settle()


def test_nodes_that_change_and_go_while_they_are_looked_for(place: Place) -> None:
    idents = [place.add() for _ in range(12)]

    def stir(number: int) -> None:
        path = f"/v1/nodes/{random.Random(number).choice(idents)}"
        what = number % 5
        if what == 0:
            place.ask("PUT", f"{path}/maintenance", {})
            place.ask("DELETE", path)
        elif what == 1:
            place.ask("PUT", f"{path}/maintenance", {})
            place.ask("DELETE", f"{path}/maintenance")
        elif what == 2:
            place.ask("PATCH", path, [{"op": "replace", "path": "/resource_class", "value": "silver"}])
            place.ask("PATCH", path, [{"op": "replace", "path": "/resource_class", "value": "gold"}])
        elif what == 3:
            place.ask("PATCH", path, [{"op": "remove", "path": "/instance_uuid"}])
        else:
            place.ask("DELETE", f"{path}/allocation")

    at_once(stir, lambda _: place.ask("POST", "/v1/allocations", {"resource_class": "gold"}), times=60)
    assert set(place.seen) <= {200, 201, 202, 204, 404, 409}
    place.settle()


CHANGES: dict[str, Callable[[Place, str], Any]] = {
    "maintenance": lambda place, node: place.ask("PUT", f"/v1/nodes/{node}/maintenance", {}),
    "class": lambda place, node: place.ask("PATCH", f"/v1/nodes/{node}", [
        {"op": "replace", "path": "/resource_class", "value": "silver"}]),
    "owner": lambda place, node: place.ask("PATCH", f"/v1/nodes/{node}", [{"op": "remove", "path": "/owner"}]),
    "trait": lambda place, node: place.ask("DELETE", f"/v1/nodes/{node}/traits/CUSTOM_A"),
    "deleted": lambda place, node: place.ask("DELETE", f"/v1/nodes/{node}"),
    "instance": lambda place, node: place.ask("PATCH", f"/v1/nodes/{node}", [
        {"op": "add", "path": "/instance_uuid", "value": str(uuid.uuid4())}]),
    "state": lambda place, node: place.conductors.do(node, "manage"),
    "held": lambda place, node: place.conductors.set(
        node, reservation="two", lease_token="2.a", lease_deadline=place.conductors.clock.now().replace(year=9999)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changes_between_match_and_take_is_seen(place: Place, what: str) -> None:
    node = place.add(owner="blue")
    place.ask("PUT", f"/v1/nodes/{node}/traits", {"traits": ["CUSTOM_A"]})
    wish = place.row(place.wish(owner="blue", traits='["CUSTOM_A"]', conductor="one", epoch=1))
    now = place.conductors.clock.now()
    with place.api.database.read() as connection:
        found, = allocations.fitting(connection, wish, now, (0, 10**6))
    CHANGES[what](place, node)
    with place.api.database.write() as connection:
        assert not allocations.take_node(connection, wish, found, now)


def test_those_of_a_dead_conductor_are_taken_over_once(place: Place) -> None:
    for _ in range(10):
        place.add()
    for name in ("two", "three"):
        place.conductors.conductor(name)
    for _ in range(30):
        place.wish(conductor="dead", epoch=1)
    sweeps = [place.conductors.sweep("allocations", host) for host in ("one", "two", "three")]
    at_once(lambda number: sweeps[number].run(), times=3)
    with place.api.database.read() as connection:
        rows = connection.execute(sa.select(ALLOCATIONS)).all()
    assert collections.Counter(row.state for row in rows) == {"active": 10, "error": 20}
    place.settle()


def test_what_met_trouble_with_the_database_is_looked_for_again(place: Place) -> None:
    """The conductor lives, so nobody else would."""
    node, means = place.add(), place.conductors.conductors["one"].means
    row = desks.allocations.claim(means, place.wish())
    assert row is not None
    good = place.conductors.database.reader
    gone = sa.create_engine("sqlite:////nowhere/at/all.sqlite")
    place.conductors.database.reader = gone
    try:
        with pytest.raises(engine.TROUBLE), place.conductors.database.read():
            pass
        desks.allocations.look(means, row)
    finally:
        place.conductors.database.reader = good
        gone.dispose()
    assert place.row(row.uuid).state == "allocating"
    place.settle()
    assert place.row(row.uuid).state == "active" and place.conductors.node(node).allocation_uuid == row.uuid


def test_one_name_for_many(place: Place) -> None:
    wishes = [place.wish() for _ in range(16)]
    at_once(lambda number: place.ask("PATCH", f"/v1/allocations/{wishes[number]}", [
        {"op": "add", "path": "/name", "value": "wanted"}]), times=16)
    assert place.seen == {200: 1, 409: 15}


def test_one_active_node_for_many(place: Place) -> None:
    node = place.conductors.add("active")
    at_once(lambda _: place.ask("POST", "/v1/allocations", {"node": node, "uuid": str(uuid.uuid4())}), times=16)
    assert place.seen == {201: 1, 409: 15}
    place.settle()


def test_deleted_removed_and_undeployed_at_once(place: Place) -> None:
    """Whoever comes first takes both away; the others find nothing, and nothing is half gone."""
    for _ in range(8):
        node = place.conductors.add("active")
        made = place.ask("POST", "/v1/allocations", {"node": node}).json()["uuid"]
        place.ask("PUT", f"/v1/nodes/{node}/maintenance", {})
        works: list[Callable[[int], Any]] = [
            lambda _, made=made: place.ask("DELETE", f"/v1/allocations/{made}"),  # type: ignore[misc]
            lambda _, node=node: place.ask(  # type: ignore[misc]
                "PATCH", f"/v1/nodes/{node}", [{"op": "remove", "path": "/instance_uuid"}]),
            lambda _, node=node: place.ask("DELETE", f"/v1/nodes/{node}/allocation"),  # type: ignore[misc]
            lambda _, node=node: place.conductors.start(node, "delete")]  # type: ignore[misc]
        at_once(*works, times=1)
        place.conductors.settle()
        assert place.conductors.node(node).provision_state == "available"
        assert place.row(made) is None
        place.settle()


def test_deleted_while_its_node_is_deployed(place: Place) -> None:
    """Before the deploy it goes; from then on it stays, and the one answer fits to what is there."""
    for _ in range(8):
        node = place.add()
        made = place.ask("POST", "/v1/allocations", {"resource_class": "gold"}).json()["uuid"]
        assert place.row(made).state == "active"
        place.seen.clear()
        at_once(lambda _, made=made: place.ask("DELETE", f"/v1/allocations/{made}"),  # type: ignore[misc]
                lambda _, node=node: place.conductors.start(node, "deploy"), times=1)  # type: ignore[misc]
        place.conductors.settle()
        found = place.conductors.node(node)
        assert found.provision_state == "active"
        assert (dict(place.seen), found.allocation_uuid) in (({204: 1}, None), ({409: 1}, made))
        place.settle()
