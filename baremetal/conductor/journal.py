"""The journal of a flow: its plan, and how far it came. Written before each step begins and when it has ended.

Each function changes the flow in memory and notes the statement in the task's draft, so that what belongs together
is written in one transaction by ``task.save``. Nothing here decides what happens next; ``flow.py`` does.
"""

import collections.abc
import datetime
import typing

from baremetal import context, states
from baremetal.conductor import lines, task
from baremetal.db import engine, flows, record

#: provision state: the column that shows the running step
SHOWN_IN = {states.CLEANING: "clean_step", states.DEPLOYING: "deploy_step", states.SERVICING: "service_step"}

#: params that never go to the journal: they are large or secret, and are kept in instance_info
NOT_KEPT = ("configdrive", "rescue_password")


def add(held: task.Task, flow: lines.Flow) -> None:
    """Write down a new flow with its plan."""
    for position, line in enumerate(flow.lines):
        line.position = position
    held.flow = flow
    now, seat = held.means.clock.now(), held.means.seat
    row = {"uuid": flow.uuid, "node_id": held.node.id, "verb": flow.verb,
           "params": record.dump(_kept(flow)) if flow.state in flows.OPEN else record.split("params", _kept(flow))[0],
           "conductor": seat.host, "epoch": seat.epoch,
           "context": record.dump(held.ctx.to_wire()), "created_at": now, "updated_at": now}

    def write(connection: typing.Any) -> None:
        ended = None if flow.state in flows.OPEN else now
        flow.ident = flows.add(connection, {**row, "state": flow.state, "finished_at": ended},
                               [line.to_row() for line in flow.lines])
    held.draft.writes.append(write)


def _kept(flow: lines.Flow) -> dict[str, typing.Any]:
    return {name: value for name, value in flow.params.items() if name not in NOT_KEPT}


def replan(held: task.Task, planned: list[lines.Line]) -> None:
    """Write down another plan for what has not begun."""
    flow = held.flow
    assert flow is not None and flow.ident is not None
    ident, begun = flow.ident, [line for line in flow.lines if line.state != lines.PLANNED]
    for position, line in enumerate(planned, max((line.position for line in begun), default=-1) + 1):
        line.position = position
    flow.lines = [*begun, *planned]
    rows = [line.to_row() for line in planned]
    held.draft.writes.append(lambda connection: flows.replan(connection, ident, lines.PLANNED, rows))


def load(database: engine.Database, node_id: int) -> tuple[lines.Flow, context.Context] | None:
    """Return the flow of a node that has not ended, and who asked for it."""
    with database.read() as connection:
        row = flows.open_of(connection, node_id)
        if row is None:
            return None
        found = [lines.Line.from_row(line) for line in flows.steps_of(connection, row.id)]
    flow = lines.Flow(row.verb, record.load(row.params), found, row.uuid, row.id, row.state, bool(row.abort_after),
                      row.deadline, row.awaits, row.conductor, row.epoch, row.updated_at)
    return flow, context.Context.from_wire(record.load(row.context))


def start(held: task.Task, line: lines.Line) -> None:
    """Write down that a line begins (again), and show it on the node."""
    line.state, line.ours = lines.STARTED, True
    line.attempts += 1
    line.started_at = held.means.clock.now()
    more = {"facts": record.dump(line.facts)} if line.facts else {}
    _step(held, line, state=lines.STARTED, attempts=line.attempts, started_at=line.started_at, **more)
    _show(held, line)


def end(held: task.Task, line: lines.Line, facts: dict[str, typing.Any] | None = None) -> None:
    """Write down that a line has done what it promised."""
    line.state = lines.DONE
    line.facts.update(facts or {})
    _step(held, line, state=lines.DONE, finished_at=held.means.clock.now(),
          facts=record.dump(line.facts) if line.facts else None)


def fail(held: task.Task, line: lines.Line, text: str) -> None:
    """Write down that a line has failed."""
    line.state, line.error = lines.FAILED, text
    _step(held, line, state=lines.FAILED, finished_at=held.means.clock.now(), error=text)


def undone(held: task.Task, line: lines.Line) -> None:
    """Write down that what a line did was taken back."""
    line.state = lines.UNDONE
    _step(held, line, state=lines.UNDONE)


def rest(held: task.Task, line: lines.Line, state: str, *, deadline: datetime.datetime | None = None,
         awaits: str | None = None) -> None:
    """Write down that the flow waits or is held at a line."""
    assert held.flow is not None
    line.state = lines.WAITING
    _step(held, line, state=lines.WAITING)
    held.flow.state, held.flow.deadline, held.flow.awaits = state, deadline, awaits
    _flow(held, state=state, deadline=deadline, awaits=awaits)


def go_on(held: task.Task) -> None:
    """Write down that the flow is worked on, by us."""
    assert held.flow is not None
    held.flow.state, held.flow.deadline, held.flow.awaits = flows.RUNNING, None, None
    _flow(held, state=flows.RUNNING, deadline=None, awaits=None, conductor=held.means.seat.host,
          epoch=held.means.seat.epoch, abort_after=held.flow.abort_after)


def renew(found: task.Task) -> collections.abc.Callable[[typing.Any], None] | None:
    """Return the statement that lets a waiting flow wait as long again as it does already; None where it has no end.

    It needs no lease: where the flow has gone on meanwhile it changes nothing.
    """
    flow, now = found.flow, found.means.clock.now()
    assert flow is not None and flow.ident is not None
    if flow.deadline is None or flow.updated_at is None:
        return None
    ident, seen, deadline = flow.ident, flow.updated_at, now + (flow.deadline - flow.updated_at)
    return lambda connection: flows.renew(connection, ident, seen, now, deadline)


def adopt(held: task.Task) -> None:
    """Write down that a flow that waits is ours from now on."""
    flow, seat = held.flow, held.means.seat
    assert flow is not None and flow.ident is not None
    ident, values = flow.ident, {"conductor": seat.host, "epoch": seat.epoch}
    held.draft.writes.append(lambda connection: flows.change(connection, ident, values))


def finish(held: task.Task, state: str, error: str | None = None) -> None:
    """Write down that the flow has ended, and show no step any more."""
    assert held.flow is not None
    held.flow.state = state
    _flow(held, state=state, finished_at=held.means.clock.now(), error=error)
    for column in SHOWN_IN.values():
        if getattr(held.node, column):
            setattr(held.node, column, {})
        held.node.driver_internal_info.pop(f"{column}s", None)
    _forget_secrets(held, held.flow)


def _forget_secrets(held: task.Task, flow: lines.Flow) -> None:
    """Mask the secrets in what was asked for: nobody needs them any more."""
    for line in flow.lines:
        if line.step.args:
            shown, hidden = record.split("steps", record.load(line.to_row()["step"]))
            if hidden is not None:
                _step(held, line, step=shown)
    shown, hidden = record.split("params", _kept(flow))
    if hidden is not None:
        _flow(held, params=shown)


def _show(held: task.Task, line: lines.Line) -> None:
    column = SHOWN_IN.get(held.node.provision_state)
    if column and line.step.interface != lines.VERB:
        # the journal keeps the arguments; here they are only shown
        setattr(held.node, column, record.mask(line.step.to_wire()))


def _step(held: task.Task, line: lines.Line, **values: typing.Any) -> None:
    flow = held.flow
    assert flow is not None
    if flow.ident is not None:
        ident = flow.ident
        held.draft.writes.append(lambda connection: flows.change_step(connection, ident, line.position, values))


def _flow(held: task.Task, **values: typing.Any) -> None:
    flow = held.flow
    assert flow is not None
    if flow.ident is not None:
        ident = flow.ident
        values["updated_at"] = held.means.clock.now()
        held.draft.writes.append(lambda connection: flows.change(connection, ident, values))
