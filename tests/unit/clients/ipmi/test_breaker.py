"""The breaker of one BMC, by a clock that stands still."""

import pytest

from baremetal import clock, errors
from baremetal.clients.ipmi import breaker

FACTS = {"host": "192.0.2.1", "port": 623, "username": "admin", "operation": "power_read"}


def _fail(cut: breaker.Breaker, kind: type[errors.BmcFault] = errors.BmcUnreachable) -> bool:
    return cut.failed(kind(**FACTS, why="nothing answered"))


def _check(cut: breaker.Breaker) -> None:
    cut.check("192.0.2.1", 623, "power_read")


def test_it_opens_after_failures_in_a_row_and_lets_one_trial_through() -> None:
    now = clock.MovedClock()
    cut = breaker.Breaker(3, 30, now)
    assert [_fail(cut) for _ in range(3)] == [False, False, True]
    with pytest.raises(errors.BmcResting) as met:
        _check(cut)
    assert met.value.facts["failures"] == 3 and "nothing answered" in met.value.facts["why"]
    assert "Check its address" in met.value.text     # what to do is not lost while the BMC rests
    assert met.value.facts["since"].startswith("2026-01-01T00:00:00")
    now.move(34)
    _check(cut)
    assert _fail(cut)      # the trial failed: it rests again, twice as long
    now.move(40)
    with pytest.raises(errors.BmcResting):
        _check(cut)
    now.move(30)
    _check(cut)
    assert cut.worked() and not cut.worked()
    assert not _fail(cut)
    _check(cut)


def test_a_success_between_begins_the_count_anew() -> None:
    cut = breaker.Breaker(2, 30, clock.MovedClock())
    for _ in range(5):
        assert not _fail(cut)
        assert not cut.worked()


@pytest.mark.parametrize("kind", [errors.BmcRefused, errors.BmcUnsupported, errors.BmcBusy])
def test_a_refusal_is_no_failure(kind: type[errors.BmcFault]) -> None:
    cut = breaker.Breaker(1, 30, clock.MovedClock())
    assert not _fail(cut, kind)
    _check(cut)


def test_a_rest_does_not_grow_for_ever() -> None:
    now = clock.MovedClock()
    cut = breaker.Breaker(1, 10, now)
    for _ in range(12):
        assert _fail(cut)
        now.move(10 * breaker.LONGEST * 1.1 + 1)
        _check(cut)
