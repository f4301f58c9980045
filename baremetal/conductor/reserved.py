"""The steps that the engine itself does, under any interface: hold, wait, power_on, power_off, reboot.

They answer like a driver's steps; two answers are theirs alone.
"""

import collections.abc
import dataclasses
import typing

from baremetal import errors, states, steps
from baremetal.conductor import power, task

#: seconds that a worker itself waits; longer times are waited by nobody, until their deadline
SHORT = 30


@dataclasses.dataclass(frozen=True)
class Hold:
    """Stop here until somebody says go on."""


@dataclasses.dataclass(frozen=True)
class Later:
    """Go on when ``seconds`` have passed."""

    seconds: float


Answer = steps.Answer | Hold | Later


def hold(_held: task.Task) -> Answer:
    """Stop until the verb ``unhold``."""
    return Hold()


def wait(held: task.Task, seconds: float | None = None) -> Answer:
    """Let ``seconds`` pass; without them, wait for the agent to call."""
    if seconds is None:
        return steps.Wait()
    if seconds > SHORT:
        return Later(seconds)
    held.clock.sleep(seconds)
    return steps.Done()


def power_on(held: task.Task) -> Answer:
    """Switch the server on; being on is no fault."""
    power.change(held, states.POWER_ON)
    return steps.Done()


def power_off(held: task.Task) -> Answer:
    """Switch the server off; being off is no fault."""
    power.change(held, states.POWER_OFF)
    return steps.Done()


def reboot(held: task.Task) -> Answer:
    """Restart the server. May be repeated: it is then restarted once more."""
    power.change(held, "rebooting")
    return steps.Done()


TABLE: dict[str, collections.abc.Callable[..., Answer]] = {
    "hold": hold, "wait": wait, "power_on": power_on, "power_off": power_off, "reboot": reboot}


def check(held: task.Task, name: str, args: dict[str, typing.Any]) -> None:
    """Raise ``Invalid`` for a reserved step that the node cannot do, and for arguments that it does not take."""
    if name == "power_off" and held.node.disable_power_off:
        raise errors.Invalid(text=f"Step 'power_off' is not possible: node {held.node.uuid} has disable_power_off set. "
                                  "Use 'reboot', or clear that field.")
    known = {"seconds"} if name == "wait" else set()
    unknown = sorted(set(args) - known)
    if unknown:
        raise errors.Invalid(text=f"Step {name!r} does not take the argument {unknown[0]!r}; "
                                  f"it takes {', '.join(known) or 'none'}.")
    seconds = args.get("seconds", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or seconds < 0:
        raise errors.Invalid(text=f"Argument 'seconds' of step 'wait' cannot be {seconds!r}; "
                                  "it is a number of seconds from 0 on.")
