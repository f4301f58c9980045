"""Switching the power of a held node: the one way in which drivers and the conductor do it. No implementation."""

import secrets
import typing

from baremetal import errors, milestones, states
from baremetal.drivers import task

#: targets that need the operating system's help, and its time
SOFT = ("soft rebooting", "soft power off")
#: targets that are reached even when the server is in their end state already
RESTARTS = ("rebooting", "soft rebooting")

#: driver_internal_info keys of an agent, which ends with the power
AGENT_KEYS = ("agent_url", "agent_secret_token", "agent_verify_ca", "agent_last_heartbeat")
#: set where the token was built into the ramdisk, so that it outlives a restart
LASTING_TOKEN = "agent_secret_token_pregenerated"
#: driver_internal_info: names the boot whose agent is awaited or runs. What was asked while it had another value was
#: asked by an agent of an earlier boot, whatever has kept it on its way (the API and the conductor know the key, too)
BOOT = "agent_boot"


def change(task: task.Task, target: str, timeout: float | None = None) -> None:
    """Bring a node to a power target, wait until its controller says so, and note it on the node.

    ``target`` is one of ``states.POWER_TARGETS``, ``timeout`` in seconds. Being there already is no fault. An agent
    that ran is forgotten, since it has ended. Raises the power interface's faults.
    """
    wanted = states.POWER_TARGETS[target][0]
    if wanted == states.POWER_OFF:
        require_may_go_off(task.node)
    with task.announced("power_set", to_power=wanted):
        _switch(task, target, wanted, timeout)
        task.node.power_state = wanted


def require_may_go_off(node: typing.Any) -> None:
    """Raise for a node that must never be switched off."""
    if node.disable_power_off:
        raise errors.Conflict(text=f"Node {node.uuid} has disable_power_off set, so it cannot be switched off. Clear "
                                   "that field first, or restart it instead.")


def _switch(task: task.Task, target: str, wanted: str, timeout: float | None) -> None:
    section = task.conf.conductor
    if timeout is None:
        timeout = section.soft_power_off_timeout if target in SOFT else section.power_state_change_timeout
    if target in RESTARTS or task.power.read(task) != wanted:
        forget_agent(task.node)
        if wanted == states.POWER_ON and BOOT in task.node.driver_internal_info:
            # written before the server starts: its agent may be quicker than we are
            expect_agent(task.node)
            task.save()
        task.power.set(task, target, timeout)
        if task.flowing:
            task.milestone(milestones.POWER[wanted], target=target)


def forget_agent(node: typing.Any) -> None:
    """Remove what is known of an agent that has ended, so that nobody can speak in its name."""
    internal = node.driver_internal_info
    for key in AGENT_KEYS:
        if key != "agent_secret_token" or not internal.get(LASTING_TOKEN):
            internal.pop(key, None)


def expect_agent(node: typing.Any) -> None:
    """Note that an agent of a new boot will call; no other one will be taken for it."""
    node.driver_internal_info[BOOT] = secrets.token_hex(8)
