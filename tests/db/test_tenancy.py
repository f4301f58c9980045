"""Lists that are limited to a project, page by page, on each kind of database, whether it has few nodes or many."""

import pathlib
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal.api import holdings, matrix
from baremetal.db import models
from tests.api import stage as stages

LISTS = ("nodes", "ports", "portgroups", "volume/connectors", "volume/targets", "allocations", "runbooks")
#: collection: what has a row for each node
TABLES = {"ports": models.PORTS, "portgroups": models.PORTGROUPS, "volume/connectors": models.VOLUME_CONNECTORS,
          "volume/targets": models.VOLUME_TARGETS}
#: table: what a row must have of its own
OWN = {"ports": ("address",), "portgroups": (), "volume_connectors": ("type", "connector_id"),
       "volume_targets": ("volume_type", "volume_id")}
#: the other spelling is another project
OWNERS = (matrix.OWNER, matrix.OTHER, matrix.OWNER.upper(), None)
#: so many nodes of each owner, and of the lessee beside, are many
MANY = holdings.FEW + 1


def test_a_project_pages_through_its_own(database_url: str, tmp_path: pathlib.Path) -> None:
    with stages.opened(tmp_path, database__connection=database_url) as stage:
        mine: dict[str, list[str]] = {collection: [] for collection in LISTS}
        # another spelling of a project's id is another project
        for owner in (matrix.OWNER, matrix.OTHER, matrix.OWNER.upper(), matrix.OWNER):
            stage.scene["node"] = stage.make("nodes", owner=owner)
            for collection in LISTS:
                fields = {"owner": owner} if collection in ("nodes", *stages.OWNED) else {}
                ident = stage.scene["node"] if collection == "nodes" else stage.make(collection, **fields)
                mine[collection] += [ident] if owner == matrix.OWNER else []
        for collection, idents in mine.items():
            assert listed(stage, "owner reader", collection, 1) == idents, collection
            stranger = stage.ask("third reader", "GET", f"/v1/{collection}?marker={idents[0]}&sort_key=created_at")
            assert stranger.status == 404, collection


def listed(stage: stages.Stage, role: str, collection: str, limit: int) -> list[str]:
    """The UUIDs that a role is shown, page by page."""
    seen: list[str] = []
    path = f"/v1/{collection}?limit={limit}"
    while path:
        answer = stage.ask(role, "GET", path).json()
        seen += [one["uuid"] for one in answer[collection.rsplit("/", maxsplit=1)[-1]]]
        path = answer.get("next", "").removeprefix("http://localhost")
    return seen


def fill(stage: stages.Stage) -> dict[str, list[tuple[str | None, str | None, str]]]:
    """Make many nodes of each owner, every other one lent; owner, lessee and UUID of all that there is then."""
    rows: list[dict[str, Any]] = []
    found: dict[str, list[tuple[str | None, str | None, str]]] = {}
    for number in range(MANY * len(OWNERS)):
        lessee = matrix.LESSEE if number // len(OWNERS) % 2 else matrix.OTHER
        rows.append({"id": number + 1, "uuid": str(uuid.uuid4()), "driver": "fake-hardware",
                     "provision_state": "available", "owner": OWNERS[number % len(OWNERS)], "lessee": lessee})
    with stage.door.database.write() as connection:
        connection.execute(sa.insert(models.NODES), rows)
        found["nodes"] = [(row["owner"], row["lessee"], row["uuid"]) for row in rows]
        for collection, table in TABLES.items():
            made = [{"uuid": str(uuid.uuid4()), "node_id": row["id"], "extra": "{}",
                     **dict.fromkeys(OWN[table.name], f"{row['id']:012x}"),
                     **({"boot_index": 0} if table is models.VOLUME_TARGETS else {})} for row in rows]
            connection.execute(sa.insert(table), made)
            found[collection] = [(row["owner"], row["lessee"], one["uuid"])
                                 for row, one in zip(rows, made, strict=True)]
    return found


def test_many_nodes_are_listed_like_few(database_url: str, tmp_path: pathlib.Path) -> None:
    with stages.opened(tmp_path, database__connection=database_url) as stage:
        whole = fill(stage)
        for role, project in (("owner reader", matrix.OWNER), ("lessee reader", matrix.LESSEE)):
            for collection, rows in whole.items():
                mine = [ident for owner, lessee, ident in rows if project in (owner, lessee)]
                assert len(mine) > holdings.FEW
                assert listed(stage, role, collection, 90) == mine, collection
                foreign = next(ident for owner, lessee, ident in rows if project not in (owner, lessee))
                assert stage.ask(role, "GET", f"/v1/{collection}?marker={foreign}").status == 404, collection
                answer = stage.ask(role, "GET", f"/v1/{collection}?sort_key=uuid&sort_dir=desc&limit=1000").json()
                seen = [one["uuid"] for one in answer[collection.rsplit("/", maxsplit=1)[-1]]]
                assert seen == sorted(mine, reverse=True), collection


@pytest.mark.parametrize("many", [False, True])
def test_no_list_reads_whole_tables_of_others(tmp_path: pathlib.Path, *, many: bool) -> None:
    """A few nodes are begun with; many are looked up in the index of their tenant while the list is walked."""
    with stages.opened(tmp_path) as stage:
        if many:
            fill(stage)
        seen: list[tuple[str, list[str]]] = []

        def note(connection: sa.Connection, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
            if statement.startswith("SELECT") and "LIMIT" in statement and "count(" not in statement:
                raw = connection.connection.cursor()
                raw.execute(f"EXPLAIN QUERY PLAN {statement}", values)
                seen.append((statement, [row[3] for row in raw.fetchall()]))
        sa.event.listen(stage.door.database.reader, "before_cursor_execute", note)
        for collection in ("nodes", *TABLES):
            assert stage.ask("owner reader", "GET", f"/v1/{collection}?limit=10").status == 200
        assert len(seen) == 1 + len(TABLES)
        for statement, plan in seen:
            # walking is the only scan, of the list itself; what is looked up is found by indexes
            scans = [line for line in plan if line.startswith("SCAN")]
            assert len(scans) <= many, (statement, plan)
            if many and " nodes " not in statement.split("FROM")[1]:
                assert any("ix_nodes_owner (owner=? AND rowid" in line for line in plan), plan
