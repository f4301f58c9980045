"""Which unique column a refused INSERT or UPDATE ran into, on every database."""

import collections.abc

from oslo_db import exception


def column(error: exception.DBDuplicateEntry, candidates: collections.abc.Iterable[str]) -> str | None:
    """Return the one of ``candidates`` that is taken already, or None.

    SQLite and PostgreSQL name the columns, MariaDB the index, whose name ends with the column's.
    """
    named = " ".join(error.columns or ())
    return next((name for name in candidates if named.split(".")[-1].endswith(name)), None)
