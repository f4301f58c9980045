"""A database with all tables and no rows: for SQLite a file that was made once is copied, which takes no time."""

import functools
import pathlib
import tempfile

import sqlalchemy as sa

from baremetal.db import engine, models


def fill(database: engine.Database) -> engine.Database:
    """Make the tables of a database that has none yet."""
    path = pathlib.Path(database.url.database or "")
    if database.dialect == "sqlite" and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_file())
    else:
        models.METADATA.create_all(database.writer)
    return database


@functools.cache
def _file() -> bytes:
    with tempfile.TemporaryDirectory(prefix="baremetal-empty-") as folder:
        path = pathlib.Path(folder) / "empty.sqlite"
        made = sa.create_engine(f"sqlite:///{path}")
        models.METADATA.create_all(made)
        made.dispose()
        return path.read_bytes()
