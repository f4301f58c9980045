"""Transactions that end badly leave nothing behind: neither a lock nor a connection in the middle of something."""

import pathlib
from collections.abc import Iterator

import pytest
from oslo_db import exception

from baremetal import config
from baremetal.db import engine


@pytest.fixture
def database(tmp_path: pathlib.Path) -> Iterator[engine.Database]:
    """A database whose table ``b`` refuses at the COMMIT what ``a`` lacks."""
    made = engine.Database(config.build(state_path=str(tmp_path)))
    with made.write() as connection:
        connection.exec_driver_sql("CREATE TABLE a (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql(
            "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id) DEFERRABLE INITIALLY DEFERRED)")
    yield made
    made.close()


def count(database: engine.Database, table: str) -> int:
    """Return the number of rows."""
    with database.read() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def test_a_commit_that_fails_is_rolled_back(database: engine.Database) -> None:
    with pytest.raises(exception.DBReferenceError), database.write() as connection:
        connection.exec_driver_sql("INSERT INTO b VALUES (1, 5)")
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO a VALUES (1)")
    assert (count(database, "a"), count(database, "b")) == (1, 0)


def test_a_transaction_that_is_over_already_tells_what_was_wrong(database: engine.Database) -> None:
    """SQLite itself ends a transaction when the disk is full."""
    with pytest.raises(RuntimeError, match="the reason"), database.write() as connection:
        connection.exec_driver_sql("ROLLBACK")
        raise RuntimeError("the reason")
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO a VALUES (1)")
    assert count(database, "a") == 1
