"""No collection asks the database once per row: the number of statements is the same for 3 and for 30 rows."""

import pathlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal import clock
from baremetal.db import bios, firmware, flows, models
from tests.api import inside
from tests.flow import house as flow_house

FEW, MANY = 3, 30

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
    "/v1/inspection_rules", "/v1/inspection_rules?detail=true", "/v1/runbooks/{runbook}/traits",
    "/v1/portgroups", "/v1/portgroups?detail=true", "/v1/portgroups/detail", "/v1/portgroups?node={node}",
    "/v1/portgroups?shard=rack", "/v1/portgroups?conductor_groups=", "/v1/portgroups?fields=uuid,node_uuid,ports",
    "/v1/nodes/{node}/portgroups", "/v1/nodes/{node}/portgroups/detail", "/v1/portgroups/{group}/ports",
    "/v1/portgroups/{group}/ports/detail", "/v1/ports?portgroup={group}", "/v1/ports?portgroup={group}&detail=true",
    "/v1/volume/connectors", "/v1/volume/connectors?detail=true", "/v1/volume/connectors?node={node}",
    "/v1/nodes/{node}/volume/connectors", "/v1/nodes/{node}/volume/connectors?detail=true",
    "/v1/volume/targets", "/v1/volume/targets?detail=true", "/v1/volume/targets?node={node}",
    "/v1/nodes/{node}/volume/targets", "/v1/nodes/{node}/volume/targets?detail=true",
    "/v1/allocations", "/v1/allocations?resource_class=gold", "/v1/allocations?state=active",
    "/v1/allocations?fields=uuid,node_uuid,traits", "/v1/shards", "/v1/nodes/{node}/children",
    "/v1/nodes?parent_node={node}", "/v1/nodes?include_children=true&detail=true", "/v1/nodes?shard=rack&detail=true",
]

#: what is asked of one node has one row for it, however many there are
SINGLE = ["/v1/nodes/{node}/allocation", "/v1/nodes/{node}/volume", "/v1/volume", "/v1/allocations?node={node}",
          "/v1/nodes/{node}/states", "/v1/nodes/{node}", "/v1/portgroups/{group}", "/v1/runbooks/{runbook}"]


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
    group = add_groups(house, nodes, count)
    for number in range(count):
        house.make("/v1/ports", {"node_uuid": nodes[0], "address": f"52:54:00:00:00:{number:02x}",
                                 "portgroup_uuid": group})
        add_volumes(house, nodes[0], number)
        house.register(f"another-{number}")
        book = add_steps(house, number)
    with house.database.write() as connection:
        ids = list(connection.scalars(sa.select(models.NODES.c.id).order_by(models.NODES.c.id)))
        for number in range(count):
            connection.execute(sa.insert(models.TRAITS), {"node_id": ids[number], "trait": f"CUSTOM_{number}"})
            add_past(connection, ids[0], house.time.now())
            add_allocation(connection, ids[number], house.time.now())
        names = range(count)
        bios.store(connection, ids[0], [{"name": f"s{name}", "value": name} for name in names], house.time.now())
        firmware.store(connection, ids[0], [{"component": f"nic:{name}"} for name in names], house.time.now())
    return {"chassis": chassis[0], "node": nodes[0], "group": group, "runbook": book}


def add_groups(house: inside.Inside, nodes: list[str], count: int) -> str:
    """Add port groups, and a child, to the first node, and a shard for each; return one of the groups."""
    for number in range(count):
        made = house.make("/v1/portgroups", {"node_uuid": nodes[0], "name": f"bond-{number}"})
        house.make("/v1/nodes", {"driver": "fake-hardware", "parent_node": nodes[0], "shard": f"rack-{number}"})
    return str(made["uuid"])


def add_volumes(house: inside.Inside, node: str, number: int) -> None:
    """Add a volume connector and a volume target."""
    house.make("/v1/volume/connectors", {"node_uuid": node, "type": "iqn", "connector_id": f"iqn.{number}"})
    house.make("/v1/volume/targets", {"node_uuid": node, "volume_type": "iscsi", "volume_id": f"v{number}",
                                      "boot_index": number, "properties": {"auth_password": "geheim"}})


def add_allocation(connection: sa.Connection, node_id: int, now: Any) -> None:
    """Add the allocation of a node."""
    ident = str(uuid.uuid4())
    connection.execute(sa.insert(models.ALLOCATIONS), {
        "uuid": ident, "node_id": node_id, "state": "active", "resource_class": "gold", "created_at": now,
        "traits": '["CUSTOM_A"]'})
    connection.execute(sa.update(models.NODES).where(models.NODES.c.id == node_id).values(
        instance_uuid=ident, allocation_uuid=ident))


def add_steps(house: inside.Inside, number: int) -> str:
    """Add a deploy template, a runbook with traits and an inspection rule; return the runbook."""
    step = {"interface": "bios", "step": "x", "args": {}}
    house.make("/v1/deploy_templates", {"name": f"CUSTOM_{number}", "steps": [{**step, "priority": 1}]})
    made = house.make("/v1/runbooks", {"name": f"book-{number}", "steps": [{**step, "order": 1}]})
    house.ask("PUT", f"/v1/runbooks/{made['uuid']}/traits",
              body={"traits": [f"CUSTOM_{letter}" for letter in range(number + 1)]})
    house.make("/v1/inspection_rules", {"actions": [{"op": "log", "args": {"msg": "seen"}}]})
    return str(made["uuid"])


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


@pytest.fixture(scope="module", params=[FEW, MANY])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A house with so many rows in every table."""
    # what is cached for a while must not run out between a look and the one that is counted
    house = inside.Inside(tmp_path_factory.mktemp("rows"), clock.MovedClock(), api__events_kept_seconds=0)
    yield request.param, house, fill(house, request.param), Statements(house.database.reader)
    house.close()


KNOWN: dict[str, int] = {}


@pytest.mark.parametrize("path", COLLECTIONS + SINGLE)
def test_number_of_statements_does_not_grow(path: str, filled: Any) -> None:
    count, house, named, statements = filled
    house.ask("GET", path.format(**named))      # what is cached for a while is read now
    statements.seen.clear()
    answer = house.ask("GET", path.format(**named))
    assert answer.status == 200, answer.content
    shown = answer.json()
    items = next((value for value in shown.values() if isinstance(value, list)), [])
    if count == MANY and "drivers" not in shown and "fleet" not in path and path not in SINGLE:
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


def vifs_of(url: str, count: int) -> int:
    """How many statements a conductor needs to list so many VIFs."""
    house = flow_house.House(url, enabled_network_interfaces=["flat", "noop"])
    node = house.add(network_interface="flat")
    with house.database.write() as connection:
        for number in range(count):
            connection.execute(sa.insert(models.PORTS), {
                "uuid": str(uuid.uuid4()), "node_id": 1, "address": f"52:54:00:00:00:{number:02x}",
                "internal_info": f'{{"tenant_vif_port_id": "vif-{number}"}}'})
    statements = Statements(house.database.reader)
    found = house.managers["one"].table()["vif_list"](house.ctx, node=node)
    assert len(found) == count
    house.close()
    return len(statements.seen)


def test_listing_vifs_does_not_ask_for_each(tmp_path: pathlib.Path) -> None:
    few, many = [vifs_of(f"sqlite:///{tmp_path}/{count}.sqlite", count) for count in (FEW, MANY)]
    assert few == many > 0
