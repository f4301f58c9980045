"""Which unique column a refused INSERT or UPDATE ran into, on every database."""

import collections.abc
import re

from oslo_db import exception


def column(error: exception.DBDuplicateEntry, table: str, candidates: collections.abc.Iterable[str]) -> str | None:
    """Return the one of ``candidates`` whose value is taken already, or None.

    SQLite names table and column, the others the constraint, which the models name after both. (What oslo.db reads
    out of that is lost on PostgreSQL.)
    """
    said = str(getattr(error.inner_exception, "orig", error.inner_exception))
    named = re.findall(rf"(?:\buq_{table}_|\b{table}\.)(\w+)", said)
    return next((name for name in candidates if named[-1:] == [name]), None)
