"""Reports that wait, and inventories, on each kind of database."""

import concurrent.futures
import datetime
import pathlib
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from baremetal.db import agents, inventory, models
from tests.api import inside
from tests.unit.inspection import reports

NOW = datetime.datetime(2026, 1, 1, 12, 0, 0)


@pytest.fixture
def house(database_url: str, tmp_path: pathlib.Path) -> Iterator[inside.Inside]:
    made = inside.Inside(tmp_path, database__connection=database_url)
    yield made
    made.close()


def enrol(house: inside.Inside, *addresses: str) -> int:
    """A new node with ports; return its id."""
    uuid = str(house.make("/v1/nodes", {"driver": "fake-hardware"})["uuid"])
    for address in addresses:
        house.make("/v1/ports", {"node_uuid": uuid, "address": address})
    with house.database.read() as connection:
        return int(agents.by_uuid(connection, uuid, ("id",))[0].id)


def test_reports_of_one_node_at_once_leave_one(house: inside.Inside) -> None:
    node = enrol(house)
    texts = [f'{{"report":{number},"text":"😀 {"x" * 5000}"}}' for number in range(16)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: inventory.store_pending(house.database, node, text, NOW, {}), texts))
    with house.database.read() as connection:
        assert inventory.pending(connection, node) in texts


def test_what_waits_and_what_came_of_it(house: inside.Inside) -> None:
    node = enrol(house)
    with house.database.read() as connection:
        assert inventory.pending(connection, node) is None
    inventory.store_pending(house.database, node, "{}", NOW, {})
    with house.database.write() as connection:
        inventory.store(connection, node, '{"cpu":1}', '{"a":"ü"}', NOW)
        assert inventory.pending(connection, node) is None
    inventory.store_pending(house.database, node, '{"new":1}', NOW, {})
    with house.database.write() as connection:
        inventory.drop(connection, node)
        assert inventory.pending(connection, node) is None
    uuid = house.ask("GET", "/v1/nodes").json()["nodes"][0]["uuid"]
    told = house.ask("GET", f"/v1/nodes/{uuid}/inventory").json()
    assert told == {"inventory": {"cpu": 1}, "plugin_data": {"a": "ü"}}
    assert house.ask("DELETE", f"/v1/nodes/{uuid}").status == 204
    with house.database.read() as connection:
        assert inventory.read(connection, "uuid", uuid) is None     # there is no such node any more


def test_a_report_is_kept_only_where_it_is_awaited(house: inside.Inside) -> None:
    node = enrol(house)
    assert not inventory.store_pending(house.database, node, "{}", NOW, {"provision_state": "inspect wait"})
    awaits = {"provision_state": "enroll", "provision_updated_at": None}
    assert inventory.store_pending(house.database, node, "{}", NOW, awaits)
    with house.database.write() as connection:
        connection.execute(sa.update(models.NODES).where(models.NODES.c.id == node).values(provision_updated_at=NOW))
    assert not inventory.store_pending(house.database, node, '{"late":1}', NOW, awaits)
    assert inventory.store_pending(house.database, node, '{"new":1}', NOW, {**awaits, "provision_updated_at": NOW})
    with house.database.read() as connection:
        assert inventory.pending(connection, node) == '{"new":1}'


def test_servers_are_found_by_their_addresses(house: inside.Inside) -> None:
    one, other = enrol(house, reports.BOOTED, reports.OTHER), enrol(house, "52:54:00:00:00:01")
    with house.database.read() as connection:
        for addresses, ids in (((reports.BOOTED, reports.OTHER), [one]), (("52:54:00:00:00:09",), []),
                               ((reports.OTHER, "52:54:00:00:00:01"), [one, other])):
            assert sorted(row.id for row in agents.by_addresses(connection, addresses, ("id",))) == ids


@pytest.mark.parametrize("size", [1, 15 * 2 ** 20])
def test_large_reports_fit(house: inside.Inside, size: int) -> None:
    """As large as the API takes them, less what the server's own bound on a statement leaves."""
    node = enrol(house)
    text = '{"a":"' + "x" * size + '"}'
    inventory.store_pending(house.database, node, text, NOW, {})
    with house.database.read() as connection:
        assert inventory.pending(connection, node) == text
