"""Which steps a verb runs: from the marks of the node's interfaces, what the request says, and their order.

Only plans; refuses what cannot be run before anything has changed.
"""

import collections
import collections.abc
import dataclasses
import inspect
import typing

import baremetal.drivers.deploy
import baremetal.drivers.inspect
from baremetal import errors, steps
from baremetal.conductor import children, lines, reserved, task

#: kind of interface: the socket whose plain methods have defaults that do nothing
SOCKETS: dict[str, type] = {"deploy": baremetal.drivers.deploy.Deploy, "inspect": baremetal.drivers.inspect.Inspect}

Wanted = collections.abc.Sequence[collections.abc.Mapping[str, typing.Any]]


def made(plan: collections.abc.Iterable[steps.Step], enter: str | None = None) -> list[lines.Line]:
    """Return steps as lines of a journal; the first one raises ``enter`` when it begins."""
    found = [lines.Line(step) for step in plan]
    if found:
        found[0].enter = enter
    return found


def known(held: task.Task, kind: str) -> list[steps.Step]:
    """Return every step of ``kind`` that interfaces and agent have, also those that run only when asked for.

    A step that both have is the interface's: it knows what the node's driver can do beyond the agent.
    """
    own = [step for implementation in held.interfaces.values() for step in steps.of(implementation, kind)]
    names = {(step.interface, step.step) for step in own}
    return [*own, *(step for step in held.agent_steps or () if (step.interface, step.step) not in names)]


def automatic(held: task.Task, kind: str) -> list[steps.Step]:
    """Return the steps of ``kind`` that run without being asked for, in their order."""
    return steps.order([step for step in known(held, kind) if step.priority > 0], kind)


def asked(held: task.Task, kind: str, wanted: Wanted, *, ramdisk: bool = True) -> list[steps.Step]:
    """Return the steps that a request names, in its order or by their ``order``; raises ``Invalid``.

    Without ``ramdisk`` there will be no agent, so none of its steps can be asked for.
    """
    found = [_one(held, kind, item, agent=ramdisk and held.deploy.grows) for item in wanted]
    if all("order" in item for item in wanted):
        ranked = sorted(zip(wanted, found, strict=True), key=lambda pair: pair[0]["order"])
        found = [step for _item, step in ranked]
    return found


def merged(held: task.Task, kind: str, wanted: Wanted, templates: Wanted = ()) -> list[steps.Step]:
    """Return the automatic steps with those of templates put in their place or added, and with those of the request
    put in the place of both; priority 0 leaves one out.

    What the deploy interface does by itself when it deploys stays where it is, or is left out.
    """
    asked_for = {(item.get("interface"), item.get("step")) for item in wanted}
    wanted = [*wanted, *(item for item in templates if (item.get("interface"), item.get("step")) not in asked_for)]
    found = {(step.interface, step.step): step for step in automatic(held, kind)}
    core = {step.step for step in found.values() if kind == step.interface == "deploy" and not step.by}
    reserved_ones = []
    for item in wanted:
        step = _of_template(held, kind, item, core)
        if step.step in steps.RESERVED:
            # the same one may stand several times in a plan
            reserved_ones.append(step)
        else:
            found[step.interface, step.step] = step
    return _with_agent(steps.order([step for step in (*found.values(), *reserved_ones) if step.priority > 0], kind))


def left(planned: list[lines.Line], flow: lines.Flow) -> list[lines.Line]:
    """Return the lines of a plan that was made anew, without what the flow has begun already."""
    begun = collections.Counter(_key(line) for line in flow.lines if line.state != lines.PLANNED)
    found = []
    for line in planned:
        if begun[_key(line)]:
            # the same step may stand several times in a plan
            begun[_key(line)] -= 1
        else:
            found.append(line)
    return found


def show(held: task.Task, kind: str, planned: collections.abc.Sequence[lines.Line]) -> None:
    """Show a plan on the node."""
    held.node.driver_internal_info[f"{kind}_steps"] = [
        line.step.to_wire() for line in planned if line.step.interface != lines.VERB]


def call(held: task.Task, interface: str, method: str, *, abortable: bool = True) -> list[steps.Step]:
    """Return a plain method of an interface as a step; none where the interface has nothing to do there."""
    implementation = held.interfaces[interface]
    if not does(implementation, method):
        return []
    mark = getattr(getattr(implementation, method), "step", steps.Mark({}, {}, abortable, True, None))
    return [steps.Step(interface=interface, step=method, abortable=mark.abortable, repeatable=mark.repeatable,
                       undo=mark.undo, learns=mark.learns)]


def does(implementation: typing.Any, method: str) -> bool:
    """Return whether an implementation has a method of its own where its socket's does nothing."""
    own = getattr(type(implementation), method, None)
    return own is not None and own is not getattr(SOCKETS.get(implementation.kind), method, None)


def own(method: str) -> steps.Step:
    """Return a method of the verb itself as a step."""
    return steps.Step(interface=lines.VERB, step=method)


def _key(line: lines.Line) -> tuple[str, str]:
    return line.step.interface, line.step.step


def _with_agent(planned: list[steps.Step]) -> list[steps.Step]:
    """Return a plan in which no step of the agent comes before the one that boots it, whatever the priorities say."""
    boot = next((number for number, step in enumerate(planned) if step.learns), None)
    early = [step for step in planned[:boot] if step.by == steps.AGENT] if boot else []
    if boot is None or not early:
        return planned
    return [*(step for step in planned[:boot] if step not in early), planned[boot], *early, *planned[boot + 1:]]


def _one(held: task.Task, kind: str, item: collections.abc.Mapping[str, typing.Any], *, agent: bool) -> steps.Step:
    """Return one step of a request as it will run; raises ``Invalid`` that names what is wrong.

    Where an ``agent`` will come whose steps nobody knows yet, what no interface has may be the agent's.
    """
    interface, name = item.get("interface", ""), item.get("step", "")
    args, priority = dict(item.get("args") or {}), int(item.get("priority") or 0)
    if item.get("execute_on_child_nodes"):
        plain = {key: value for key, value in item.items() if key != "execute_on_child_nodes"}
        return children.planned(held, item, lambda child: _one(child, kind, plain, agent=False))
    if name in steps.RESERVED:
        reserved.check(held, name, args)
        return steps.Step(interface, name, args, priority, abortable=True)
    if interface not in held.interfaces:
        raise errors.Invalid(text=f"Step {interface}.{name}: there is no interface {interface!r}; "
                                  f"there are {', '.join(sorted(held.interfaces))}.")
    for step in known(held, kind):
        if (step.interface, step.step) == (interface, name):
            if not step.by:
                _check_args(held, step, args)
            return _told(held, kind, dataclasses.replace(step, args=args, priority=priority))
    if agent and held.agent_steps is None:
        return _told(held, kind, steps.Step(interface, name, args, priority, by=steps.AGENT))
    raise errors.Invalid(text=_unknown_step(held, kind, interface, name))


def _of_template(held: task.Task, kind: str, item: collections.abc.Mapping[str, typing.Any],
                 core: set[str]) -> steps.Step:
    """Return one step of a request or a template; the fault names the template. Core steps stay where they are."""
    try:
        step = _one(held, kind, item, agent=held.deploy.grows)
        if step.interface == "deploy" and step.step in core and step.priority:
            raise errors.Invalid(text=f"Step deploy.{step.step} is a core step of deploying: it runs by itself and "
                                      "cannot be asked for at another place. Priority 0 leaves it out.")
    except errors.Invalid as fault:
        if "template" not in item:
            raise
        raise errors.Invalid(text=f"Deploy template {item['template']}: {fault.text}") from fault
    return step


def _told(held: task.Task, kind: str, step: steps.Step) -> steps.Step:
    """Return a step; the agent's are refused now where their interface will not hand them over."""
    if step.by == steps.AGENT:
        held.interfaces[step.interface].tell_agent(held, kind, step)
    return step


def _unknown_step(held: task.Task, kind: str, interface: str, name: str) -> str:
    """Return the sentence for a step that nobody has."""
    here = [step for step in known(held, kind) if step.interface == interface]
    there = ", ".join(step.step for step in here if not step.by) or "none"
    text = (f"The {interface} interface {held.interfaces[interface].name!r} of node {held.node.uuid} has no {kind} "
            f"step {name!r}; it has: {there}.")
    if held.agent_steps is not None:
        text += f" The agent in the ramdisk has: {', '.join(step.step for step in here if step.by) or 'none'}."
    return text


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
