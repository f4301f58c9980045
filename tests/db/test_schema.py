"""The migrations make what the models say, on every database."""

import concurrent.futures

import pytest
import sqlalchemy as sa
from alembic import autogenerate
from alembic.runtime import migration

from baremetal import config
from baremetal.db import engine, models, schema


@pytest.fixture
def database(database_url, tmp_path):
    """A fresh database of each kind, without schema."""
    made = engine.Database(config.build(state_path=str(tmp_path), database__connection=database_url))
    yield made
    made.close()


def test_migrations_make_what_the_models_say(database):
    schema.upgrade(database)
    with database.writer.connect() as connection:
        context = migration.MigrationContext.configure(connection, opts={"compare_type": True})
        differences = autogenerate.compare_metadata(context, models.METADATA)
    assert [d for d in differences if not _is_foreign_key_index(d)] == []


def _is_foreign_key_index(difference) -> bool:
    """MariaDB makes an index for every foreign key by itself."""
    return difference[0] == "remove_index" and difference[1].name.startswith("fk_")


def test_the_schema_is_required_and_said(database):
    with pytest.raises(schema.SchemaOld) as raised:
        schema.require(database)
    assert "baremetal-dbsync create" in str(raised.value)
    schema.upgrade(database, "expand")
    schema.require(database)
    assert schema.status(database)["ready"] and not schema.status(database)["done"]
    schema.upgrade(database, "contract")
    assert schema.status(database)["done"]


def test_upgrading_twice_changes_nothing(database):
    schema.upgrade(database)
    before = sa.inspect(database.reader).get_table_names()
    schema.upgrade(database)
    assert sa.inspect(database.reader).get_table_names() == before


def test_a_block_that_raises_leaves_nothing(database):
    schema.upgrade(database)
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        connection.execute(sa.insert(models.CHASSIS).values(uuid="1"))
        raise ZeroDivisionError
    with database.read() as connection:
        assert connection.execute(sa.select(models.CHASSIS.c.uuid)).all() == []


def test_many_writers_at_once_all_get_through(database):
    """Eight threads write and read; none of them meets 'database is locked'."""
    schema.upgrade(database)

    def work(number: int) -> int:
        with database.write() as connection:
            connection.execute(sa.insert(models.CHASSIS).values(uuid=str(number)))
        with database.read() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(models.CHASSIS)).scalar_one()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(work, range(200)))
    assert max(counts) == 200


def test_names_differ_by_case_on_every_database(database):
    schema.upgrade(database)
    with database.write() as connection:
        for name in ("rack", "Rack"):
            connection.execute(sa.insert(models.CHASSIS).values(uuid=name, description=name))
    with database.read() as connection:
        found = connection.execute(sa.select(models.CHASSIS.c.uuid).where(models.CHASSIS.c.uuid == "rack")).all()
    assert [row.uuid for row in found] == ["rack"]
