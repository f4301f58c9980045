"""The steps that an agent brings: asked for, told to the engine, executed. Boots nothing.

Agents say which version each of their hardware managers has; who executes a step says it back, so that an agent that
changed meanwhile is noticed and asked anew.
"""

import typing

from baremetal import states, steps
from baremetal.clients.agent import answers
from baremetal.drivers import interface, task
from baremetal.drivers.agent import boots, talk, told

VERSIONS = "hardware_manager_version"
#: driver_internal_info: the step after which the server restarts, while it does
RESTARTING = "agent_step_rebooting"
#: step that was sent once more, since the agent's version had changed
MISMATCHED = "agent_step_mismatched"

#: kind: (interface, step): option of section deploy that says its priority
# fmt: off
PRIORITIES = {"clean": {
    ("deploy", "erase_devices"):          "erase_devices_priority",
    ("deploy", "erase_devices_metadata"): "erase_devices_metadata_priority",
    ("raid", "delete_configuration"):     "delete_configuration_priority",
    ("raid", "create_configuration"):     "create_configuration_priority",
}}
# fmt: on

Row = dict[str, typing.Any]


def learn(task: task.Task, kind: str) -> list[steps.Step]:
    """Ask the agent for its steps of ``kind``, keep what it said on the node, and return them."""
    found = talk.call(task, f"{kind}.get_{kind}_steps", {"node": told.node(task), "ports": told.ports(task)})
    by_manager = found.get(f"{kind}_steps") if isinstance(found, dict) else None
    if not isinstance(by_manager, dict) or not all(isinstance(rows, list) for rows in by_manager.values()):
        raise talk.failed(f"deploy.get_{kind}_steps", f"the agent's answer has no {kind}_steps by hardware manager")
    rows = _chosen(task, kind, by_manager)
    internal = task.node.driver_internal_info
    internal[VERSIONS] = found.get(VERSIONS) or {}
    cached: dict[str, list[Row]] = {}
    for row in rows:
        cached.setdefault(row["interface"], []).append(row)
    internal[f"agent_cached_{kind}_steps"] = cached
    return [_step(kind, row) for row in rows]


def has(task: task.Task, kind: str, interface: str, step: str) -> bool:
    """Return whether the agent told of a step."""
    return _row(task, kind, interface, step) is not None


def execute(task: task.Task, kind: str, step: steps.Step) -> steps.Answer:
    """Let the agent begin a step, unless it has already; wait for its end. Safe to run twice."""
    internal, about = task.node.driver_internal_info, _about(step)
    if internal.get(RESTARTING) == about:
        return boots.arrived(task)    # it has ended, and the server restarts
    return talk.begin(task, about, command(kind), parameters(task, kind, step))


def command(kind: str) -> str:
    """Return the agent's command for steps of a kind."""
    return f"{kind}.execute_{kind}_step"


def parameters(task: task.Task, kind: str, step: steps.Step) -> dict[str, typing.Any]:
    """Return what the agent is told with a step."""
    row = _row(task, kind, step.interface, step.step) or {}
    args, instead = _owner(task, step).tell_agent(task, kind, step)
    sent = {**row, "interface": step.interface, "step": step.step, "priority": step.priority, "args": args}
    return {"step": sent, "node": {**told.node(task, configdrive=kind == "deploy"), **instead},
            "ports": told.ports(task),
            f"{kind}_version": task.node.driver_internal_info.get(VERSIONS) or {}}


def ready(task: task.Task, kind: str, step: steps.Step) -> bool:
    """Return whether a step has ended, and the server is back where it restarted."""
    if task.node.driver_internal_info.get(RESTARTING) == _about(step):
        return bool(task.node.driver_internal_info.get("agent_url"))
    return talk.ready(task)


def resume(task: task.Task, kind: str, step: steps.Step) -> steps.Answer:
    """Return how a step ended; restart the server where the step asks for it. Raises StepFailed."""
    internal, about = task.node.driver_internal_info, _about(step)
    if internal.get(RESTARTING) == about:
        answer = boots.arrived(task)
        if isinstance(answer, steps.Done):
            del internal[RESTARTING]
        elif task.power.read(task) == states.POWER_OFF:
            return _restart(task, kind, about)      # who wanted to died before it was switched on
        return answer
    found = talk.ended(task, about)
    if found is None:
        return talk.wait(task, about)
    if found["command_status"] == answers.MISMATCH:
        return _again(task, kind, step)
    internal.pop(MISMATCHED, None)
    _owner(task, step).agent_ended(task, kind, step, _result(kind, found))
    if (_row(task, kind, step.interface, step.step) or {}).get("reboot_requested"):
        return _restart(task, kind, about)
    return steps.Done({"by": "agent", **_said(kind, found)})


def _restart(task: task.Task, kind: str, about: str) -> steps.Answer:
    """Boot the ramdisk anew after a step; that it is for this is written before the server starts."""
    return boots.start(task, kind, noted={RESTARTING: about})


def anew(task: task.Task, kind: str, about: str) -> None:
    """Ask an agent again whose hardware managers are others than when it told of them; StepFailed the second time."""
    internal = task.node.driver_internal_info
    if internal.get(MISMATCHED) == about:
        raise talk.failed(about, "the agent says again that its hardware managers changed since it told of its steps")
    learn(task, kind)
    internal[MISMATCHED] = about


def _again(task: task.Task, kind: str, step: steps.Step) -> steps.Answer:
    """Send a step once more to an agent that had changed."""
    about = _about(step)
    anew(task, kind, about)
    if not has(task, kind, step.interface, step.step):
        raise talk.failed(about, "the agent's hardware managers changed, and none of them has this step any more")
    return talk.begin(task, about, command(kind), parameters(task, kind, step))


def _chosen(task: task.Task, kind: str, by_manager: dict[str, list[Row]]) -> list[Row]:
    """Return each step once: of the manager that gives it the higher priority, then by the manager's name."""
    found: dict[tuple[str, str], Row] = {}
    for manager in sorted(by_manager):
        for row in by_manager[manager]:
            if not isinstance(row, dict) or not isinstance(row.get("step"), str) or not row.get("interface"):
                raise talk.failed(f"deploy.get_{kind}_steps", f"{manager} told of a step without step or interface")
            row = {**row, "priority": _priority(task, kind, row)}
            kept = found.get((row["interface"], row["step"]))
            if kept is None or row["priority"] > kept["priority"]:
                found[row["interface"], row["step"]] = row
    return [found[key] for key in sorted(found)]


def _priority(task: task.Task, kind: str, row: Row) -> int:
    """Return a step's priority; an option's wins over the agent's. What the node does not have is done on demand."""
    owner = task.interfaces.get(row["interface"])
    if owner is not None and not owner.automatic:
        return 0
    option = PRIORITIES.get(kind, {}).get((row["interface"], row["step"]))
    if option is not None and task.conf.deploy[option] is not None:
        return int(task.conf.deploy[option])
    try:
        return max(int(row.get("priority") or 0), 0)
    except (TypeError, ValueError):
        raise talk.failed(f"deploy.get_{kind}_steps", f"{row['step']} has priority {row['priority']!r}") from None


def _step(kind: str, row: Row) -> steps.Step:
    return steps.Step(interface=str(row["interface"]), step=row["step"], priority=row["priority"],
                      abortable=bool(row.get("abortable")), by=steps.AGENT)


def _row(task: task.Task, kind: str, interface: str, step: str) -> Row | None:
    cached = task.node.driver_internal_info.get(f"agent_cached_{kind}_steps") or {}
    return next((row for row in cached.get(interface, ()) if row["step"] == step), None)


def _about(step: steps.Step) -> str:
    return f"{step.interface}.{step.step}"


def _said(kind: str, found: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """Return a short result of a step for the timeline."""
    said = _result(kind, found)
    return {"result": str(said)[:500]} if said not in (None, "", {}, []) else {}


def _result(kind: str, found: dict[str, typing.Any]) -> typing.Any:
    """Return what a step returned."""
    result = found.get("command_result")
    return result.get(f"{kind}_result") if isinstance(result, dict) else None


def _owner(task: task.Task, step: steps.Step) -> interface.Interface:
    """Return the interface whose step it is; of one that nodes do not have, the deploy interface."""
    return task.interfaces.get(step.interface) or task.deploy
