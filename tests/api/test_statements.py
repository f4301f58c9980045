"""No collection asks the database once per row: the number of statements is the same for 1 and for 20 rows."""

import pathlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal.db import bios, firmware, flows, models
from tests.api import inside

MANY = 20

COLLECTIONS = [
    "/v1/nodes", "/v1/nodes?detail=true", "/v1/nodes/detail", "/v1/nodes?fields=uuid,traits,conductor,chassis_uuid",
    "/v1/nodes?chassis_uuid={chassis}", "/v1/chassis/{chassis}/nodes", "/v1/chassis/{chassis}/nodes/detail",
    "/v1/chassis", "/v1/chassis/detail", "/v1/ports", "/v1/ports/detail", "/v1/ports?node={node}",
    "/v1/ports?fields=uuid,node_uuid", "/v1/nodes/{node}/ports", "/v1/nodes/{node}/ports/detail",
    "/v1/ports?conductor_groups=&shard=rack", "/v1/drivers", "/v1/drivers?detail=true", "/v1/conductors",
    "/v1/conductors?detail=true", "/v1/nodes/{node}/history", "/v1/nodes/{node}/history?detail=true",
    "/v1/nodes/{node}/traits", "/v1/nodes/{node}/bios", "/v1/nodes/{node}/bios?detail=true",
    "/v1/nodes/{node}/firmware", "/ops/v1/fleet", "/ops/v1/nodes/{node}/timeline?limit=100",
    "/v1/deploy_templates", "/v1/deploy_templates?detail=true", "/v1/runbooks", "/v1/runbooks?detail=true",
    "/v1/inspection_rules", "/v1/inspection_rules?detail=true",
]


class Statements:
    """Counts what is executed."""

    def __init__(self, engine: sa.Engine) -> None:
        self.seen: list[str] = []
        sa.event.listen(engine, "before_cursor_execute", self.note)

    def note(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        """Remember a statement."""
        self.seen.append(statement)


def fill(house: inside.Inside, count: int) -> dict[str, str]:
    """Make so many of everything; return what the paths name."""
    chassis = [house.make("/v1/chassis", {})["uuid"] for _ in range(count)]
    nodes = [house.make("/v1/nodes", {"driver": "fake-hardware", "chassis_uuid": chassis[0], "shard": "rack"})["uuid"]
             for _ in range(count)]
    for number in range(count):
        house.make("/v1/ports", {"node_uuid": nodes[0], "address": f"52:54:00:00:00:{number:02x}"})
        house.register(f"another-{number}")
        add_steps(house, number)
    with house.database.write() as connection:
        ids = list(connection.scalars(sa.select(models.NODES.c.id).order_by(models.NODES.c.id)))
        for number in range(count):
            connection.execute(sa.insert(models.TRAITS), {"node_id": ids[number], "trait": f"CUSTOM_{number}"})
            add_past(connection, ids[0], house.time.now())
        names = range(count)
        bios.store(connection, ids[0], [{"name": f"s{name}", "value": name} for name in names], house.time.now())
        firmware.store(connection, ids[0], [{"component": f"nic:{name}"} for name in names], house.time.now())
    return {"chassis": chassis[0], "node": nodes[0]}


def add_steps(house: inside.Inside, number: int) -> None:
    """Add a deploy template, a runbook with a trait and an inspection rule."""
    step = {"interface": "bios", "step": "x", "args": {}}
    house.make("/v1/deploy_templates", {"name": f"CUSTOM_{number}", "steps": [{**step, "priority": 1}]})
    made = house.make("/v1/runbooks", {"name": f"book-{number}", "steps": [{**step, "order": 1}]})
    house.ask("PUT", f"/v1/runbooks/{made['uuid']}/traits", body={"traits": ["CUSTOM_A", "CUSTOM_B"]})
    house.make("/v1/inspection_rules", {"actions": [{"op": "log", "args": {"msg": "seen"}}]})


def add_past(connection: sa.Connection, node_id: int, now: Any) -> None:
    """Add a flow with a step and a milestone, and an entry of history."""
    times = {"created_at": now, "updated_at": now, "finished_at": now}
    flow = {"uuid": str(uuid.uuid4()), "node_id": node_id, "verb": "manage", "state": flows.DONE, "conductor": "c",
            "epoch": 1, **times}
    ident = flows.add(connection, flow, [{"position": 0, "step": "{}", "state": "done", "attempts": 1}])
    connection.execute(sa.insert(models.MILESTONES), {"node_id": node_id, "flow_id": ident, "name": "x", "at": now})
    connection.execute(sa.insert(models.HISTORY), {
        "uuid": str(uuid.uuid4()), "node_id": node_id, "created_at": now, "severity": "INFO", "event_type": "x",
        "event": "x"})


@pytest.fixture(scope="module", params=[1, MANY])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A house with so many rows in every table."""
    house = inside.Inside(tmp_path_factory.mktemp("rows"), api__events_kept_seconds=0)
    yield request.param, house, fill(house, request.param), Statements(house.database.reader)
    house.close()


KNOWN: dict[str, int] = {}


@pytest.mark.parametrize("path", COLLECTIONS)
def test_number_of_statements_does_not_grow(path: str, filled: Any) -> None:
    count, house, named, statements = filled
    house.ask("GET", path.format(**named))      # what is cached for a while is read now
    statements.seen.clear()
    answer = house.ask("GET", path.format(**named))
    assert answer.status == 200, answer.content
    shown = answer.json()
    items = next((value for value in shown.values() if isinstance(value, list)), [])
    if count == MANY and "drivers" not in shown and "fleet" not in path:
        # the node filters name one chassis, the port filters one node: all others see every row
        assert len(items) >= MANY if "{node}/traits" not in path else items
    known = KNOWN.setdefault(path, len(statements.seen))
    assert len(statements.seen) == known, "\n".join(statements.seen)


def test_paging_shows_everything_once(tmp_path: pathlib.Path) -> None:
    house = inside.Inside(tmp_path, api__events_kept_seconds=0)
    fill(house, 7)
    for name, identity in (("nodes", "uuid"), ("ports", "uuid"), ("chassis", "uuid"), ("conductors", "hostname")):
        seen: list[str] = []
        path = f"/v1/{name}?limit=3&sort_dir=desc"
        while path:
            page = house.ask("GET", path).json()
            seen += [item[identity] for item in page[name]]
            path = page.get("next", "").removeprefix("http://localhost")
        assert len(seen) == len(set(seen)) == (8 if name == "conductors" else 7), name
    house.close()
