"""The simulated server by itself, with time that a test moves."""

import typing

import pytest

from baremetal.lab import fleet, machine

PXE_ONCE = machine.Boot("pxe", persistent=False, mode="uefi")
CD_ALWAYS = machine.Boot("cdrom", persistent=True)


class Time:
    """Calls what was put off when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self._later: list[Call] = []

    def later(self, seconds: float, then: typing.Callable[[], object]) -> "Call":
        """Put a call off."""
        call = Call(self.now + seconds, then)
        self._later.append(call)
        return call

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while due := sorted((call for call in self._later if call.when <= end), key=lambda call: call.when):
            self._later.remove(due[0])
            self.now = due[0].when
            if not due[0].cancelled:
                due[0].then()
        self.now = end


class Call:
    """One call that was put off."""

    def __init__(self, when: float, then: typing.Callable[[], object]) -> None:
        self.when, self.then, self.cancelled = when, then, False

    def cancel(self) -> None:
        """Do not call."""
        self.cancelled = True


@pytest.fixture
def time() -> Time:
    """The time of the machine."""
    return Time()


@pytest.fixture
def server(time: Time) -> machine.Machine:
    """A machine that boots for 10 s, shuts down in 5 s, and is off for 2 s in a cycle."""
    identity = machine.Identity("server-1", fleet.FAMILY, "LAB1")
    return machine.Machine(identity, time.later, machine.Timing(boot=10, soft=5, cycle=2))


M = machine.Machine
#: what is done, seconds that pass after it ... -> phase and boots at the end
COURSES: list[tuple[list[typing.Any], str, int]] = [
    ([], "off", 0),
    ([M.switch_on], "booting", 1),
    ([M.switch_on, 10], "running", 1),
    ([M.switch_on, M.switch_on, 10, M.switch_on], "running", 1),
    ([M.switch_on, 5, M.switch_off, 20], "off", 1),
    ([M.switch_on, 10, M.press_button, 4], "running", 1),
    ([M.switch_on, 10, M.press_button, 5], "off", 1),
    ([M.switch_on, 5, M.press_button, 20], "running", 1),        # what boots does not hear the button
    ([M.press_button, 20], "off", 0),
    ([M.switch_on, 10, M.cycle], "off", 1),
    ([M.switch_on, 10, M.cycle, 2], "booting", 2),
    ([M.cycle, 12], "running", 1),
    ([M.switch_on, 10, M.cycle, M.switch_off, 20], "off", 1),    # the later command wins
    ([M.switch_on, 10, M.press_button, 1, M.reset, 10], "running", 2),
    ([M.reset, 10], "off", 0),
    ([M.switch_on, 5, M.reset, 6], "booting", 2),
]


@pytest.mark.parametrize(("course", "phase", "boots"), COURSES)
def test_course(server: machine.Machine, time: Time, course: list[typing.Any], phase: str, boots: int) -> None:
    for step in course:
        step(server) if callable(step) else time.pass_by(step)
    assert (server.phase, server.boots) == (phase, boots)
    assert server.power == ("off" if phase == "off" else "on")


#: override -> booted from at the first and at the second boot
BOOTS = [(None, "disk", "disk"), (PXE_ONCE, "pxe", "disk"), (CD_ALWAYS, "cdrom", "cdrom")]


@pytest.mark.parametrize(("override", "first", "second"), BOOTS)
def test_boot_device(server: machine.Machine, override: machine.Boot | None, first: str, second: str) -> None:
    server.set_boot(override)
    server.switch_on()
    assert server.booted is not None and server.booted.device == first
    server.reset()
    assert server.booted.device == second


def test_events_are_told_in_order(server: machine.Machine, time: Time) -> None:
    told: list[str] = []
    server.listen(lambda _, event: told.append(event))
    server.switch_on()
    time.pass_by(10)
    server.reset()
    server.interrupt()
    server.cycle()
    time.pass_by(2)
    server.interrupt()
    server.switch_off()
    server.interrupt()
    assert told == ["on", "boot", "running", "reset", "boot", "nmi", "off", "on", "boot", "nmi", "off"]
    assert set(told) == set(machine.Machine.EVENTS)


def test_light(server: machine.Machine, time: Time) -> None:
    for seconds, light, after in ((None, "on", "on"), (0, "off", "off"), (15, "blinking", "off")):
        server.shine(seconds)
        assert server.light == light
        time.pass_by(20)
        assert server.light == after
    server.shine(15)
    server.shine(None)
    time.pass_by(20)
    assert server.light == "on"
