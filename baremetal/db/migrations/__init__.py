"""Alembic's folder: revisions of the schema, in the branches expand and contract."""
