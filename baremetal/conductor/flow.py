"""The flow engine: runs the steps of a verb, and goes on where another worker was lost. Knows no verb.

Write down, then do: a line of the journal is written before its step begins; its end is written together with the
next one's beginning. What is found after a crash therefore says what to do (``_perform``): a planned line begins, a
started one is run again where it may be repeated, a waiting one goes on waiting, a failed one is cleaned up after.
A worker whose lease was lost writes nothing more and ends quietly.
"""

import collections.abc
import datetime
import functools
import logging
import typing

from baremetal import context, errors, states, steps
from baremetal.conductor import draft, hold, journal, lines, means, reserved, task
from baremetal.db import flows

LOG = logging.getLogger(__name__)

#: how often a step is begun before the flow fails; more means that it kills its workers
MOST_ATTEMPTS = 5

#: state a flow fails into: the fault that takes the node out of service
FAULTS = {states.CLEANFAIL: states.FAULT_CLEAN, states.SERVICEFAIL: states.FAULT_SERVICE,
          states.RESCUEFAIL: states.FAULT_RESCUE}
#: where the failure itself is reason enough; elsewhere only a clean-up that failed is
GRAVE = (states.CLEANFAIL, states.SERVICEFAIL)


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


# --- beginning and going on -----------------------------------------------------------------------

def begin(found: task.Task, work: Work, params: dict[str, typing.Any]) -> None:
    """Take the node, move it, write the plan and the beginning of its first step: one transaction.

    A plan without steps ends in the same transaction. Raises ``draft.Changed`` when the node is not as it was read.
    """
    planned = work.plan(found, params)
    found.take(work.event)
    _replace_open(found, work)
    found.node.last_error = None
    found.move(work.event, target=work.target(found))
    work.begin(found, params)
    journal.add(found, lines.Flow(work.event, params, planned))
    if not planned:
        return _finish(found, work)
    if work.kind is not None:
        found.node.driver_internal_info[f"{work.kind}_steps"] = [
            line.step.to_wire() for line in planned if line.step.interface != lines.VERB]
    _enter(found, planned[0])
    found.save()


def resume(shared: means.Means, uuid: str, ctx: context.Context, *, events: tuple[str, ...] = ("resume",)) -> None:
    """Let a flow that waits go on in a worker; raises ``Conflict`` when there is none."""
    with shared.pool.slot(reserved=True) as slot:
        for found in hold.attempts(shared, uuid, ctx):
            try:
                go_on(found, *events)
            except draft.Changed:
                continue
            return slot.give(run, found)


def go_on(found: task.Task, *events: str) -> None:
    """Take the node whose flow waits or holds and raise ``events``; ``run`` does the rest."""
    line = load(found)
    found.take(f"{_flow(found).verb}: go on")
    for event in events:
        found.move(event)
    journal.go_on(found)
    if line is not None and _resumer(found, line) is None:
        if _flow(found).abort_after:
            journal.fail(found, line, f"Aborted after step {_name(line)}, as was asked.")
        else:
            journal.end(found, line)
            _enter_next(found)
    found.save()


def stop(found: task.Task, text: str, *, event: str | None = None, aborted: bool = False) -> None:
    """Take the node and let its flow fail with ``text``; ``event`` moves it at once. ``run`` does the rest."""
    line = load(found)
    found.take(f"{_flow(found).verb}: stop")
    _flow(found).abort_after = aborted
    if event is not None:
        found.move(event, why=text)
    if line is not None:
        journal.fail(found, line, text)
    journal.go_on(found)
    found.save()


def take_over(shared: means.Means, uuid: str) -> None:
    """Go on with a flow whose worker was lost; does nothing when it is worked on after all."""
    with shared.pool.slot(reserved=True) as slot:
        for found in hold.attempts(shared, uuid, context.internal("takeover"), hold.read_any):
            loaded = journal.load(shared.database, found.node.id)
            if loaded is None or loaded[0].state != flows.RUNNING:
                return
            found.flow, found.ctx = loaded
            line = found.flow.present()
            if found.flow.verb not in shared.verbs:
                LOG.error("Node %s has a flow %r of another release; it is left alone", uuid, found.flow.verb)
                return
            found.take(found.flow.verb)
            found.note("takeover", f"Conductor {shared.seat.host} goes on with {found.flow.verb!r} after "
                       f"{found.node.reservation or 'another one'} was lost"
                       + (f", at step {_name(line)}" if line else ""))
            journal.go_on(found)
            try:
                found.save()
            except draft.Changed:
                continue
            LOG.warning("Node %s: taking over %r", uuid, found.flow.verb)
            return slot.give(run, found)


def load(found: task.Task) -> lines.Line | None:
    """Give the task its node's flow that waits or holds, and return the line it stands at."""
    loaded = journal.load(found.means.database, found.node.id)
    if loaded is None or loaded[0].state == flows.RUNNING:
        raise errors.Conflict(text=f"Node {found.node.uuid} has nothing that waits, in provision state "
                                   f"{found.node.provision_state!r}.")
    found.flow = loaded[0]
    return found.flow.present()


# --- the worker -----------------------------------------------------------------------------------

def run(held: task.Task) -> None:
    """Do the steps of ``held.flow`` until it ends, waits or holds; the lease is given back then."""
    try:
        _run(held, held.means.verbs[_flow(held).verb])
    except errors.LeaseLost as lost:
        LOG.warning("%s This worker stops.", lost.text)
    except draft.Unsaved as error:
        LOG.error("Node %s: the database did not take what was to be written (%s); "
                  "a conductor goes on from the journal when the lease ends", held.node.uuid, error)
    finally:
        # whatever happened: what nobody works on must not be renewed
        held.drop()


def _run(held: task.Task, work: Work) -> None:
    flow = _flow(held)
    while (line := flow.present()) is not None:
        if line.error is not None:
            return _fail(held, work, line, line.error)
        try:
            answer = _perform(held, work, line)
            if isinstance(answer, (steps.Wait, reserved.Hold, reserved.Later)):
                return _rest(held, line, answer)
        except (errors.LeaseLost, draft.Unsaved):
            raise
        except errors.Fault as fault:
            return _fail(held, work, line, fault.text)
        except Exception as error:
            LOG.exception("%s Node %s: step %s broke", held.ctx.request_id, held.node.uuid, _name(line))
            return _fail(held, work, line, f"Step {_name(line)} broke with {type(error).__name__}; the log of "
                         f"{held.means.seat.host} has the details under request id {held.ctx.request_id}.")
        journal.end(held, line, answer.facts if isinstance(answer, steps.Done) else None)
        if flow.abort_after:
            return _fail(held, work, line, f"Aborted after step {_name(line)}, as was asked.")
    _finish(held, work)


def _perform(held: task.Task, work: Work, line: lines.Line) -> reserved.Answer:
    """Run a line in the way that its state in the journal asks for."""
    if not held.interfaces:
        raise errors.StepFailed(interface=line.step.interface, step=line.step.step, why=(
            f"driver {held.node.driver!r}, or one of the node's interfaces, is not enabled on conductor "
            f"{held.means.seat.host} any more"))
    if line.state == lines.WAITING:
        go_on = _resumer(held, line)
        return None if go_on is None else typing.cast(reserved.Answer, go_on(held))
    if line.state == lines.STARTED and not line.ours:
        if line.attempts >= MOST_ATTEMPTS:
            raise errors.StepFailed(interface=line.step.interface, step=line.step.step,
                                    why=f"it was begun {line.attempts} times and never ended")
        if not line.step.repeatable and _done_already(held, line):
            return None
    if not line.ours:
        _enter(held, line)
        held.save()
    return typing.cast(reserved.Answer, _method(held, work, line)(held, **line.step.args))


def _done_already(held: task.Task, line: lines.Line) -> bool:
    """Ask reality whether a step that may not be repeated has been done; raises when nobody can know."""
    check = getattr(held.interfaces.get(line.step.interface), f"{line.step.step}_check", None)
    if check is None:
        raise errors.StepFailed(interface=line.step.interface, step=line.step.step, why=(
            "its conductor was lost while it ran, it may not be repeated, and nothing can tell how far it came. "
            "Look at the server, then begin the verb again"))
    return bool(check(held))


def _rest(held: task.Task, line: lines.Line, answer: steps.Wait | reserved.Hold | reserved.Later) -> None:
    """Let the flow wait or hold, without worker and lease."""
    event = "hold" if isinstance(answer, reserved.Hold) else "wait"
    if states.after(held.node.provision_state, event) is None:
        raise errors.StepFailed(interface=line.step.interface, step=line.step.step, why=(
            f"it wants to {event}, which is not possible in provision state {held.node.provision_state!r}"))
    held.move(event)
    if isinstance(answer, reserved.Hold):
        journal.rest(held, line, flows.HELD)
    elif isinstance(answer, reserved.Later):
        journal.rest(held, line, flows.WAITING, deadline=_after(held, answer.seconds), awaits=lines.TIMER)
    else:
        within = answer.within
        if within is None:
            within = held.conf.conductor[states.TIMEOUTS[held.node.provision_state]] or None
        journal.rest(held, line, flows.WAITING, deadline=_after(held, within), awaits=answer.what[:255])
    held.draft.freeing = True
    held.save()


# --- ends -----------------------------------------------------------------------------------------

def _finish(held: task.Task, work: Work) -> None:
    """All steps are done: the last moves, and the lease goes back, in the transaction that ends the last step."""
    for event in work.ends(held):
        held.move(event)
    work.finished(held)
    journal.finish(held, flows.DONE)
    held.draft.freeing = True
    held.save()


def _fail(held: task.Task, work: Work, line: lines.Line, text: str) -> None:
    """Undo what can be undone, clean up, say what was wrong and move to the state of failure."""
    flow = _flow(held)
    aborted = flow.abort_after
    if line.error is None:
        journal.fail(held, line, text)
        # before anything is undone: whoever comes after a crash must not take the step for a running one
        held.save()
    trouble = [*_undo(held, flow), *_clean_up(held, work, aborted=aborted)] if held.interfaces else [
        "Nothing was undone or cleaned up"]
    full = ". ".join([text.rstrip("."), *trouble]) + "."
    held.fail_with(full)
    if states.after(held.node.provision_state, "fail") is not None:
        held.move("fail", why=full)
    elif trouble:
        held.note("cleaning up", full, bad=True)
    if aborted and not trouble and held.node.provision_state == states.SERVICEFAIL:
        # cleaned up: the tenant's system runs again
        held.move("abort", why=full)
    fault = FAULTS.get(held.node.provision_state)
    if fault and not held.node.maintenance and (trouble or held.node.provision_state in GRAVE and not aborted):
        held.node.maintenance, held.node.maintenance_reason, held.node.fault = True, full, fault
    journal.finish(held, flows.ABORTED if aborted else flows.FAILED, full)
    held.draft.freeing = True
    held.save()


def _undo(held: task.Task, flow: lines.Flow) -> list[str]:
    """Undo what was begun, last first; return what could not be."""
    trouble = []
    for line in reversed(flow.lines):
        if line.step.undo is None or line.state not in (lines.DONE, lines.FAILED):
            continue
        undo = getattr(held.interfaces[line.step.interface], line.step.undo, None)
        failed = f"Step {_name(line)} cannot be undone by the interface that the node has now" if undo is None else \
            _try(held, f"Undoing step {_name(line)}", functools.partial(undo, held))
        if failed:
            trouble.append(failed)
            continue
        journal.undone(held, line)
        held.save()
    return trouble


def _clean_up(held: task.Task, work: Work, *, aborted: bool) -> list[str]:
    """Let the verb clean up; return what it could not."""
    failed = _try(held, "Cleaning up", lambda: work.clean_up(held, aborted=aborted))
    return [failed] if failed else []


def _try(held: task.Task, what: str, call: collections.abc.Callable[[], object]) -> str | None:
    """Do ``call`` while a flow fails anyhow; return the sentence about what went wrong."""
    try:
        call()
    except (errors.LeaseLost, draft.Unsaved):
        raise
    except errors.Fault as fault:
        return f"{what} failed too: {fault.text.rstrip('.')}"
    except Exception as error:
        LOG.exception("%s Node %s: %s broke", held.ctx.request_id, held.node.uuid, what)
        return f"{what} broke with {type(error).__name__}"
    return None


# --- small things ---------------------------------------------------------------------------------

def _flow(held: task.Task) -> lines.Flow:
    assert held.flow is not None
    return held.flow


def _enter(held: task.Task, line: lines.Line) -> None:
    """Note that a line begins, and the phase that begins with it."""
    if line.enter is not None and line.state == lines.PLANNED:
        held.move(line.enter)
    journal.start(held, line)


def _enter_next(held: task.Task) -> None:
    line = _flow(held).present()
    if line is not None:
        _enter(held, line)


def _method(held: task.Task, work: Work, line: lines.Line) -> typing.Any:
    """Return what a line calls: the engine's, the verb's or an interface's method."""
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


def _resumer(held: task.Task, line: lines.Line) -> typing.Any:
    """Return the method that ends a waiting step, where its interface has one."""
    return getattr(held.interfaces.get(line.step.interface), f"{line.step.step}_resume", None)


def _after(held: task.Task, seconds: float | None) -> datetime.datetime | None:
    return None if seconds is None else held.means.clock.now() + datetime.timedelta(seconds=seconds)


def _name(line: lines.Line) -> str:
    return f"{line.step.interface}.{line.step.step}"


def _replace_open(found: task.Task, work: Work) -> None:
    """End a flow that waits or holds, because this verb takes its place."""
    if states.kind(found.node.provision_state) in (states.WAITING, states.HELD):
        node_id, now = found.node.id, found.means.clock.now()
        found.draft.writes.append(lambda connection: flows.end_open(
            connection, node_id, now, f"{work.name} took its place"))
