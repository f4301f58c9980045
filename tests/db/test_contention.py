"""A thousand allocations for a hundred nodes, from many threads: each node is got once, and nothing is left waiting."""

import concurrent.futures
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal.conductor import desks
from baremetal.db import allocations, models
from tests.flow import house as building

NODES, WISHES, THREADS = 100, 1000, 8


@pytest.fixture
def house(database_url: str) -> Iterator[building.House]:
    made = building.House(database_url)
    yield made
    made.close()


def wish(house: building.House, **columns: Any) -> str:
    """An allocation that looks for a node."""
    ident = str(uuid.uuid4())
    with house.database.write() as connection:
        allocations.add(connection, {"uuid": ident, "state": "allocating", "resource_class": "gold",
                                     "created_at": house.clock.now(), **columns})
    return ident


def test_each_node_is_got_once(house: building.House) -> None:
    for _ in range(NODES):
        house.add("available", resource_class="gold", power_state="power off")
    wishes = [wish(house) for _ in range(WISHES)]
    means = house.conductors["one"].means

    def look(ident: str) -> None:
        with house.database.write() as connection:
            row = allocations.seize(connection, ident, means.seat.host, means.seat.epoch)
        assert row is not None
        desks.allocations.look(means, row)

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(look, wishes))
    # what met another transaction is taken up again
    house.sweep("allocations").run()
    with house.database.read() as connection:
        rows = connection.execute(sa.select(models.ALLOCATIONS)).all()
        nodes = connection.execute(sa.select(models.NODES)).all()
    got = [row for row in rows if row.state == "active"]
    assert len(got) == NODES and len({row.node_id for row in got}) == NODES
    lost = [row for row in rows if row.state == "error"]
    assert len(lost) == WISHES - NODES and all(row.last_error for row in lost)
    assert {node.instance_uuid for node in nodes} == {node.allocation_uuid for node in nodes} == {
        row.uuid for row in got}


def test_what_a_dead_conductor_looked_for_is_found(house: building.House) -> None:
    ident = house.add("available", resource_class="gold", power_state="power off")
    left = wish(house, conductor="dead", epoch=1)
    house.sweep("allocations").run()
    with house.database.read() as connection:
        row = allocations.find(connection, "uuid", left)
    assert row is not None and row.state == "active"
    assert house.node(ident).instance_uuid == left


@pytest.mark.parametrize(("columns", "says"), [
    ({"resource_class": "silver"}, "There is no node of resource class 'silver'."),
    ({"traits": '["CUSTOM_A"]'}, "none is with trait CUSTOM_A"),
    ({"owner": "blue"}, "none is owned by or lent to project 'blue'"),
    ({"candidate_nodes": f'["{uuid.uuid4()}"]'}, "none is among the candidates"),
])
def test_what_is_missing_is_said(house: building.House, columns: dict[str, Any], says: str) -> None:
    house.add("available", resource_class="gold", power_state="power off")
    ident = wish(house, **columns)
    house.later(60)
    house.sweep("allocations").run()
    with house.database.read() as connection:
        row = allocations.find(connection, "uuid", ident)
    assert row is not None and row.state == "error" and says in row.last_error
