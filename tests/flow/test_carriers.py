"""What hangs on a node, and what its interfaces make of it: ports and port groups that change, volumes."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal import errors
from baremetal.conductor import hold
from baremetal.db import models, record
from baremetal.drivers import remote, task
from baremetal.drivers.none import noop
from tests.flow import house as building

PORTS, GROUPS, TARGETS = models.PORTS, models.PORTGROUPS, models.VOLUME_TARGETS
MAC, OTHER = "52:54:00:00:00:01", "52:54:00:00:00:02"


class Watchful(noop.NoopNetwork):
    """Writes down what it is asked, and refuses addresses that end in ff."""

    name = "watchful"

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def port_changed(self, task: task.Task, was: Any, port: Any) -> None:
        """Look at both."""
        self.seen.append((was.address, port.address))
        if port.address.endswith("ff"):
            raise errors.Conflict(text="The switch knows that address already.")

    def portgroup_changed(self, task: task.Task, was: Any, group: Any) -> None:
        """Look at both."""
        self.seen.append((was.mode, group.mode, group.physical_network))


class Remote(remote.RemoteStorage):
    """Attaches to a storage that tells a secret."""

    name = "remote"

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def attach(self, task: task.Task) -> None:
        """Tell how each is reached."""
        for target in task.volumes.targets:
            self.seen.append((target.boot_index, dict(target.properties), task.volumes.known_by("iqn")))
            task.reach(target.uuid, {**target.properties, "target_iqn": "iqn.2026-01:a", "auth_password": "S3cret"})

    def detach(self, task: task.Task) -> None:
        """Write down what is known."""
        self.seen.append([dict(target.properties) for target in task.volumes.targets])


@pytest.fixture
def network(house: building.House) -> Watchful:
    made = Watchful()
    house.conductor("one", network=made)
    return made


def _add(house: building.House, table: sa.Table, node: str, **columns: Any) -> int:
    with house.database.write() as connection:
        found: int = connection.execute(sa.insert(table).values(
            node_id=house.node(node).id, created_at=house.clock.now(), **columns)).inserted_primary_key[0]
    return found


def _read(house: building.House, table: sa.Table, ident: int) -> Any:
    with house.database.read() as connection:
        return connection.execute(sa.select(table).where(table.c.id == ident)).one()


def _change(house: building.House, node: str, kind: str, ident: int, **changes: Any) -> bool:
    """Ask the conductor as RPC does; the node is free before and after, whatever comes of it."""
    assert house.node(node).reservation is None
    try:
        return bool(house.managers["one"].table()["carrier_change"](
            house.ctx, node=node, kind=kind, ident=ident, generation=house.node(node).generation, changes=changes))
    finally:
        assert house.node(node).reservation is None


def test_a_port_changes_when_the_network_agrees(house: building.House, network: Watchful) -> None:
    node = house.add("manageable")
    port = _add(house, PORTS, node, uuid="p1", address=MAC, pxe_enabled=True, is_smartnic=False,
                available_for_dynamic_portgroup=True)
    assert _change(house, node, "port", port, address=OTHER)
    with pytest.raises(errors.Conflict, match="The switch knows"):
        _change(house, node, "port", port, address="52:54:00:00:00:ff")
    (row,) = house.rows(PORTS)
    assert (row.address, row.updated_at is not None) == (OTHER, True)
    assert network.seen == [(MAC, OTHER), (OTHER, "52:54:00:00:00:ff")]
    assert house.node(node).last_error is None


def test_what_the_database_refuses_gives_the_node_back(house: building.House, network: Watchful) -> None:
    node = house.add("manageable")
    common = {"pxe_enabled": True, "is_smartnic": False, "available_for_dynamic_portgroup": True}
    _add(house, PORTS, node, uuid="p1", address=MAC, **common)
    port = _add(house, PORTS, node, uuid="p2", address=OTHER, **common)
    with pytest.raises(errors.AlreadyExists, match=MAC):
        _change(house, node, "port", port, address=MAC)
    assert _change(house, node, "port", port, physical_network="p"), "and the next one is stored"


def test_what_was_checked_on_another_node_is_checked_again(house: building.House, network: Watchful) -> None:
    node = house.add("manageable")
    group = _add(house, GROUPS, node, uuid="g1", mode="802.3ad", standalone_ports_supported=True)
    old = house.node(node).generation
    house.set(node, maintenance=True)
    work = house.managers["one"].table()["carrier_change"]
    asked: dict[str, Any] = {"node": node, "kind": "portgroup", "ident": group, "changes": {"mode": "active-backup"}}
    assert not work(house.ctx, generation=old, **asked)
    assert not _change(house, node, "portgroup", group + 7, mode="active-backup"), "nor what is gone meanwhile"
    assert network.seen == []
    with hold.hold(house.conductors["one"].means, node, house.ctx, "something long"), pytest.raises(errors.NodeLocked):
        work(house.ctx, generation=house.node(node).generation, **asked)


@pytest.mark.parametrize("what", ["node_id", "standalone_ports_supported"])
def test_a_group_that_has_got_a_port_meanwhile_stays(house: building.House, network: Watchful, what: str) -> None:
    node, other = house.add("manageable"), house.add("manageable")
    group = _add(house, GROUPS, node, uuid="g1", mode="802.3ad", standalone_ports_supported=True)
    changes = {what: {"node_id": house.node(other).id, "standalone_ports_supported": False}[what]}
    port = _add(house, PORTS, node, uuid="p1", address=MAC, pxe_enabled=True, is_smartnic=False, portgroup_uuid="g1",
                available_for_dynamic_portgroup=True)
    before = _read(house, GROUPS, group)
    with pytest.raises(errors.Conflict, match="has got a port"):
        _change(house, node, "portgroup", group, **changes)
    assert _read(house, GROUPS, group) == before
    with house.database.write() as connection:
        connection.execute(sa.delete(PORTS).where(PORTS.c.id == port))
    assert _change(house, node, "portgroup", group, **changes)


def test_a_group_takes_its_ports_to_its_network(house: building.House, network: Watchful) -> None:
    node = house.add("manageable")
    group = _add(house, GROUPS, node, uuid="g1", mode="802.3ad", standalone_ports_supported=True)
    _add(house, PORTS, node, uuid="p1", address=MAC, pxe_enabled=True, is_smartnic=False, portgroup_uuid="g1",
         available_for_dynamic_portgroup=True)
    assert _change(house, node, "portgroup", group, physical_network="p")
    assert network.seen == [("802.3ad", "802.3ad", "p")]
    assert [row.physical_network for table in (PORTS, GROUPS) for row in house.rows(table)] == ["p", "p"]


def test_volumes_are_attached_at_deploy_and_detached_at_tear_down(house: building.House) -> None:
    storage = Remote()
    house.conductor("one", storage=storage)
    node = house.add("available", automated_clean=False)
    shown, hidden = record.split("properties", {"target_lun": 1, "auth_password": "old"})
    _add(house, TARGETS, node, uuid="v1", volume_type="iscsi", boot_index=0, volume_id="1", properties=shown,
         properties_secrets=hidden)
    _add(house, models.VOLUME_CONNECTORS, node, uuid="c1", type="iqn", connector_id="iqn.2026-01:server")
    assert house.do(node, "deploy").provision_state == "active"
    assert storage.seen == [(0, {"target_lun": 1, "auth_password": "old"}, ["iqn.2026-01:server"])]
    (row,) = house.rows(TARGETS)
    assert json.loads(row.properties) == {"target_lun": 1, "target_iqn": "iqn.2026-01:a", "auth_password": "******"}
    assert json.loads(row.properties_secrets) == {"auth_password": "S3cret"}
    assert house.do(node, "delete").provision_state == "available"
    assert storage.seen[1:] == [[{"target_lun": 1, "target_iqn": "iqn.2026-01:a", "auth_password": "S3cret"}]]
