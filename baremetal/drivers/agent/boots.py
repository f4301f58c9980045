"""A ramdisk comes up, and goes again: power, network and boot files in the right order. Knows no step."""

import contextlib
import logging
import typing

from baremetal import errors, steps
from baremetal.drivers import switch, task
from baremetal.drivers.agent import address, logs, talk

LOG = logging.getLogger(__name__)

#: why a ramdisk is started: the network that it works on
NETWORKS = {"deploy": "provisioning", "clean": "cleaning", "service": "servicing", "inspect": "inspection",
            "rescue": "rescuing"}
#: driver_internal_info keys of what was done through an agent, besides ``switch.AGENT_KEYS``
TRACES = (switch.BOOT, talk.NOTED, talk.SILENT, "agent_step_rebooting", "agent_writing")
#: seconds between two readings of the power while a server goes off by itself
READING = 0.25
#: seconds that a server has for going off by itself when its disks are flushed, so that nothing is lost by force
FLUSHED = 3.0


def start(task: task.Task, mode: str, parameters: dict[str, str] | None = None, *,
          noted: dict[str, str] | None = None) -> steps.Answer:
    """Boot the ramdisk of ``mode`` and wait until its agent calls back. An agent that ran is gone.

    ``noted`` goes to driver_internal_info with what forgets that one.
    """
    managed = task.conf.agent.manage_agent_boot
    if managed:
        forget(task)
    task.node.driver_internal_info.update(noted or {})
    if not managed:
        return waiting()
    if not task.node.disable_power_off:
        switch.change(task, "power off")
    if mode in ("deploy", "clean", "service"):
        task.network.disconnect(task, "tenant")
    task.network.connect(task, NETWORKS[mode])
    task.boot.prepare_ramdisk(task, {**_parameters(task), **(parameters or {})}, mode)
    switch.expect_agent(task.node)
    switch.change(task, "rebooting" if task.node.disable_power_off else "power on")
    return waiting()


def waiting() -> steps.Wait:
    """Return the waiting for an agent that boots."""
    return steps.Wait(what="the agent's call-back")


def arrived(task: task.Task) -> steps.Answer:
    """Return Done when an agent of this boot has called back, else go on waiting."""
    if not address.known(task):
        return waiting()
    return steps.Done({"agent_version": task.node.driver_internal_info.get("agent_version")})


def leave(task: task.Task, mode: str, *, power_off: bool = True) -> None:
    """Take away what ``start`` made: files, network, power. Safe to run twice, and where nothing was made."""
    with contextlib.suppress(errors.Unsupported):
        task.boot.clean_up_ramdisk(task, mode)
    try:
        if power_off and not task.node.disable_power_off:
            switch.change(task, "power off")
    finally:
        # a controller that does not answer must not keep the rest from being left
        forget(task)
        task.network.disconnect(task, NETWORKS[mode])


def forget(task: task.Task) -> None:
    """Forget an agent that has ended, with all that it was told."""
    internal = task.node.driver_internal_info
    if address.known(task):
        task.wires.agent.forget(address.of(task))
    switch.forget_agent(task.node)
    for key in TRACES:
        internal.pop(key, None)


def end(task: task.Task) -> dict[str, typing.Any]:
    """Switch off a server whose agent has done its work; return facts.

    The agent flushes its disks and goes off by itself. The controller's word counts, and its hard switch when the
    agent does not go: at once after a flush, after all readings that the options grant where that failed.
    """
    if not address.known(task):
        return {}
    section = task.conf.agent
    logs.collect(task, "deploy", logs.ALWAYS)
    flushed = _asked(task, "standby.sync")
    if task.node.disable_power_off:
        _asked(task, "system.lockdown")    # nothing of the agent reaches the tenant's network until the restart
        return {"flushed": flushed, "switched_off_by": "nobody"}
    patience = FLUSHED if flushed else float(
        section.post_deploy_get_power_state_retries * section.post_deploy_get_power_state_retry_interval)
    went = _asked(task, "standby.power_off") and _off_within(task, patience)
    switch.change(task, "power off")
    forget(task)
    return {"flushed": flushed, "switched_off_by": "agent" if went else "controller"}


def _asked(task: task.Task, command: str) -> bool:
    """Return whether the agent did what it was asked; the server ends in any case."""
    try:
        task.wires.agent.call(address.of(task), command, within=None if command == "standby.sync" else 10)
    except errors.AgentFault as fault:
        LOG.info("Node %s: %s", task.node.uuid, fault.text)
        return False
    return True


def _off_within(task: task.Task, seconds: float) -> bool:
    until = task.clock.tick() + seconds
    while task.power.read(task) != "power off":
        if task.clock.tick() >= until:
            return False
        task.clock.sleep(READING)
    return True


def _parameters(task: task.Task) -> dict[str, str]:
    """Return what every agent is told on its kernel line."""
    found = {"ipa-api-url": str(task.conf.api.agents_url)}
    if task.context is not None and task.context.request_id.startswith("req-"):
        found["ipa-global-request-id"] = task.context.request_id
    if task.conf.debug:
        found["ipa-debug"] = "1"
    return found
