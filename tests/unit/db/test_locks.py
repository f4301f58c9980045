"""The lease on all three databases: exactly one wins, and who lost it writes nothing."""

import datetime
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from oslo_db import exception as db_exception

from baremetal import config, errors
from baremetal.db import engine, locks, models, record

NOW = datetime.datetime(2026, 5, 1, 12)
ROUNDS = 1000


@pytest.fixture
def database(database_url: str) -> Iterator[engine.Database]:
    """An empty database with our tables."""
    found = engine.Database(config.build(database__connection=database_url))
    models.METADATA.create_all(found.writer)
    yield found
    found.close()


def _node(database: engine.Database) -> record.Node:
    ident = str(uuid.uuid4())
    with database.write() as connection:
        connection.execute(sa.insert(models.NODES).values(uuid=ident, driver="fake-hardware", provision_state="active"))
    return _read(database, ident)


def _read(database: engine.Database, ident: str) -> record.Node:
    with database.read() as connection:
        node = record.fetch(connection, ident)
    assert node is not None
    return node


def _draft(node: Any, host: str, epoch: int = 1, now: datetime.datetime = NOW) -> locks.Lease:
    return locks.draft(locks.Seat(host, epoch), node.id, node.uuid, "work", now, 45)


def _take(database: engine.Database, lease: locks.Lease, now: datetime.datetime = NOW, **expect: Any) -> bool:
    with database.write() as connection:
        return locks.take(connection, lease, now, expect=expect)


def test_two_race_for_one_node_a_thousand_times(database: engine.Database) -> None:
    node = _node(database)
    start, end = threading.Barrier(2), threading.Barrier(2)
    won: dict[str, list[bool]] = {"one": [], "two": []}
    broken: list[BaseException] = []

    def race(host: str) -> None:
        try:
            for _ in range(ROUNDS):
                lease = _draft(node, host)
                start.wait(60)
                took = _take(database, lease)
                won[host].append(took)
                end.wait(60)
                if took:
                    with database.write() as connection:
                        locks.release(connection, lease, {"last_error": host})
        except BaseException as error:
            broken.append(error)
            start.abort()
            end.abort()
            raise

    threads = [threading.Thread(target=race, args=(host,)) for host in won]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert not broken
    assert [a != b for a, b in zip(won["one"], won["two"], strict=True)] == [True] * ROUNDS
    left = _read(database, node.uuid)
    assert (left.reservation, left.lease_token, left.generation) == (None, None, node.generation + 2 * ROUNDS)


def test_worker_suspended_past_its_lease_writes_nothing(database: engine.Database) -> None:
    node = _node(database)
    old = _draft(node, "one")
    assert _take(database, old)
    later = NOW + datetime.timedelta(seconds=44)
    assert not _take(database, _draft(node, "two", now=later), later), "it is still held"
    later = NOW + datetime.timedelta(seconds=46)
    new = _draft(node, "two", now=later)
    assert _take(database, new, later)
    for work in (locks.write, locks.release):
        with pytest.raises(errors.LeaseLost, match=node.uuid), database.write() as connection:
            connection.execute(sa.update(models.NODES).values(description="half a transaction"))
            work(connection, old, {"last_error": "I was asleep", "provision_state": "error"})
    left = _read(database, node.uuid)
    assert (left.lease_token, left.last_error, left.provision_state, left.description) == (
        new.token, None, "active", None)
    with database.write() as connection:
        assert locks.renew(connection, {old.token: old.node_id}, later + datetime.timedelta(days=1)) == 0
        locks.write(connection, new, {"last_error": "awake"})
    assert _read(database, node.uuid).last_error == "awake"


def test_worker_suspended_past_its_lease_that_nobody_took_goes_on(database: engine.Database) -> None:
    node = _node(database)
    lease = _draft(node, "one")
    assert _take(database, lease)
    with database.write() as connection:
        locks.write(connection, lease, {"last_error": "late"})
        locks.write(connection, lease, {"last_error": "late"})
        assert locks.renew(connection, {lease.token: lease.node_id, "1.other": lease.node_id}, NOW) == 1
    assert _read(database, node.uuid).last_error == "late"


def test_earlier_epoch_of_the_same_host_holds_nothing(database: engine.Database) -> None:
    node = _node(database)
    assert _take(database, _draft(node, "one", epoch=5))
    assert not _take(database, _draft(node, "one", epoch=5)), "the same process has other threads"
    assert not _take(database, _draft(node, "one", epoch=4))
    assert not _take(database, _draft(node, "two", epoch=6))
    assert _take(database, _draft(node, "one", epoch=6))


def test_node_must_be_as_it_was_read(database: engine.Database) -> None:
    node = _node(database)
    assert not _take(database, _draft(node, "one"), generation=node.generation + 1)
    assert not _take(database, _draft(node, "one"), provision_state="enroll")
    assert _read(database, node.uuid).reservation is None
    assert _take(database, _draft(node, "one"), generation=node.generation, provision_state="active")
    assert _read(database, node.uuid).generation == node.generation + 1


def test_take_and_give_back_in_one_statement(database: engine.Database) -> None:
    node = _node(database)
    with database.write() as connection:
        assert locks.take(connection, _draft(node, "one"), NOW, expect={},
                          values={"last_error": "x", **locks.FREE})
    left = _read(database, node.uuid)
    assert (left.last_error, left.reservation, left.lease_why) == ("x", None, None)


def test_stale_leases_are_found_and_ended_once(database: engine.Database) -> None:
    expired, restarted, alive = _node(database), _node(database), _node(database)
    _node(database)
    seat = locks.Seat("one", 7)
    assert _take(database, _draft(expired, "two"))
    later = NOW + datetime.timedelta(seconds=50)
    assert _take(database, _draft(restarted, "one", 6, later), later)
    assert _take(database, _draft(alive, "two", 1, later), later)
    with database.read() as connection:
        rows = locks.stale(connection, later, seat)
    assert {row.uuid for row in rows} == {expired.uuid, restarted.uuid}
    for row in rows:
        with database.write() as connection:
            assert locks.evict(connection, row.id, row.lease_token)
        with database.write() as connection:
            assert not locks.evict(connection, row.id, row.lease_token)
    assert _read(database, expired.uuid).reservation is None


def test_held_is_told_of_a_node_that_was_read(database: engine.Database) -> None:
    node = _node(database)
    assert not locks.held(node, NOW)
    assert _take(database, _draft(node, "one", epoch=3))
    node = _read(database, node.uuid)
    assert locks.held(node, NOW) and locks.held(node, NOW, locks.Seat("one", 3))
    assert not locks.held(node, NOW, locks.Seat("one", 4))
    assert locks.held(node, NOW, locks.Seat("two", 4))
    assert not locks.held(node, NOW + datetime.timedelta(seconds=60))


@pytest.mark.parametrize("server", ["mariadb", "postgresql"])
def test_process_suspended_in_a_transaction_keeps_no_rows(server: str, request: pytest.FixtureRequest) -> None:
    """The server ends its transaction, and the next holder gets the node; what it wakes to is an error."""
    url = request.getfixturevalue(server).database("suspended")
    database = engine.Database(config.build(database__connection=url))
    models.METADATA.create_all(database.writer)
    node = _node(database)
    asleep, awake = _draft(node, "one"), _draft(node, "two", now=NOW + datetime.timedelta(seconds=46))
    assert _take(database, asleep)
    took: list[bool] = []
    with pytest.raises(db_exception.DBError), database.write() as connection:
        locks.write(connection, asleep, {"last_error": "half written"})
        thread = threading.Thread(target=lambda: took.append(_take(database, awake, awake.since)))
        thread.start()
        thread.join(20 * engine.IDLE)
        assert took == [True]
        locks.write(connection, asleep, {"last_error": "I was asleep"})
    assert _read(database, node.uuid).last_error is None
    database.close()
