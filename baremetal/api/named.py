"""What deploy templates and runbooks share: they are found by UUID or name, and hold steps, each of them once.

Secrets in the arguments of steps are stored apart and shown masked; who sends the mask back keeps what was there.
"""

import collections
import collections.abc
import contextlib
import dataclasses
import typing

import sqlalchemy as sa
from oslo_db import exception

from baremetal import errors
from baremetal.api import expose, lists, types
from baremetal.db import duplicates, record, stepped

#: markers are UUIDs; a word that is none names nothing
PARAMS = {**lists.PARAMS, "marker": expose.Param(types.TEXT)}
UNIQUE = ("uuid", "name")


@dataclasses.dataclass(frozen=True)
class Noun:
    """One kind of them: its word in messages, its table, the fields that are stored as JSON."""

    title: str
    table: sa.Table

    def key(self, ident: str) -> str:
        """Return which column an identifier is for."""
        return "uuid" if types.is_uuid(ident) else "name"

    def missing(self, ident: str) -> errors.NotFound:
        """Return the fault for one that is not there, or that the caller may not see."""
        return errors.NotFound(what=self.title.capitalize(), ident=ident[:255])

    def find(self, connection: sa.Connection, ident: str, *, lock: bool = False) -> sa.Row[typing.Any]:
        """Return the row that ``ident`` names; raises ``NotFound``."""
        row = stepped.one(connection, self.table, self.key(ident), ident, lock=lock)
        if row is None:
            raise self.missing(ident)
        return row

    @contextlib.contextmanager
    def unique(self, row: dict[str, typing.Any]) -> collections.abc.Iterator[None]:
        """Turn the database's refusal of a value that is taken into a fault that names it."""
        try:
            yield
        except exception.DBDuplicateEntry as error:
            field = duplicates.column(error, self.table.name, UNIQUE) or "name"
            raise errors.AlreadyExists(what=self.title, field=field, value=row.get(field)) from error


def columns(values: dict[str, typing.Any], known: stepped.Steps | None = None) -> dict[str, typing.Any]:
    """Return checked values as columns; raises for steps that stand there twice."""
    row = {name: record.dump(value) if isinstance(value, dict) else value for name, value in values.items()}
    if "steps" in values:
        require_once(values["steps"])
        row["steps"], row["steps_secrets"] = stepped.split(values["steps"], known)
    return row


def require_once(steps: stepped.Steps) -> None:
    """Raise where two steps are the same."""
    counted = collections.Counter(f"{step['interface']}.{step['step']}" for step in steps)
    twice = [name for name, count in counted.items() if count > 1]
    if twice:
        raise errors.Invalid(text=f"Field 'steps' has duplicate steps: {', '.join(twice)[:300]}. Each pair of "
                                  "interface and step may stand there once.")


def present(row: sa.Row[typing.Any]) -> dict[str, typing.Any]:
    """Return the stored values of fields as a patch works on them, secrets in place."""
    return {**row._mapping, "steps": stepped.join(row.steps, row.steps_secrets), "extra": record.load(row.extra)}
