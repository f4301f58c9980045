"""The table of states keeps its own rules: nothing twice, nothing stuck, nothing out of reach."""

import collections

import pytest

from baremetal import config, states

EVENTS = {event for _, event in states.NEXT}
BUSY = [state for state in states.STATES if states.kind(state) in (states.MOVING, states.WAITING)]
WAITING = [state for state in states.STATES if states.kind(state) == states.WAITING]
RESTING = [state for state in states.STATES if states.kind(state) in (states.FAILED, states.HELD)]


def test_thirty_states_each_with_a_sentence() -> None:
    assert len(states.STATES) == 30
    assert [state for state, (_, sentence) in states.STATES.items() if not sentence.endswith(".")] == []


def test_no_row_stands_twice() -> None:
    rows = collections.Counter((was, event) for group, event, _ in states.MOVES for was in group)
    assert [row for row, number in rows.items() if number > 1] == []


def test_rows_know_only_states_of_the_table() -> None:
    named = {state for group, _, to in states.MOVES for state in (*group, to)}
    assert named == set(states.STATES)


def test_every_event_is_a_verb_or_the_engines() -> None:
    assert EVENTS == {event for event, _ in states.VERBS.values()} | states.INTERNAL_EVENTS


@pytest.mark.parametrize("state", BUSY)
def test_busy_state_can_fail(state: str) -> None:
    assert states.after(state, "fail")


@pytest.mark.parametrize("state", WAITING)
def test_waiting_state_has_time_out_abort_and_resume(state: str) -> None:
    conf = config.build()
    assert conf.conductor[states.TIMEOUTS[state]] >= 0
    assert states.after(state, "abort") and states.after(state, "resume")


def test_only_waiting_states_time_out() -> None:
    assert set(states.TIMEOUTS) == set(WAITING)


@pytest.mark.parametrize("state", RESTING)
def test_failed_and_held_states_have_a_verb_that_leads_out(state: str) -> None:
    assert states.verbs(state)


def test_every_state_is_reached_from_enroll() -> None:
    assert _from(states.ENROLL) == set(states.STATES)


@pytest.mark.parametrize("state", states.STATES)
def test_every_state_finds_back_to_available(state: str) -> None:
    assert states.AVAILABLE in _from(state)


def test_target_of_every_state_that_is_on_its_way() -> None:
    stable = {state for state in states.STATES if states.kind(state) == states.STABLE}
    assert set(states.TARGETS.values()) <= stable
    assert set(states.STATES) - stable - {states.ERROR} == set(states.TARGETS)


def _from(start: str) -> set[str]:
    """Every state that can follow ``start``, itself among them."""
    seen, ahead = {start}, [start]
    while ahead:
        was = ahead.pop()
        found = {to for (origin, _), to in states.NEXT.items() if origin == was} - seen
        seen |= found
        ahead += found
    return seen
