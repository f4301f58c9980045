"""Steps that a node has run on its child nodes: planned for each of them, then done one child after the other.

Each child is held while the step runs on it. What does not end at once cannot be run there: nobody would go on with it.
"""

import collections.abc
import dataclasses
import typing

from baremetal import errors, steps
from baremetal.conductor import hold, reserved, task

#: seconds between two tries to take a child that somebody else holds
PAUSE = 1.0

Judge = collections.abc.Callable[[task.Task], steps.Step]
Call = collections.abc.Callable[[task.Task], typing.Any]


def planned(held: task.Task, item: collections.abc.Mapping[str, typing.Any], judge: Judge) -> steps.Step:
    """Return a step of a request as it will run on child nodes; ``judge`` says of each what it runs there."""
    name, uuids = f"{item.get('interface')}.{item.get('step')}", item.get("limit_child_node_execution") or ()
    if not uuids:
        raise errors.Invalid(text=f"Step {name} is to run on child nodes, but names none.")
    if item.get("step") == "hold" or (item.get("step") == "wait" and not 0 < _seconds(item) <= reserved.SHORT):
        raise errors.Invalid(text=f"Step {name} cannot be run on child nodes: they are held only while a step runs. A "
                                  f"'wait' of at most {reserved.SHORT} seconds can.")
    found = []
    for uuid in uuids:
        child = hold.read(held.means, uuid, held.ctx)
        if child.node.parent_node != held.node.uuid:
            raise errors.Invalid(text=f"Step {name}: node {uuid} is no child of node {held.node.uuid}.")
        found.append(judge(child))
    return dataclasses.replace(found[0], repeatable=all(step.repeatable for step in found), abortable=False, undo=None,
                               learns=False, children=tuple(uuids))


def run(held: task.Task, step: steps.Step, call: Call) -> steps.Done:
    """Run a step on each child; raises ``StepFailed`` that names the one where it went wrong."""
    for uuid in step.children:
        try:
            _run_on(held, uuid, step, call)
        except errors.Fault as fault:
            raise errors.StepFailed(interface=step.interface, step=step.step,
                                    why=f"on child node {uuid}: {fault.text}") from fault
    return steps.Done({"children": list(step.children)})


def _run_on(held: task.Task, uuid: str, step: steps.Step, call: Call) -> None:
    """Run a step on one child, which is held meanwhile."""
    child = _take(held, uuid, f"step {step.interface}.{step.step} of its parent node")
    try:
        answer = call(child)
        if not (answer is None or isinstance(answer, steps.Done)):
            raise errors.Conflict(text="it has begun there but does not end at once, so that nobody would see its end. "
                                       "Run it on the child node itself")
        child.note("step", f"Step {step.interface}.{step.step} ran for parent node {held.node.uuid}")
        child.draft.freeing = True
        child.save()
    finally:
        hold.give_back(child)


def _take(held: task.Task, uuid: str, why: str) -> task.Task:
    """Return the held child; one that is held by somebody else is waited for, as long as a dead one's lease lasts."""
    ticker = held.means.clock
    until = ticker.tick() + held.means.conf.conductor.lease_seconds + PAUSE
    while True:
        try:
            return hold.take(held.means, uuid, held.ctx, why)
        except errors.NodeLocked:
            if ticker.tick() >= until:
                raise
            ticker.sleep(PAUSE)


def _seconds(item: collections.abc.Mapping[str, typing.Any]) -> float:
    value = (item.get("args") or {}).get("seconds", 0)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
