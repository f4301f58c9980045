"""What a task is going to write: collected between two saves, then written in one transaction.

The first statement of that transaction takes the lease or proves that it is still ours; when it cannot, nothing
is written.
"""

import collections.abc
import dataclasses
import typing

import sqlalchemy as sa
from oslo_db import exception as db_exception

from baremetal import clock, errors
from baremetal.db import engine, history, locks, milestones

Write = collections.abc.Callable[[sa.Connection], None]


class Changed(Exception):
    """The node is not any more as it was read, or somebody holds it; it must be read again."""


class Unsaved(Exception):
    """The database did not take a write; the journal says how another worker goes on."""


@dataclasses.dataclass
class Draft:
    """What the next save writes beside the columns of the node."""

    history: list[dict[str, typing.Any]] = dataclasses.field(default_factory=list)
    milestones: list[dict[str, typing.Any]] = dataclasses.field(default_factory=list)
    #: moves: event, provision state before it and its target
    moves: list[tuple[str, str, str | None]] = dataclasses.field(default_factory=list)
    #: notifications of what is true once it is written: action, status, facts
    notices: list[tuple[str, str, dict[str, typing.Any]]] = dataclasses.field(default_factory=list)
    #: statements of the journal
    writes: list[Write] = dataclasses.field(default_factory=list)
    #: what the log says once it is written
    lines: list[str] = dataclasses.field(default_factory=list)
    #: the lease to take, and what the node must still be for that
    taking: tuple[locks.Lease, dict[str, typing.Any]] | None = None
    #: whether the lease is given back
    freeing: bool = False

    def store(self, database: engine.Database, ticker: clock.Clock, lease: locks.Lease | None,
              values: dict[str, typing.Any], within: float) -> None:
        """Do the transaction; what passes by itself is tried again for ``within`` seconds.

        When the connection breaks while a lease is taken, nobody knows whether it was; that is not tried again.
        """
        tries, until = 0, ticker.tick() + within
        while True:
            try:
                with database.write() as connection:
                    self._write(connection, ticker, lease, values)
                return
            except engine.TROUBLE as error:
                passes = isinstance(error, db_exception.DBDeadlock) or (
                    isinstance(error, engine.AWAY) and not self.taking)
                if not passes or ticker.tick() >= until:
                    raise Unsaved(type(error).__name__) from error
                tries += 1
                ticker.sleep(min(0.05 * 2 ** tries, 2))

    def _write(self, connection: sa.Connection, ticker: clock.Clock, lease: locks.Lease | None,
               values: dict[str, typing.Any]) -> None:
        freed = locks.FREE if self.freeing else {}
        if self.taking:
            wanted, expect = self.taking
            if not locks.take(connection, wanted, ticker.now(), expect=expect, values={**values, **freed}):
                raise Changed
        elif lease is None:
            raise errors.LeaseLost(node="(let go)", why="work that has ended")
        else:
            locks.write(connection, lease, {**values, **freed})
        for write in self.writes:
            write(connection)
        history.add(connection, self.history)
        milestones.add(connection, self.milestones)
