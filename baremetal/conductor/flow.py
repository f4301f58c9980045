"""The flow engine: runs the steps of a verb, and goes on where another worker was lost. Knows no verb.

Write down, then do: a line of the journal is written before its step begins; its end is written together with the
next one's beginning. What is found after a crash therefore says what to do (``_perform``): a planned line begins, a
started one is run again where it may be repeated, a waiting one goes on waiting, a failed one is cleaned up after.
A worker whose lease was lost writes nothing more and ends quietly.
"""

import datetime
import functools
import logging
import typing

from baremetal import context, errors, milestones, states, steps
from baremetal.conductor import (
    calls,
    defects,
    draft,
    ending,
    errand,
    hold,
    journal,
    lines,
    means,
    plan,
    readings,
    reserved,
    task,
    wakes,
)
from baremetal.db import flows

LOG = logging.getLogger(__name__)

#: how often a step is begun before the flow fails; more means that it kills its workers
MOST_ATTEMPTS = 5


# --- beginning and going on -----------------------------------------------------------------------

def begin(found: task.Task, work: calls.Work, params: dict[str, typing.Any]) -> None:
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
        return ending.finish(found, work)
    if work.kind is not None:
        plan.show(found, work.kind, planned)
    _enter(found, planned[0])
    found.save()


def resume(shared: means.Means, uuid: str, ctx: context.Context, *, events: tuple[str, ...] = ("resume",)) -> None:
    """Let a flow that waits go on in a worker; raises ``Conflict`` when there is none.

    Where what it waits for has not come yet, it may wait as long again, and nothing else happens.
    """
    with shared.pool.slot(reserved=True) as slot:
        for found in hold.attempts(shared, uuid, ctx):
            line = load(found)
            if line is not None and not calls.ready(found, work_of(found), line):
                return renew(found)
            try:
                go_on(found, *events)
            except draft.Changed:
                continue
            return slot.give(run, found)


def go_on(found: task.Task, *events: str) -> None:
    """Take the node whose flow waits or holds and raise ``events``; ``run`` does the rest."""
    line = load(found) if found.flow is None else found.flow.present()
    flow, work = _flow(found), work_of(found)
    found.take(f"{flow.verb}: go on")
    for event in events:
        found.move(event)
    journal.go_on(found)
    # where the agent's steps are learned, or the hardware is read now, a worker ends the line
    if line is not None and not (calls.resumer(found, work, line) or line.step.learns or readings.after(line)):
        if flow.abort_after:
            journal.fail(found, line, f"Aborted after step {calls.name(line)}, as was asked.")
        else:
            journal.end(found, line)
            _enter_next(found)
    found.save()


def renew(found: task.Task) -> None:
    """Let a flow that waits do so as long again: what it waits for lives. Needs no lease, leaves no trace."""
    write = journal.renew(found)
    if write is not None:
        with found.means.database.write() as connection:
            write(connection)


def again(found: task.Task, line: lines.Line, why: str) -> None:
    """Take the node whose flow waits for a boot, and let it begin that anew. ``run`` does the rest."""
    found.take(f"{_flow(found).verb}: boot again")
    found.move("resume", why=why)
    journal.go_on(found)
    line.facts["again"] = why
    journal.start(found, line)
    found.milestone(milestones.AGAIN, step=calls.name(line), why=why)
    found.save()


def adopt(found: task.Task) -> None:
    """Take the node whose flow waits, and note that it is this conductor's from now on; it goes on waiting.

    ``bring`` does the rest.
    """
    found.take(f"{_flow(found).verb}: adopting")
    journal.adopt(found)
    found.save()


def bring(held: task.Task, lost: str) -> None:
    """Bring here what conductor ``lost`` had lying ready, and give the node back; its flow waits on."""
    def work() -> None:
        if lost != held.means.seat.host and held.interfaces and held.deploy.grows:
            held.deploy.take_over(held)
    errand.run(held, "bringing the node's files to this conductor", work, lambda why: LOG.warning(
        "Node %s: its files were not brought to this conductor: %s", held.node.uuid, why))


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
                       + (f", at step {calls.name(line)}" if line else ""))
            lost = found.flow.conductor
            journal.go_on(found)
            try:
                found.save()
            except draft.Changed:
                continue
            LOG.warning("Node %s: taking over %r", uuid, found.flow.verb)
            return slot.give(run, found, lost)


def load(found: task.Task) -> lines.Line | None:
    """Give the task its node's flow that waits or holds, and return the line it stands at."""
    loaded = journal.load(found.means.database, found.node.id)
    if loaded is None or loaded[0].state == flows.RUNNING:
        raise errors.Conflict(text=f"Node {found.node.uuid} has nothing that waits, in provision state "
                                   f"{found.node.provision_state!r}.")
    found.flow = loaded[0]
    return found.flow.present()


# --- the worker -----------------------------------------------------------------------------------

def run(held: task.Task, lost: str | None = None) -> None:
    """Do the steps of ``held.flow`` until it ends, waits or holds; the lease is given back then.

    ``lost`` is the conductor that did them before, if that was another one.
    """
    try:
        if lost not in (None, held.means.seat.host):
            _bring(held)
        _run(held, work_of(held))
    except errors.LeaseLost as lost:
        LOG.warning("%s This worker stops.", lost.text)
    except draft.Unsaved as error:
        LOG.error("Node %s: the database did not take what was to be written (%s); "
                  "a conductor goes on from the journal when the lease ends", held.node.uuid, error)
    finally:
        # whatever happened: what nobody works on must not be renewed
        held.drop()


def _run(held: task.Task, work: calls.Work) -> None:
    flow = _flow(held)
    while (line := flow.present()) is not None:
        if line.error is not None:
            return ending.fail(held, work, line, line.error)
        try:
            answer = _perform(held, work, line)
            if isinstance(answer, (steps.Wait, reserved.Hold, reserved.Later)):
                return _rest(held, line, answer)
            if line.step.learns and not flow.abort_after:
                _learn(held, work)
        except (errors.LeaseLost, draft.Unsaved):
            raise
        except errors.Fault as fault:
            return ending.fail(held, work, line, fault.text)
        except Exception as error:
            return ending.fail(held, work, line, f"Step {calls.name(line)} broke with "
                                           f"{defects.told(held, f'step {calls.name(line)}', error)}.")
        readings.renew(held, readings.after(line))
        journal.end(held, line, answer.facts if isinstance(answer, steps.Done) else None)
        if flow.abort_after:
            return ending.fail(held, work, line, f"Aborted after step {calls.name(line)}, as was asked.")
    ending.finish(held, work)


def _perform(held: task.Task, work: calls.Work, line: lines.Line) -> reserved.Answer:
    """Run a line in the way that its state in the journal asks for."""
    if not held.interfaces:
        raise errors.StepFailed(interface=line.step.interface, step=line.step.step, why=(
            f"driver {held.node.driver!r}, or one of the node's interfaces, is not enabled on conductor "
            f"{held.means.seat.host} any more"))
    if line.state == lines.WAITING:
        go_on = calls.resumer(held, work, line)
        return None if go_on is None else go_on(held)
    if line.state == lines.STARTED and not line.ours:
        if line.attempts >= MOST_ATTEMPTS:
            raise errors.StepFailed(interface=line.step.interface, step=line.step.step,
                                    why=f"it was begun {line.attempts} times and never ended")
        if not line.step.repeatable and calls.done_already(held, line):
            return None
    if not line.ours:
        _enter(held, line)
        held.save()
    return calls.begin(held, work, line)


def _learn(held: task.Task, work: calls.Work) -> None:
    """Ask the agent that is up now for its steps, and plan anew what has not begun.

    Written together with the end of the step before: who comes after a crash in between asks again.
    """
    if work.kind is None or not held.deploy.grows:
        return
    flow = _flow(held)
    held.agent_steps = held.deploy.learn(held, work.kind)
    held.milestone(milestones.STEPS, count=len(held.agent_steps))
    planned = plan.left(work.plan(held, flow.params), flow)
    if [line.step for line in planned] != [line.step for line in flow.lines if line.state == lines.PLANNED]:
        journal.replan(held, planned)
    plan.show(held, work.kind, flow.lines)


def _bring(held: task.Task) -> None:
    """Bring here what the conductor before had lying ready for the server; a boot that begins anew does so itself."""
    line = _flow(held).present()
    if line is None or line.error is not None or calls.boots(line) or not held.interfaces or not held.deploy.grows:
        return
    trouble = ending.attempt(held, "Bringing the node's files to this conductor", lambda: held.deploy.take_over(held))
    if trouble:
        journal.fail(held, line, f"{trouble}.")
        held.save()


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
    if isinstance(answer, steps.Wait) and answer.until is not None:
        shared, key = held.means, (_flow(held).uuid, line.position)
        shared.wakes.add(key, answer.until, functools.partial(_woken, shared, held.node.uuid, key, held.ctx))


def _woken(shared: means.Means, uuid: str, key: wakes.Key, ctx: context.Context) -> None:
    """What a flow waited for has completed in this process: go on, in this worker, if it still waits for that."""
    for found in hold.attempts(shared, uuid, ctx):
        loaded = journal.load(shared.database, found.node.id)
        if loaded is None:
            return
        found.flow = loaded[0]
        line = found.flow.present()
        if found.flow.state != flows.WAITING or line is None or (found.flow.uuid, line.position) != key:
            return
        try:
            go_on(found, "resume")
        except draft.Changed:
            continue
        return run(found)


# --- small things ---------------------------------------------------------------------------------

def work_of(found: task.Task) -> calls.Work:
    """Return the verb of the task's flow."""
    work: calls.Work = found.means.verbs[_flow(found).verb]
    return work


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


def _after(held: task.Task, seconds: float | None) -> datetime.datetime | None:
    return None if seconds is None else held.means.clock.now() + datetime.timedelta(seconds=seconds)


def _replace_open(found: task.Task, work: calls.Work) -> None:
    """End a flow that waits or holds, because this verb takes its place."""
    if states.kind(found.node.provision_state) in (states.WAITING, states.HELD):
        node_id, now = found.node.id, found.means.clock.now()
        found.draft.writes.append(lambda connection: flows.end_open(
            connection, node_id, now, f"{work.name} took its place"))
