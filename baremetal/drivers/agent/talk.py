"""Commands of a node's agent: begun once, watched, ended. Knows no particular command.

Before a command is sent the agent's list is read. A command that is there although nothing was noted is ours: the
conductor that sent it died before it could write that down. So no crash lets an image be written twice.
"""

import datetime
import typing

from baremetal import errors, milestones, steps
from baremetal.clients.agent import answers
from baremetal.drivers import task
from baremetal.drivers.agent import address, logs

#: driver_internal_info: the command that runs, or ended last: id, about, since, host, ended
NOTED = "agent_command"
#: driver_internal_info: since when the agent does not answer
SILENT = "agent_silent_since"
#: seconds for which an agent that does a command may not answer, beyond the watcher's own patience
PATIENCE = 60.0
#: seconds for which an agent may not answer when another one seems to run in its place
LIVES_WITHIN = 10.0
#: how often a command is sent to an agent that is busy, and the pause
BUSY_TRIES, BUSY_PAUSE = 5, 1.0

Result = dict[str, typing.Any]
Params = dict[str, typing.Any]


def call(task: task.Task, command: str, params: Params | None = None) -> typing.Any:
    """Let the agent do something that is over at once; return its command_result. Raises faults of agents."""
    return task.wires.agent.call(address.of(task), command, params or {})["command_result"]


def begin(task: task.Task, about: str, command: str, params: Params) -> steps.Wait:
    """Let the agent begin ``command`` for step ``about``, unless it has already, and wait for its end."""
    where, noted = address.of(task), task.node.driver_internal_info.get(NOTED) or {}
    found = _there(task.wires.agent.results(where), noted, about, command, params)
    if found is None:
        found = _send(task, command, params)
        task.milestone(milestones.COMMAND, command=about)
    if noted.get("id") != found["id"]:
        task.node.driver_internal_info[NOTED] = {"id": found["id"], "about": about, "host": task.conf.host,
                                                 "since": task.clock.now().isoformat(), "ended": False}
    task.node.driver_internal_info.pop(SILENT, None)
    return wait(task, about)


def wait(task: task.Task, about: str) -> steps.Wait:
    """Return the waiting for the command that was begun."""
    ident = task.node.driver_internal_info[NOTED]["id"]
    return steps.Wait(what=f"the end of {about}", until=task.wires.agent.watch(address.of(task), ident))


def ready(task: task.Task) -> bool:
    """Return whether the command has ended, or never will; holds nothing and changes nothing."""
    noted = task.node.driver_internal_info.get(NOTED)
    if noted is None or not address.known(task):
        return True
    try:
        found = _find(task.wires.agent.results(address.of(task), within=task.conf.agent.command_timeout), noted["id"])
    except errors.AgentUnreachable:
        return False
    except errors.AgentFault:
        return True
    return found is None or found["command_status"] != answers.RUNNING


def lives(task: task.Task) -> bool:
    """Return whether the agent that called back answers, to our token; where none has called nobody can say no."""
    if not address.known(task):
        return True
    try:
        task.wires.agent.results(address.of(task), within=min(LIVES_WITHIN, task.conf.agent.command_timeout))
    except errors.AgentFault:
        return False
    return True


def ended(task: task.Task, about: str) -> Result | None:
    """Return the result of the command that was begun for ``about``, None while it runs.

    Raises StepFailed where it failed, or where the agent is gone; its logs are kept before.
    """
    internal = task.node.driver_internal_info
    noted = internal.get(NOTED)
    if noted is None or not address.known(task):
        raise failed(about, "the agent is gone, with what it was told: the server was switched off or restarted")
    where = address.of(task)
    try:
        # who watched it has heard its end; the agent need not say it again
        found = task.wires.agent.heard(where, noted["id"]) or _find(task.wires.agent.results(where), noted["id"])
    except errors.AgentUnreachable as fault:
        if _silent(task) < PATIENCE:
            return None
        raise failed(about, f"{fault.text} It was silent for too long") from fault
    except errors.AgentFault as fault:
        raise failed(about, fault.text) from fault
    internal.pop(SILENT, None)
    if found is None:
        raise failed(about, "the agent does not know the command any more, so it has restarted meanwhile")
    if found["command_status"] == answers.RUNNING:
        return None
    internal[NOTED] = {**noted, "ended": True}
    seconds = (task.clock.now() - datetime.datetime.fromisoformat(noted["since"])).total_seconds()
    task.milestone(milestones.COMMANDED, command=about, seconds=round(seconds, 1))
    if found["command_status"] == answers.FAILED:
        logs.collect(task, about.replace(".", "-"), logs.ON_FAILURE)
        raise failed(about, answers.failure(found))
    return found


def failed(about: str, why: str) -> errors.StepFailed:
    """Return the fault that says that step ``about`` failed."""
    interface, _, step = about.partition(".")
    return errors.StepFailed(interface=interface, step=step, why=why)


def elsewhere(task: task.Task) -> bool:
    """Return whether another conductor sent the last command."""
    noted = task.node.driver_internal_info.get(NOTED) or {}
    return bool(noted.get("host", task.conf.host) != task.conf.host)


def over(task: task.Task) -> bool:
    """Return whether the last command has ended, well or not."""
    return bool((task.node.driver_internal_info.get(NOTED) or {}).get("ended")) and address.known(task)


def _send(task: task.Task, command: str, params: Params) -> Result:
    """Send a command that takes its time; one that is refused as busy is sent again."""
    for attempt in range(BUSY_TRIES):
        try:
            return task.wires.agent.call(address.of(task), command, params, check=False)
        except errors.AgentBusy:
            if attempt + 1 == BUSY_TRIES:
                raise
            task.clock.sleep(BUSY_PAUSE)
    raise AssertionError("there is at least one try")


def _there(results: list[Result], noted: Params, about: str, command: str, params: Params) -> Result | None:
    """Return the command where the agent has it already."""
    if noted.get("about") == about and not noted.get("ended"):
        known = _find(results, noted["id"])
        if known is not None:
            return known
    names = [found["id"] for found in results]
    later = results[names.index(noted["id"]) + 1:] if noted.get("id") in names else results
    return next((found for found in reversed(later) if found.get("command_name") == command.rpartition(".")[2]
                 and _same_step(found, params)), None)


def _same_step(found: Result, params: Params) -> bool:
    """Return whether a result is of the step that ``params`` tell; one that runs says nothing, and is the last."""
    result, wanted = found.get("command_result"), params.get("step")
    if wanted is None or not isinstance(result, dict):
        return True
    done = next((value for key, value in result.items() if key.endswith("_step")), None)
    return not isinstance(done, dict) or all(done.get(key) == wanted[key] for key in ("interface", "step"))


def _find(results: list[Result], ident: str) -> Result | None:
    return next((found for found in results if found["id"] == ident), None)


def _silent(task: task.Task) -> float:
    """Return for how many seconds the agent has been silent; the first time it is noted."""
    now = task.clock.now()
    since = task.node.driver_internal_info.setdefault(SILENT, now.isoformat())
    return (now - datetime.datetime.fromisoformat(since)).total_seconds()
