"""Nodes as the API writes them, on all three databases: what is taken is named, who read too early writes nothing."""

import datetime
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal import config, errors
from baremetal.api.nodes import columns
from baremetal.db import engine, models, nodes, traits

NOW = datetime.datetime(2026, 5, 1, 12)
LATER, BEFORE = NOW + datetime.timedelta(minutes=1), NOW - datetime.timedelta(minutes=1)
HELD = {"reservation": "somebody", "lease_token": "1.a", "lease_epoch": 1, "lease_why": "a test", "lease_since": BEFORE}
INSTANCE = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def database(database_url: str) -> Iterator[engine.Database]:
    """An empty database with our tables."""
    found = engine.Database(config.build(database__connection=database_url))
    models.METADATA.create_all(found.writer)
    yield found
    found.close()


def add(database: engine.Database, **values: Any) -> dict[str, Any]:
    """Insert a node; return its row."""
    row = {**columns.BLANK, "uuid": str(uuid.uuid4()), "driver": "fake-hardware", "provision_state": "enroll", **values}
    with database.write() as connection:
        nodes.insert(connection, row)
    return read(database, row["uuid"])


def read(database: engine.Database, ident: str) -> dict[str, Any]:
    """The row of a node."""
    with database.read() as connection:
        found = nodes.find(connection, "uuid", ident)
    assert found is not None
    return dict(found._mapping)


def test_all_cases(database: engine.Database) -> None:
    """One database for all of them: making one takes longer than all cases."""
    for case in (duplicates, fenced_by_generation, fenced_by_lease, deletion, race, traits_are_counted):
        case(database)


def duplicates(database: engine.Database) -> None:
    one = add(database, name="one", instance_uuid=INSTANCE)
    other = add(database, name="uuid")
    for values, words in (({"uuid": one["uuid"]}, ("uuid", one["uuid"])), ({"name": "one"}, ("name", "one"))):
        with pytest.raises(errors.AlreadyExists) as raised:
            add(database, **values)
        assert [word for word in words if word not in raised.value.text] == []
    with pytest.raises(errors.InstanceTaken, match=INSTANCE):
        add(database, instance_uuid=INSTANCE)
    changed: tuple[tuple[dict[str, str], type[errors.Fault]], ...] = (
        ({"name": "one"}, errors.AlreadyExists), ({"instance_uuid": INSTANCE}, errors.InstanceTaken))
    for changes, fault in changed:
        with pytest.raises(fault), database.write() as connection:
            nodes.update(connection, other, changes, NOW, only_free=False)
    assert read(database, other["uuid"]) == other


def fenced_by_generation(database: engine.Database) -> None:
    seen = add(database)
    with database.write() as connection:
        assert nodes.update(connection, seen, {"description": "first"}, NOW, only_free=False)
    with database.write() as connection:
        assert not nodes.update(connection, seen, {"description": "second"}, NOW, only_free=False)
    now = read(database, seen["uuid"])
    assert (now["description"], now["generation"], now["updated_at"]) == ("first", 1, NOW)
    with database.write() as connection:
        assert nodes.put(connection, "uuid", seen["uuid"], {"maintenance": True}, LATER)
        assert not nodes.put(connection, "uuid", str(uuid.uuid4()), {"maintenance": True}, LATER)
    assert read(database, seen["uuid"])["maintenance"] is True


def fenced_by_lease(database: engine.Database) -> None:
    for deadline, only_free, written in ((LATER, True, False), (LATER, False, True), (BEFORE, True, True)):
        seen = add(database, **HELD, lease_deadline=deadline)
        with database.write() as connection:
            assert nodes.update(connection, seen, {"driver": "ipmi"}, NOW, only_free=only_free) is written
        assert (nodes.held(seen, NOW) is None) is (deadline is BEFORE)


def deletion(database: engine.Database) -> None:
    seen = add(database, **HELD, lease_deadline=LATER)
    with database.write() as connection:
        connection.execute(sa.insert(models.PORTS).values(uuid=str(uuid.uuid4()), node_id=seen["id"], address="a"))
        traits.replace(connection, seen["id"], ["CUSTOM_A"], NOW)
    seen = read(database, seen["uuid"])
    with database.write() as connection:
        assert not nodes.delete(connection, seen, NOW)
        assert not nodes.delete(connection, {**seen, "generation": 0}, LATER + datetime.timedelta(seconds=1))
        assert nodes.delete(connection, seen, LATER + datetime.timedelta(seconds=1))
    with database.read() as connection:
        for table in (models.PORTS, models.TRAITS):
            assert connection.execute(sa.select(table).where(table.c.node_id == seen["id"])).all() == []


def race(database: engine.Database) -> None:
    """Eight clients that have read the same row write it at once: one has written."""
    seen, written = add(database), []
    gate = threading.Barrier(8)

    def work(number: int) -> None:
        gate.wait()
        with database.write() as connection:
            if nodes.update(connection, seen, {"description": str(number)}, NOW, only_free=True):
                written.append(str(number))
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [read(database, seen["uuid"])["description"]] == written


def traits_are_counted(database: engine.Database) -> None:
    """Clients that add traits at once do not get beyond the most, and lose none."""
    node, wrong = add(database)["id"], []

    def work(number: int) -> None:
        try:
            with database.write() as connection:
                traits.add(connection, node, f"CUSTOM_{number % 12}", 10, NOW)
        except Exception as error:
            wrong.append(error)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        known = traits.names(connection, node)
    assert wrong == []
    assert len(known) == 10
    with database.write() as connection:
        assert traits.remove(connection, node, known[0], NOW)
        assert not traits.remove(connection, node, known[0], NOW)
        assert traits.replace(connection, node, ["CUSTOM_Z"], NOW)
        assert not traits.replace(connection, 10 ** 6, ["CUSTOM_Z"], NOW)
        assert traits.names(connection, node) == ["CUSTOM_Z"]
