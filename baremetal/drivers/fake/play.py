"""What a fake operation does before it succeeds: take its time, or fail, or wait, as the node asks for it.

The node's driver_info may hold, each keyed by operation ("deploy.deploy", "power.set", "vendor.log_passthrough"):
``fake_delays`` (seconds, or [least, most]), ``fake_faults`` (text), ``fake_waits`` (seconds until the deadline);
and ``fake_health``, which the server says of itself with each power poll.
"""

import collections.abc
import random
import typing

from baremetal import errors, steps
from baremetal.drivers import management, task

#: key of driver_info: how well the server says that it is
HEALTH = "fake_health"
WISHES = {
    "fake_delays": "{\"<interface>.<operation>\": seconds, or [least, most]}",
    "fake_faults": "{\"<interface>.<operation>\": \"the text to fail with\"}",
    "fake_waits": "{\"<interface>.<step>\": seconds after which the waiting has failed}",
}


def act(task: task.Task, kind: str, operation: str) -> None:
    """Take the time that conf or node say; then fail if the node says so."""
    _sleep(task, _delay(task, kind, operation))
    fault = _wish(task, "fake_faults", kind, operation)
    if fault is not None:
        raise errors.StepFailed(interface=kind, step=operation, why=fault)


def step(task: task.Task, kind: str, operation: str) -> steps.Answer:
    """Act as ``act``; then answer Wait if the node says so, else Done."""
    act(task, kind, operation)
    within = _wish(task, "fake_waits", kind, operation)
    return steps.Done() if within is None else steps.Wait(within=float(within), what=f"the end of {kind}.{operation}")


def instant(task: task.Task, kind: str, operation: str) -> bool:
    """Return whether ``act`` will take no time."""
    delay = _delay(task, kind, operation)
    return float(delay[-1] if isinstance(delay, list) else delay) == 0


def check(task: task.Task) -> None:
    """Raise DriverInfoWrong where the node asks for something that cannot be played."""
    fits: dict[str, collections.abc.Callable[[typing.Any], bool]] = {
        "fake_delays": lambda v: all(map(_number, v)) and len(v) == 2 if isinstance(v, list) else _number(v),
        "fake_faults": lambda v: isinstance(v, str),
        "fake_waits": _number,
    }
    for key, wanted in WISHES.items():
        value = task.node.driver_info.get(key, {})
        if not isinstance(value, dict) or not all(map(fits[key], value.values())):
            raise errors.DriverInfoWrong(key=key, value=value, wanted=f"It is {wanted}.")
    health = task.node.driver_info.get(HEALTH)
    if health is not None and health not in management.HEALTHS:
        raise errors.DriverInfoWrong(key=HEALTH, value=health, wanted=f"One of {', '.join(management.HEALTHS)}.")


def _number(value: typing.Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _wish(task: task.Task, key: str, kind: str, operation: str) -> typing.Any:
    wishes = task.node.driver_info.get(key)
    return wishes.get(f"{kind}.{operation}") if wishes else None


def _delay(task: task.Task, kind: str, operation: str) -> typing.Any:
    """Return seconds, or a list of least and most: the node's wish, else the conf's (console has none there)."""
    delay = _wish(task, "fake_delays", kind, operation)
    return getattr(task.conf.fake, f"{kind}_delay", 0) if delay is None else delay


def _sleep(task: task.Task, delay: typing.Any) -> None:
    """Sleep ``delay`` seconds, or a random time between its two values, shorter ones being more likely."""
    bounds = [float(d) for d in delay] if isinstance(delay, list) else [float(delay)]
    least, most = bounds[0], bounds[-1]
    seconds = random.triangular(least, most, least) if most > least else least
    if seconds > 0:
        task.clock.sleep(seconds)
