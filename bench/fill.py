"""Multiplies the nodes of a database, so that large lists need not be created one by one over the API.

Works on the table of either side by what they have in common: ``nodes`` with id, uuid and name. Not measured.
"""

import itertools
import uuid
from typing import Any

import sqlalchemy as sa

BATCH = 500
#: columns that must differ from row to row or be empty
OWN = {"instance_uuid": None, "instance_name": None, "reservation": None}


def upto(database: str, wanted: int) -> int:
    """Copy rows until there are ``wanted``; return how many were added."""
    engine = sa.create_engine(database)
    table = sa.Table("nodes", sa.MetaData(), autoload_with=engine)
    with engine.begin() as connection:
        rows = [dict(row) for row in connection.execute(sa.select(table).limit(BATCH)).mappings()]
        have = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        missing = max(0, wanted - have)
        copies = (_copy(row) for row in itertools.islice(itertools.cycle(rows), missing))
        while batch := list(itertools.islice(copies, BATCH)):
            connection.execute(sa.insert(table), batch)
    engine.dispose()
    return missing


def _copy(row: dict[str, Any]) -> dict[str, Any]:
    fresh = str(uuid.uuid4())
    copy = {name: OWN.get(name, value) for name, value in row.items() if name != "id"}
    return {**copy, "uuid": fresh, "name": f"copy-{fresh}", "resource_class": "copy"}
