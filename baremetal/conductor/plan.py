"""Which steps a verb runs: from the marks of the node's interfaces, what the request says, and their order.

Only plans; refuses what cannot be run before anything has changed.
"""

import collections.abc
import inspect
import typing

from baremetal import errors, steps
from baremetal.conductor import lines, reserved, task
from baremetal.drivers import deploy

Wanted = collections.abc.Sequence[collections.abc.Mapping[str, typing.Any]]


def made(plan: collections.abc.Iterable[steps.Step], enter: str | None = None) -> list[lines.Line]:
    """Return steps as lines of a journal; the first one raises ``enter`` when it begins."""
    found = [lines.Line(step) for step in plan]
    if found:
        found[0].enter = enter
    return found


def known(held: task.Task, kind: str) -> list[steps.Step]:
    """Return every step of ``kind`` that the node's interfaces have, also those that run only when asked for."""
    return [step for implementation in held.interfaces.values() for step in steps.of(implementation, kind)]


def automatic(held: task.Task, kind: str) -> list[steps.Step]:
    """Return the steps of ``kind`` that run without being asked for, in their order."""
    return steps.order([step for step in known(held, kind) if step.priority > 0], kind)


def asked(held: task.Task, kind: str, wanted: Wanted) -> list[steps.Step]:
    """Return the steps that a request names, in its order or by their ``order``; raises ``Invalid``."""
    found = [_one(held, kind, item) for item in wanted]
    if all("order" in item for item in wanted):
        ranked = sorted(zip(wanted, found, strict=True), key=lambda pair: pair[0]["order"])
        found = [step for _item, step in ranked]
    return found


def merged(held: task.Task, kind: str, wanted: Wanted) -> list[steps.Step]:
    """Return the automatic steps with those of the request put in their place or added; priority 0 leaves one out.

    What the deploy interface does by itself when it deploys stays where it is, or is left out.
    """
    found = {(step.interface, step.step): step for step in automatic(held, kind)}
    core = {name for interface, name in found if kind == interface == "deploy"}
    reserved_ones = []
    for item in wanted:
        step = _one(held, kind, item)
        if step.interface == "deploy" and step.step in core and step.priority:
            raise errors.Invalid(text=f"Step deploy.{step.step} is a core step of deploying: it runs by itself and "
                                      "cannot be asked for at another place. Priority 0 leaves it out.")
        if step.step in steps.RESERVED:
            # the same one may stand several times in a plan
            reserved_ones.append(step)
        else:
            found[step.interface, step.step] = step
    return steps.order([step for step in (*found.values(), *reserved_ones) if step.priority > 0], kind)


def call(held: task.Task, interface: str, method: str, *, abortable: bool = True) -> list[steps.Step]:
    """Return a plain method of an interface as a step; none where the deploy interface has nothing to do there."""
    implementation = held.interfaces[interface]
    if interface == "deploy" and getattr(type(implementation), method) is getattr(deploy.Deploy, method):
        return []
    mark = getattr(getattr(implementation, method), "step", steps.Mark({}, {}, abortable, True, None))
    return [steps.Step(interface=interface, step=method, abortable=mark.abortable, repeatable=mark.repeatable,
                       undo=mark.undo)]


def own(method: str) -> steps.Step:
    """Return a method of the verb itself as a step."""
    return steps.Step(interface=lines.VERB, step=method)


def _one(held: task.Task, kind: str, item: collections.abc.Mapping[str, typing.Any]) -> steps.Step:
    """Return one step of a request as it will run; raises ``Invalid`` that names what is wrong."""
    interface, name = item.get("interface", ""), item.get("step", "")
    args, priority = dict(item.get("args") or {}), int(item.get("priority") or 0)
    if item.get("execute_on_child_nodes"):
        raise errors.Invalid(text=f"Step {interface}.{name} asks for 'execute_on_child_nodes', which this release "
                                  "cannot do. Run the step on each child node.")
    if name in steps.RESERVED:
        reserved.check(name, args)
        return steps.Step(interface, name, args, priority, abortable=True)
    if interface not in held.interfaces:
        raise errors.Invalid(text=f"Step {interface}.{name}: there is no interface {interface!r}; "
                                  f"there are {', '.join(sorted(held.interfaces))}.")
    for step in steps.of(held.interfaces[interface], kind):
        if step.step == name:
            _check_args(held, step, args)
            return steps.Step(interface, name, args, priority, step.abortable, step.repeatable, step.undo)
    there = ", ".join(step.step for step in steps.of(held.interfaces[interface], kind)) or "none"
    raise errors.Invalid(text=f"The {interface} interface {held.interfaces[interface].name!r} of node "
                              f"{held.node.uuid} has no {kind} step {name!r}; it has: {there}.")


def _check_args(held: task.Task, step: steps.Step, args: dict[str, typing.Any]) -> None:
    """Raise ``Invalid`` for arguments that a step does not know, and for needed ones that are absent."""
    method = getattr(held.interfaces[step.interface], step.step)
    takes = list(inspect.signature(method).parameters.values())[1:]
    names = [parameter.name for parameter in takes if parameter.kind is not parameter.VAR_KEYWORD]
    unknown = sorted(set(args) - set(names))
    # one that takes anything judges by itself
    if unknown and len(names) == len(takes):
        raise errors.Invalid(text=f"Step {step.interface}.{step.step} does not take the argument {unknown[0]!r}; "
                                  f"it takes: {', '.join(names) or 'none'}.")
    absent = [p.name for p in takes if p.default is p.empty and p.name in names and p.name not in args]
    if absent:
        says = method.step.args.get(absent[0], "")
        raise errors.Invalid(text=f"Step {step.interface}.{step.step} needs the argument {absent[0]!r}. {says}".strip())
