"""The clock: every reading of time and every sleep goes through here, so that tests can move it."""

import datetime
import threading
import time


class Clock:
    """Real time. ``now`` is naive UTC, as it is stored; ``tick`` is monotonic seconds."""

    def now(self) -> datetime.datetime:
        """Return the present UTC time without zone, microseconds kept."""
        return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)

    def tick(self) -> float:
        """Return seconds that never go back; only differences mean anything."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block this thread for ``seconds``."""
        time.sleep(seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Block until ``event`` is set or ``seconds`` are over; return whether it is set."""
        return event.wait(seconds)


class MovedClock(Clock):
    """A clock that stands still until a test moves it; sleeping moves it at once."""

    def __init__(self, start: datetime.datetime | None = None) -> None:
        self._now = start or datetime.datetime(2026, 1, 1)
        self._tick = 0.0

    def now(self) -> datetime.datetime:
        """Return the time the test has set."""
        return self._now

    def tick(self) -> float:
        """Return the seconds moved so far."""
        return self._tick

    def sleep(self, seconds: float) -> None:
        """Move on by ``seconds`` at once."""
        self.move(seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Move on by ``seconds`` unless the event is set already."""
        if not event.is_set():
            self.move(seconds)
        return event.is_set()

    def move(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        self._now += datetime.timedelta(seconds=seconds)
        self._tick += seconds


REAL = Clock()


def iso(moment: datetime.datetime | None) -> str | None:
    """Return a stored time as the API shows it: ISO 8601 with offset."""
    return None if moment is None else moment.isoformat() + "+00:00"
