"""A stream of events ends with the token that opened it, and says so; when that is, Keystone has said."""

import datetime
import pathlib
from typing import Any

import pytest
import webob

from baremetal import clock
from baremetal.api.guards import keystone
from baremetal.api.ops import lifetime
from tests.api import inside

#: the options end a stream later than any token of these tests
LATE = {"api__stream_seconds": 600}


def whole(house: inside.Inside, path: str, expires: datetime.datetime | None) -> bytes:
    """All that a stream says to its end, when it was opened by a token of this time."""
    environ = webob.Request.blank(path).environ
    if expires is not None:
        environ[keystone.EXPIRES] = expires
    seen: list[str] = []
    said = house.application(environ, lambda status, *_rest: seen.append(status))
    try:
        found = b"".join(said)
    finally:
        said.close()
    assert seen == ["200 OK"]
    return found


@pytest.mark.parametrize("seconds", [60, 0, -5])
def test_what_happens_is_told_as_long_as_the_token_lasts(tmp_path: pathlib.Path, seconds: int) -> None:
    time = clock.MovedClock()
    house = inside.Inside(tmp_path, time, **LATE)
    said = whole(house, "/ops/v1/events", time.now() + datetime.timedelta(seconds=seconds))
    assert said.endswith(lifetime.EXPIRED) and said.count(lifetime.EXPIRED) == 1
    assert (b"event: hello" in said) == (seconds > 0)
    # the clock moves by what the stream sleeps
    assert max(0, seconds) <= time.tick() < max(0, seconds) + 1
    house.close()


@pytest.mark.parametrize("hours", [None, 2])
def test_without_a_token_or_with_one_that_lasts_it_ends_as_the_option_says(
        tmp_path: pathlib.Path, hours: int | None) -> None:
    time = clock.MovedClock()
    house = inside.Inside(tmp_path, time, **LATE)
    expires = None if hours is None else time.now() + datetime.timedelta(hours=hours)
    assert lifetime.EXPIRED not in whole(house, "/ops/v1/events", expires)
    assert time.tick() >= LATE["api__stream_seconds"]
    house.close()


def test_a_nodes_events_are_told_as_long_as_the_token_lasts(tmp_path: pathlib.Path) -> None:
    house = inside.Inside(tmp_path, **LATE)
    node = house.make("/v1/nodes", {"driver": "fake-hardware"})["uuid"]
    said = whole(house, f"/ops/v1/nodes/{node}/events", house.time.now() + datetime.timedelta(seconds=1))
    assert said.endswith(lifetime.EXPIRED) and said.count(lifetime.EXPIRED) == 1
    house.close()


@pytest.mark.parametrize(("text", "moment"), [
    ("2026-11-21T14:00:00.000000Z", datetime.datetime(2026, 11, 21, 14)),
    ("2026-11-21T14:00:00+02:00", datetime.datetime(2026, 11, 21, 12)),
])
def test_when_a_token_ends_is_read_as_utc(text: str, moment: datetime.datetime) -> None:
    said: dict[str, Any] = {keystone.SAID: {"token": {"expires_at": text}}}
    assert keystone._expires(said) == moment
