"""How far a flow has come: tables of cases over plans, milestones and times."""

import datetime
from typing import Any

import pytest

from baremetal import clock, milestones
from baremetal.api.ops import progress

BEGAN = clock.MovedClock().now()
PLAN = ("deploy.deploy", "deploy.write_image", "deploy.tear_down_agent", "deploy.boot_instance")
#: seconds that they took in an earlier flow
TOOK = {"deploy.deploy": 50.0, "deploy.write_image": 40.0, "deploy.tear_down_agent": 8.0, "deploy.boot_instance": 2.0}


def at(seconds: float) -> datetime.datetime:
    return BEGAN + datetime.timedelta(seconds=seconds)


def picture(*began: float | tuple[float, float], state: str = "running", ended: float | None = None,
            signs: tuple[Any, ...] = ()) -> progress.Picture:
    """A deploy whose steps began (and ended) at these seconds."""
    plan = []
    for number, name in enumerate(PLAN):
        if number >= len(began):
            plan.append(progress.Step(name, "planned"))
            continue
        when = began[number]
        plan.append(progress.Step(name, "done", at(when[0]), at(when[1])) if isinstance(when, tuple) else
                    progress.Step(name, "failed" if state == "failed" else "started", at(when),
                                  at(ended) if ended else None))
    return progress.Picture(state, BEGAN, None if ended is None else at(ended), plan,
                            [progress.Sign(name, at(seconds), facts[0] if facts else {})
                             for seconds, name, *facts in signs])


def size(bytes_: int) -> dict[str, int]:
    return {"bytes": bytes_, "total": 1000}


SENDING = ((51, milestones.SENDING, size(0)), (55, milestones.SENDING, size(200)), (61, milestones.SENDING, size(500)))

# fmt: off
#: now, picture, how long steps took, what must be shown
CASES: dict[str, tuple[float, progress.Picture, dict[str, float], dict[str, Any]]] = {
    "nothing begun": (1, picture(), {},
        {"phase": "beginning", "percent": 0.0, "steps_done": 0, "steps_total": 4, "estimate_seconds": None,
         "expected": None, "silent_seconds": 1.0}),
    "preparing, nothing known": (2, picture(0), {},
        {"phase": "preparing the boot", "step": "deploy.deploy", "estimate_seconds": None, "silent_seconds": 2.0}),
    "preparing, known": (10, picture(0), TOOK,
        {"percent": 10.0, "estimate_seconds": 90.0}),
    "switched on": (6, picture(0, signs=((5, milestones.POWER_ON),)), TOOK,
        {"phase": "waiting for DHCP", "expected": milestones.ADDRESS, "silent_seconds": 1.0, "percent": 6.0}),
    "time does not carry over the next milestone": (49, picture(0, signs=((5, milestones.POWER_ON),)), TOOK,
        {"phase": "waiting for DHCP", "percent": 10.0, "silent_seconds": 44.0}),
    "milestones carry over slow time": (5, picture(0, signs=((4, milestones.LOOKUP),)), TOOK,
        {"phase": "agent starting", "percent": 45.0, "expected": milestones.HEARTBEAT}),
    "what was seen before the step says nothing of it": (51, picture((0, 50), 50.5, signs=((49, milestones.STEPS),)),
        TOOK, {"phase": "writing the image", "expected": None, "steps_done": 1}),
    "agent's command is named": (52, picture((0, 50), 50, signs=((51, milestones.COMMAND, {"command": "x.write"}),)),
        TOOK, {"phase": "agent at work (x.write)", "expected": milestones.COMMANDED}),
    "bytes and speed": (61, picture((0, 50), 50, signs=SENDING), TOOK,
        {"phase": "writing the image", "bytes": 500, "total": 1000, "bytes_per_second": 50.0, "percent": 69.4,
         "estimate_seconds": 20.0, "expected": milestones.SENT}),
    "speed alone tells what is left": (61, picture((0, 50), 50, signs=SENDING), {},
        # 10 s of bytes; booting took 50 s instead of the usual 120, so the usual 20 s of the rest are 8
        {"estimate_seconds": 18.0}),
    "what is left falls between two signs": (64, picture((0, 50), 50, signs=SENDING), TOOK,
        {"estimate_seconds": 17.0, "bytes_per_second": 50.0}),
    "a transfer that stands still gets slower": (91, picture((0, 50), 50, signs=SENDING), TOOK,
        {"estimate_seconds": 50.0, "bytes_per_second": 12.5, "silent_seconds": 30.0}),
    "all of it was sent": (82, picture((0, 50), 50, signs=(*SENDING, (81, milestones.SENT, size(1000)))), {},
        {"phase": "finishing the image", "bytes": None, "percent": 90.1, "estimate_seconds": 9.0}),
    "nothing is left to guess without an earlier flow": (9, picture(0, signs=(
        (1, milestones.FETCHING, size(0)), (9, milestones.FETCHING, size(800)))), {},
        {"bytes_per_second": 100.0, "estimate_seconds": None}),
    "after the image it goes on": (92, picture((0, 50), (50, 90), 91, signs=(
        *SENDING, (81, milestones.SENT, size(1000)))), {},
        {"phase": "agent shutting down", "estimate_seconds": 8.0}),
    "fetching the image is a small part of its step": (9, picture(0, signs=(
        (1, milestones.FETCHING, size(0)), (9, milestones.FETCHING, size(800)))), TOOK,
        {"phase": "getting the image", "bytes": 800, "percent": 1.6, "bytes_per_second": 100.0,
         "estimate_seconds": 100.0, "expected": milestones.FETCHED}),
    "no speed of one sign": (52, picture((0, 50), 50, signs=SENDING[:1]), {},
        {"bytes": 0, "bytes_per_second": None, "estimate_seconds": None}),
    "foreign facts are no numbers": (52, picture((0, 50), 50, signs=((51, milestones.SENDING, {"bytes": "many"}),)), {},
        {"bytes": None, "total": None}),
    "longer than ever": (1000, picture((0, 50), (50, 90), (90, 98), 98), TOOK,
        {"percent": 99.9, "estimate_seconds": 0.0, "step": "deploy.boot_instance"}),
    "done": (500, picture((0, 50), (50, 90), (90, 98), (98, 100), state="done", ended=100), TOOK,
        {"phase": "done", "percent": 100.0, "estimate_seconds": None, "elapsed_seconds": 100.0, "silent_seconds": 0.0,
         "step": None, "expected": None}),
    "failed where it was": (500, picture((0, 50), 50, state="failed", ended=60), TOOK,
        {"phase": "failed", "step": "deploy.write_image", "percent": 60.0, "estimate_seconds": None, "bytes": None}),
    "held": (60, picture((0, 50), 50, state="held"), TOOK,
        {"phase": "held until somebody lets it go on"}),
    "the clock of a milestone's writer is ahead": (50, picture(0, signs=((51, milestones.POWER_ON),)), {},
        {"silent_seconds": 0.0}),
}
# fmt: on


@pytest.mark.parametrize("case", CASES)
def test_progress(case: str) -> None:
    now, given, took, wanted = CASES[case]
    found = progress.of(given, at(now), took)
    assert {name: found[name] for name in wanted} == wanted
    assert set(found) == set(progress.PROGRESS.keys)


def test_percent_never_falls_while_a_boot_goes_on() -> None:
    boot = (milestones.FILES, *milestones.BOOT, milestones.STEPS)
    seen = [progress.of(picture(0, signs=tuple((3 * n, name) for n, name in enumerate(boot[:last]))),
                        at(3 * last), {})["percent"] for last in range(len(boot) + 1)]
    assert seen == sorted(seen)


def test_steps_of_an_earlier_flow_are_known_only_when_it_succeeded() -> None:
    done = picture((0, 50), (50, 90), (90, 98), (98, 100), state="done", ended=100)
    assert progress.known(done) == TOOK
    assert progress.known(picture((0, 50), 50, state="failed", ended=60)) == progress.known(None) == {}


def test_every_milestone_has_words() -> None:
    assert set(progress.AFTER) == set(milestones.TABLE)


#: a simulated server's first deployment, as its timeline told it: seconds of the steps, then bytes at seconds
FIRST = ((0.0, 2.6), 2.6)
SEEN = ((2.6, 6092463), (5.4, 14680064), (8.2, 23068672), (11.0, 31457280), (13.8, 39845888), (16.5, 48234496),
        (19.3, 56623104))
OVER = 24.0


def test_the_estimate_of_a_first_deployment_is_right_while_its_image_is_written() -> None:
    for now in range(6, 22):
        signs = tuple((when, milestones.SENDING, {"bytes": bytes_, "total": 60_000_000})
                      for when, bytes_ in SEEN if when <= now)
        told = progress.of(picture(*FIRST, signs=signs), at(now), {})["estimate_seconds"]
        assert abs(told - (OVER - now)) <= 3.0, (now, told)
