"""What goes with a node that is deleted, on each kind of database: all that hangs on it, and nothing else."""

import datetime
import pathlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal.db import models
from tests.api import inside

NOW = datetime.datetime(2026, 1, 1, 12, 0, 0)
NODES = models.NODES


def hanging(table: sa.Table) -> dict[sa.Table, sa.Column[Any]]:
    """The tables that refer to this one with rows that cannot be without it, and the column that does."""
    return {other: column for other in models.METADATA.sorted_tables for column in other.c
            for key in column.foreign_keys if key.column.table is table and key.ondelete == "CASCADE"}


#: what needs no value of its own in a row: it is made up by type
MADE_UP = {sa.String: "x", sa.Text: "[]", sa.DateTime: NOW, sa.Boolean: False, sa.Integer: 1}


def row(table: sa.Table, **given: Any) -> dict[str, Any]:
    """A row with what the table demands."""
    values = {"uuid": str(uuid.uuid4())} if "uuid" in table.c else {}
    for column in table.c:
        if column.name in (*given, *values, "id") or column.nullable:
            continue
        values[column.name] = next(value for kind, value in MADE_UP.items() if isinstance(column.type, kind))
    return {**values, **given}


def fill(connection: sa.Connection, node: int) -> None:
    """Put a row of this node into every table that hangs on nodes, and into those that hang on its flows."""
    for table, column in hanging(NODES).items():
        unique = {"connector_id": f"c{node}", "address": f"52:54:00:00:00:{node:02x}"}
        made = connection.execute(sa.insert(table), row(table, **{
            column.name: node, **{name: value for name, value in unique.items() if name in table.c}}))
        for below, refers in hanging(table).items():
            own = {"node_id": node} if "node_id" in below.c else {}
            connection.execute(sa.insert(below), row(below, **{refers.name: made.inserted_primary_key[0], **own}))


def counts(connection: sa.Connection) -> dict[str, int]:
    """How many rows each table has that hangs on nodes, directly or not."""
    tables = [*hanging(NODES), *(below for table in hanging(NODES) for below in hanging(table))]
    return {table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables}


@pytest.fixture
def house(database_url: str, tmp_path: pathlib.Path) -> Iterator[inside.Inside]:
    made = inside.Inside(tmp_path, database__connection=database_url, api__events_kept_seconds=0)
    yield made
    made.close()


def test_all_that_hangs_on_a_node_goes_with_it(house: inside.Inside) -> None:
    leaving, staying = [house.make("/v1/nodes", {"driver": "fake-hardware"})["uuid"] for _ in range(2)]
    with house.database.write() as connection:
        ids = dict(connection.execute(sa.select(NODES.c.uuid, NODES.c.id)).all())
        fill(connection, ids[staying])
        before = counts(connection)
        fill(connection, ids[leaving])
        assert all(number > before[name] > 0 for name, number in counts(connection).items())
    assert len(before) >= 13, "a table does not say that it hangs on nodes"
    assert house.ask("DELETE", f"/v1/nodes/{leaving}").status == 204
    with house.database.read() as connection:
        assert counts(connection) == before
        assert [*connection.scalars(sa.select(NODES.c.uuid))] == [staying]


def test_what_hung_on_it_is_free_again(house: inside.Inside) -> None:
    made: dict[str, dict[str, Any]] = {
        "/v1/ports": {"address": "52:54:00:00:00:01", "name": "p"},
        "/v1/portgroups": {"address": "52:54:00:00:00:02", "name": "g"},
        "/v1/volume/connectors": {"type": "iqn", "connector_id": "c"},
        "/v1/volume/targets": {"volume_type": "iscsi", "volume_id": "v", "boot_index": 0}}
    for _ in range(2):
        node = house.make("/v1/nodes", {"driver": "fake-hardware", "name": "n"})["uuid"]
        kept = {path: house.make(path, {**body, "node_uuid": node})["uuid"] for path, body in made.items()}
        assert house.ask("DELETE", "/v1/nodes/n").status == 204
        for path, ident in kept.items():
            assert house.ask("GET", f"{path}/{ident}").status == 404
            shown = house.ask("GET", path).json()
            assert next(value for value in shown.values() if isinstance(value, list)) == []


def test_its_allocation_goes_too(house: inside.Inside) -> None:
    made = set()
    for _ in range(2):
        house.make("/v1/nodes", {"driver": "fake-hardware", "name": "n", "resource_class": "gold"})
        with house.database.write() as connection:
            connection.execute(sa.update(NODES).values(provision_state="active"))
        allocation = house.make("/v1/allocations", {"name": "mine", "node": "n"})["uuid"]
        assert house.ask("GET", "/v1/nodes/n").json()["allocation_uuid"] == allocation
        refused = house.ask("DELETE", "/v1/nodes/n")
        assert refused.status == 409 and allocation in refused.text()
        assert house.ask("PUT", "/v1/nodes/n/maintenance", body={"reason": "gone"}).status == 202
        assert house.ask("DELETE", "/v1/nodes/n").status == 204
        assert house.ask("GET", "/v1/allocations/mine").status == 404
        made.add(allocation)
    assert len(made) == 2


def test_a_port_group_leaves_its_ports(house: inside.Inside) -> None:
    """A group goes only when it is empty; its node takes both along."""
    node = house.make("/v1/nodes", {"driver": "fake-hardware"})["uuid"]
    group = house.make("/v1/portgroups", {"node_uuid": node, "name": "g"})["uuid"]
    port = house.make("/v1/ports", {"node_uuid": node, "address": "52:54:00:00:00:01", "portgroup_uuid": group})["uuid"]
    refused = house.ask("DELETE", "/v1/portgroups/g")
    assert refused.status == 400 and port in refused.text()
    assert house.ask("DELETE", f"/v1/nodes/{node}").status == 204
    assert house.ask("GET", f"/v1/ports/{port}").status == 404 == house.ask("GET", "/v1/portgroups/g").status
