"""IPMI power: a command, then asking the BMC until it reports the state; a command taken proves nothing."""

import concurrent.futures
import typing

from baremetal import errors, milestones, states
from baremetal.drivers import power, task
from baremetal.drivers.ipmi import address, management

FROM_WIRE = {"on": states.POWER_ON, "off": states.POWER_OFF}


class Phase(typing.NamedTuple):
    """One command and the state that it is to reach."""

    command: str
    """Which command the BMC is given."""
    reaches: str
    """The state to wait for."""
    option: str
    """The option of section conductor that bounds the waiting."""
    again: bool = False
    """Whether the command is given a second time to a BMC that did not follow the first."""
    every: float = float("inf")
    """Seconds after which it is given again and again: to a system that hears nothing while it boots, pressing the
    button is no state that a BMC keeps. One that shuts down already takes no notice."""


# fmt: off
OFF   = Phase("off",   states.POWER_OFF, "power_state_change_timeout", again=True)
ON    = Phase("on",    states.POWER_ON,  "power_state_change_timeout", again=True)
SOFT  = Phase("soft",  states.POWER_OFF, "soft_power_off_timeout", every=60.0)
RESET = Phase("reset", states.POWER_ON,  "power_state_change_timeout")

#: target: phases one after the other
PHASES = {
    "power on":       (ON,),
    "power off":      (OFF,),
    "soft power off": (SOFT,),
    "rebooting":      (OFF, ON),
    "soft rebooting": (SOFT, ON),
}
# fmt: on
#: for a node that must never be switched off
NEVER_OFF = {"power on": (ON,), "rebooting": (RESET,), "soft rebooting": (RESET,)}

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds between two looks at the power: at first, and at most."""
LATE = 2.0
"""Seconds for which an answer is still taken when the time is over."""


class IpmiPower(power.Power):
    """Switches a server by its BMC."""

    name, serves = "ipmitool", ("ipmi",)
    needs, optional = address.NEEDS, address.OPTIONAL

    def validate(self, task: task.Task) -> None:
        """Check every ipmi key."""
        address.of(task)

    def read(self, task: task.Task) -> str | None:
        """Ask the BMC, which tells what is wrong by the way."""
        return _told(task, task.wires.ipmi.call(address.of(task), "chassis_status"))

    def read_later(self, task: task.Task, pool: concurrent.futures.Executor) -> "concurrent.futures.Future[str | None]":
        """Ask the BMC through the client's own thread; ``pool`` is not needed."""
        answer: concurrent.futures.Future[str | None] = concurrent.futures.Future()

        def arrived(asked: "concurrent.futures.Future[dict[str, typing.Any]]") -> None:
            if not answer.set_running_or_notify_cancel():
                return
            fault = asked.exception()
            if fault is not None:
                answer.set_exception(fault)
            else:
                answer.set_result(_told(task, asked.result()))

        task.wires.ipmi.submit(address.of(task), "chassis_status").add_done_callback(arrived)
        return answer

    def set(self, task: task.Task, target: str, timeout: float | None = None) -> None:
        """Go through the phases of ``target``; ``timeout`` bounds each of them."""
        table = NEVER_OFF if task.node.disable_power_off else PHASES
        if target not in table:
            raise errors.BadField(field="target", value=target, wanted=f"Possible for this node: {', '.join(table)}.")
        phases = table[target]
        where = address.of(task)
        if len(phases) > 1 and self.read(task) == states.POWER_OFF:
            phases = phases[1:]   # there are BMCs that take "off" amiss when it is off
        for phase in phases:
            if phase.reaches == states.POWER_ON:
                management.renew_boot_device(task)
            seconds = timeout or task.conf.conductor[phase.option]
            _Change(task, where, phase, seconds).make()


def _told(task: task.Task, status: dict[str, typing.Any]) -> str:
    """Return the power of a chassis status, and note how well the server is."""
    task.health, task.ailments = management.health(status["faults"]), tuple(status["faults"])
    return FROM_WIRE[status["power"]]


class _Change:
    """One phase while it runs: give the command, look until it is so, say what was seen if it does not become so."""

    def __init__(self, task: task.Task, where: typing.Any, phase: Phase, seconds: float) -> None:
        self._task, self._where, self._phase, self._seconds = task, where, phase, seconds
        self._began = task.clock.tick()
        self._seen: str | None = None
        self._fault: errors.BmcFault | None = None

    @property
    def _left(self) -> float:
        return self._seconds - (self._task.clock.tick() - self._began)

    @property
    def _repeats(self) -> bool:
        return self._phase.again or self._phase.every < float("inf")

    def make(self) -> None:
        """Reach the state, or raise PowerFailed with what was seen, or the BMC's fault when nothing was."""
        self._command()
        pause, due = FIRST_PAUSE, min(self._seconds / 3, self._phase.every) if self._repeats else float("inf")
        while not self._reached():
            if self._left <= 0:
                raise self._failed()
            if self._seconds - self._left > due:
                due += self._phase.every
                self._task.milestone(milestones.REPEATED, command=self._phase.command, seen=self._seen)
                self._command()
            self._task.clock.sleep(min(pause, max(self._left, 0)))
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _command(self) -> None:
        """Give the command; a BMC that did not answer in time may have followed it all the same."""
        try:
            self._ask("power_set", state=self._phase.command)
        except (errors.BmcTimeout, errors.BmcGarbage) as fault:
            self._fault = fault

    def _reached(self) -> bool:
        """Return whether the BMC reports the state; a fault that may pass counts as "not yet"."""
        try:
            self._seen = FROM_WIRE[self._ask("power_read")]
        except errors.BmcFault as fault:
            if not fault.transient:
                raise
            self._fault = fault
            return False
        return self._seen == self._phase.reaches

    def _ask(self, operation: str, **args: typing.Any) -> typing.Any:
        """Ask for no longer than there is time; the client's own verdict may come a little later."""
        return self._task.wires.ipmi.call(self._where, operation, within=max(self._left, 0) + LATE, **args)

    def _failed(self) -> errors.Fault:
        if self._seen is None and self._fault is not None:
            return self._fault
        why = (f"{self._seconds:g} s after the command '{self._phase.command}' BMC {self._where.host}:"
               f"{self._where.port} still reports '{self._seen}'.")
        if self._fault is not None:
            why += f" Meanwhile: {self._fault}"
        return errors.PowerFailed(target=self._phase.reaches, node=self._task.node.uuid, why=why)
