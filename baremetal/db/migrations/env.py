"""Run by Alembic: migrates over the connection that ``db/schema.py`` hands in."""

from alembic import context

from baremetal.db import models

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=models.METADATA, render_as_batch=True, compare_type=True,
                  transactional_ddl=False)
context.run_migrations()
