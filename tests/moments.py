"""Clocks and databases that let something happen at a chosen moment, between two things that others do."""

import collections.abc
import contextlib
import datetime
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from baremetal import clock
from baremetal.db import engine

Happening = Callable[[], object]


class Clock(clock.MovedClock):
    """A clock on which something happens whenever somebody looks at it, or begins to sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.looking: Happening | None = None
        self.sleeping: Happening | None = None

    def now(self) -> datetime.datetime:
        """Let it happen, then tell the time."""
        if self.looking is not None:
            self.looking()
        return super().now()

    def sleep(self, seconds: float) -> None:
        """Let it happen, then move on."""
        if self.sleeping is not None:
            self.sleeping()
        super().sleep(seconds)


class Database(engine.Database):
    """A database on which something happens once: before the next write, or after the next read."""

    def __init__(self, conf: Any) -> None:
        super().__init__(conf)
        self.before_write: Happening | None = None
        self.after_read: Happening | None = None

    @contextlib.contextmanager
    def write(self) -> collections.abc.Iterator[sa.Connection]:
        """Let it happen, then write."""
        happening, self.before_write = self.before_write, None
        if happening is not None:
            happening()
        with super().write() as connection:
            yield connection

    @contextlib.contextmanager
    def read(self) -> collections.abc.Iterator[sa.Connection]:
        """Read, then let it happen."""
        with super().read() as connection:
            yield connection
        happening, self.after_read = self.after_read, None
        if happening is not None:
            happening()
