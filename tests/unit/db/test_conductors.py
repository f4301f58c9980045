"""Registration, heartbeats and the rest of a conductor's tables, on all three databases."""

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal import config
from baremetal.db import conductors, engine, flows, history, milestones, models, polls

NOW = datetime.datetime(2026, 5, 1, 12)
FAKE: conductors.Served = {"fake-hardware": ({"power": {"default": "fake", "enabled": ["fake"]}}, {"B1": "One."})}


@pytest.fixture
def database(database_url: str) -> Iterator[engine.Database]:
    """An empty database with our tables."""
    found = engine.Database(config.build(database__connection=database_url))
    models.METADATA.create_all(found.writer)
    yield found
    found.close()


def _after(seconds: float) -> datetime.datetime:
    return NOW + datetime.timedelta(seconds=seconds)


def _register(database: engine.Database, host: str, group: str = "", hardware: conductors.Served = FAKE,
              now: datetime.datetime = NOW) -> int:
    with database.write() as connection:
        return conductors.register(connection, now, host, group, hardware)


def _node(database: engine.Database, **columns: Any) -> int:
    with database.write() as connection:
        key = connection.execute(sa.insert(models.NODES).values(
            **{"uuid": str(uuid.uuid4()), "driver": "fake-hardware", "provision_state": "active", **columns}))
        return int(key.inserted_primary_key[0])


def test_epoch_grows_at_every_start(database: engine.Database) -> None:
    epochs = [_register(database, "one"), _register(database, "one"), _register(database, "one", now=_after(100))]
    with database.write() as connection:
        connection.execute(sa.delete(models.CONDUCTORS))
    epochs.append(_register(database, "one", now=_after(200)))
    assert epochs == sorted(set(epochs))


def test_old_process_cannot_speak_for_its_successor(database: engine.Database) -> None:
    old = _register(database, "one")
    new = _register(database, "one")
    with database.write() as connection:
        assert not conductors.beat(connection, _after(10), "one", old)
        assert conductors.beat(connection, _after(10), "one", new)
        assert conductors.beat(connection, _after(10), "one", new), "twice in the same microsecond, too"
        conductors.leave(connection, _after(11), "one", old)
    with database.read() as connection:
        assert [row.hostname for row in conductors.live(connection, _after(12), 60)] == ["one"]
    with database.write() as connection:
        conductors.leave(connection, _after(11), "one", new)
    with database.read() as connection:
        assert conductors.live(connection, _after(12), 60) == []


def test_silent_conductor_is_not_alive(database: engine.Database) -> None:
    _register(database, "one", "rack1")
    epoch = _register(database, "two", hardware={})
    with database.write() as connection:
        conductors.beat(connection, _after(50), "two", epoch)
    with database.read() as connection:
        assert conductors.members(connection, _after(59), 60) == [("one", "rack1", ["fake-hardware"]),
                                                                  ("two", "", [])]
        assert conductors.members(connection, _after(61), 60) == [("two", "", [])]
        assert conductors.hardware(connection, _after(61), 60) == {}


def test_hardware_of_several_conductors_is_told_together(database: engine.Database) -> None:
    _register(database, "one")
    _register(database, "one")
    other = {"default": "ipmitool", "enabled": ["ipmitool", "fake"]}
    _register(database, "two", hardware={"fake-hardware": ({"power": other}, {"B2": "Two."}), "ipmi": ({}, {})})
    with database.read() as connection:
        told = conductors.hardware(connection, NOW, 60)
    assert told["fake-hardware"] == {
        "hosts": ["one", "two"], "interfaces": {"power": {"default": "fake", "enabled": ["fake", "ipmitool"]}},
        "properties": {"B1": "One.", "B2": "Two."}}
    assert told["ipmi"] == {"hosts": ["two"], "interfaces": {}, "properties": {}}


def test_history_keeps_the_newest(database: engine.Database) -> None:
    busy, quiet = _node(database), _node(database)
    rows = [{"uuid": str(uuid.uuid4()), "node_id": node, "created_at": NOW, "severity": "INFO", "event_type": "x",
             "event": str(number)} for node, count in ((busy, 7), (quiet, 2)) for number in range(count)]
    with database.write() as connection:
        history.add(connection, [])
        history.add(connection, rows[:1])
        history.add(connection, rows[1:])
    with database.read() as connection:
        assert history.crowded(connection, 3) == [busy]
    with database.write() as connection:
        assert history.trim(connection, busy, 3) == 4
        assert history.trim(connection, quiet, 3) == 0
        assert history.trim(connection, busy, 3) == 0
        left = connection.scalars(sa.select(models.HISTORY.c.event).where(models.HISTORY.c.node_id == busy)).all()
        assert left == ["4", "5", "6"]
        assert history.trim(connection, busy, 0) == 3


def test_old_flows_go_with_their_steps_and_milestones(database: engine.Database) -> None:
    node = _node(database)
    row = {"node_id": node, "verb": "deploy", "conductor": "one", "epoch": 1, "created_at": NOW, "updated_at": NOW}
    line = {"position": 0, "step": "{}", "state": "done", "attempts": 1}
    with database.write() as connection:
        old = flows.add(connection, {**row, "uuid": "a" * 36, "state": "done", "finished_at": NOW}, [line])
        new = flows.add(connection, {**row, "uuid": "b" * 36, "state": "failed", "finished_at": _after(99)}, [line])
        still = flows.add(connection, {**row, "uuid": "c" * 36, "state": "waiting"}, [line])
        milestones.add(connection, [{"node_id": node, "flow_id": flow, "name": "n", "at": NOW, "facts": None}
                                    for flow in (old, new, None)])
    with database.write() as connection:
        assert flows.purge(connection, _after(50)) == 1
        assert milestones.purge(connection, _after(50)) == 1
    with database.read() as connection:
        assert set(connection.scalars(sa.select(models.STEPS.c.flow_id))) == {new, still}
        assert [m.name for m in milestones.of_flow(connection, new)] == ["n"]
        assert milestones.of_flow(connection, old) == []


def test_polls(database: engine.Database) -> None:
    asked = _node(database, extra='{"big": 1}', driver_info='{"a": "******"}', driver_info_secrets='{"a": "b"}')
    _node(database, provision_state="enroll")
    _node(database, reservation="one")
    _node(database, target_power_state="power on")
    lost = _node(database, maintenance=True, fault="power failure")
    _node(database, maintenance=True)
    with database.read() as connection:
        rows = polls.due(connection, ["enroll"])
        assert [row.id for row in rows] == [asked]
        assert [row.id for row in polls.failed(connection, "power failure")] == [lost]
    node = polls.node(rows[0])
    assert (node.driver_info, node.extra) == ({"a": "b"}, {})
    assert node.changes() == {}
