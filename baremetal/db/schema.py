"""The schema's versions: Alembic, in two branches. *Expand* adds and can run while the old release works;
*contract* removes and runs when no old process is left.
"""

import os
import typing

import sqlalchemy as sa
from alembic import command, config
from alembic.runtime import migration
from alembic.script import base

from baremetal import errors
from baremetal.db import engine


class SchemaOld(errors.Fault):
    """The database has not the schema of this release."""

    kind, code = "internal", "schema-old"
    says = ("The database has schema {has}, this release needs {needs}. Run: baremetal-dbsync {verb}")


def _config(connection: sa.Connection | None = None) -> config.Config:
    made = config.Config()
    made.set_main_option("script_location", os.path.join(os.path.dirname(__file__), "migrations"))
    made.attributes["connection"] = connection
    return made


def heads(branch: str | None = None) -> set[str]:
    """Return the newest revisions that this release knows."""
    script = base.ScriptDirectory.from_config(_config())
    if branch is None:
        return set(script.get_heads())
    return {revision.revision for revision in script.get_revisions(f"{branch}@head") if revision}


def present(database: engine.Database) -> set[str]:
    """Return the revisions that the database has."""
    with database.read() as connection:
        return set(migration.MigrationContext.configure(connection).get_current_heads())


def upgrade(database: engine.Database, branch: str | None = None) -> None:
    """Bring the schema up: the whole of it, or one branch."""
    target = f"{branch}@head" if branch else "heads"
    with database.writer.connect() as connection:
        if database.dialect == "sqlite":
            # two first starts at once: one of them makes the schema, the other finds it made
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        command.upgrade(_config(connection), target)
        if database.dialect == "sqlite":
            connection.exec_driver_sql("COMMIT")
        else:
            connection.commit()


def require(database: engine.Database) -> None:
    """Raise ``SchemaOld`` unless everything that this release needs (the expand branch) is there."""
    has, needs = present(database), heads("expand")
    if not needs <= has:
        raise SchemaOld(has=", ".join(sorted(has)) or "none", needs=", ".join(sorted(needs)),
                        verb="upgrade --expand" if has else "create")


def status(database: engine.Database) -> dict[str, typing.Any]:
    """Return what the database has and what this release knows."""
    has = present(database)
    return {"has": sorted(has), "expand": sorted(heads("expand")), "contract": sorted(heads("contract")),
            "ready": heads("expand") <= has, "done": heads() <= has}
