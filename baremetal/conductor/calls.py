"""What a line of a plan calls: the engine's, the verb's, an interface's method, or the agent through the deploy
interface. Only finds and asks; what follows from an answer is ``flow.py``'s.
"""

import collections.abc
import functools
import typing

from baremetal import errors, steps
from baremetal.conductor import children, lines, reserved, task

#: calls something of a line on the task
Call = collections.abc.Callable[[task.Task], reserved.Answer]

#: steps that boot a ramdisk which reports, beside those after which its agent's steps are learned
BOOTS = (("inspect", "inspect"), ("rescue", "rescue"))


class Work(typing.Protocol):
    """What the engine asks of a verb (``verb.Verb`` says what each means)."""

    event: typing.ClassVar[str]
    name: typing.ClassVar[str]
    kind: typing.ClassVar[str | None]

    def plan(self, found: task.Task, params: dict[str, typing.Any]) -> list[lines.Line]: ...
    def begin(self, held: task.Task, params: dict[str, typing.Any]) -> None: ...
    def target(self, found: task.Task) -> str | None: ...
    def ends(self, held: task.Task) -> list[str]: ...
    def finished(self, held: task.Task) -> None: ...
    def clean_up(self, held: task.Task, *, aborted: bool) -> None: ...


def begin(held: task.Task, work: Work, line: lines.Line) -> reserved.Answer:
    """Begin the step of a line."""
    step = line.step
    if step.children:
        return children.run(held, step, lambda child: _method(child, work, line)(child, **step.args))
    if step.by == steps.AGENT:
        return held.deploy.execute(held, work.kind or "", step)
    return typing.cast(reserved.Answer, _method(held, work, line)(held, **step.args))


def resumer(held: task.Task, work: Work, line: lines.Line) -> Call | None:
    """Return what ends the waiting of a line, None where that needs nothing but to go on."""
    step = line.step
    if step.by == steps.AGENT:
        return functools.partial(_resume_agent, work=work, step=step) if held.interfaces else None
    return typing.cast("Call | None", getattr(held.interfaces.get(step.interface), f"{step.step}_resume", None))


def asks(held: task.Task, line: lines.Line) -> bool:
    """Return whether somebody can say, without a lease, that there is nothing to go on for yet."""
    return line.step.by == steps.AGENT or _asker(held, line) is not None


def ready(held: task.Task, work: Work, line: lines.Line) -> bool:
    """Return whether what a line waits for has come; may block for one question to the agent."""
    if line.step.by == steps.AGENT:
        return held.deploy.execute_ready(held, work.kind or "", line.step)
    asker = _asker(held, line)
    return asker is None or bool(asker(held))


def restarted(held: task.Task, line: lines.Line) -> bool:
    """Return whether the agent that a line waits for has ended, now that one of the same boot asks who it is."""
    return bool(held.interfaces) and held.deploy.grows and not boots(line) and not held.deploy.lives(held)


def done_already(held: task.Task, line: lines.Line) -> bool:
    """Ask reality whether a step that may not be repeated has been done; raises when nobody can know."""
    check = getattr(held.interfaces.get(line.step.interface), f"{line.step.step}_check", None)
    if check is None or line.step.children:
        raise errors.StepFailed(interface=line.step.interface, step=line.step.step, why=(
            "its conductor was lost while it ran, it may not be repeated, and nothing can tell how far it came. "
            "Look at the server, then begin the verb again"))
    return bool(check(held))


def boots(line: lines.Line) -> bool:
    """Return whether a line's step boots a ramdisk whose call it then awaits."""
    return line.step.learns or (line.step.interface, line.step.step) in BOOTS


def name(line: lines.Line) -> str:
    """Return how people are told of a line."""
    return f"{line.step.interface}.{line.step.step}"


def _resume_agent(held: task.Task, work: Work, step: steps.Step) -> reserved.Answer:
    return held.deploy.execute_resume(held, work.kind or "", step)


def _asker(held: task.Task, line: lines.Line) -> typing.Any:
    return getattr(held.interfaces.get(line.step.interface), f"{line.step.step}_ready", None)


def _method(held: task.Task, work: Work, line: lines.Line) -> typing.Any:
    if line.step.step in steps.RESERVED:
        return reserved.TABLE[line.step.step]
    if line.step.interface == lines.VERB:
        return getattr(work, line.step.step)
    implementation = held.interfaces[line.step.interface]
    method = getattr(implementation, line.step.step, None)
    if method is None:
        raise errors.StepFailed(interface=line.step.interface, step=line.step.step, why=(
            f"the {line.step.interface} interface {implementation.name!r}, which the node has now, has no such step"))
    return method
