"""A simulated server as it is: power, boot, light. Knows no IPMI; its BMC and its agent listen to it.

Everything happens in the thread of the fleet's loop; time comes from ``later``.
"""

import dataclasses
import typing
import uuid

Later = typing.Callable[[float, typing.Callable[[], object]], typing.Any]
"""Calls a function after so many seconds, and returns something with ``cancel()``."""

DEVICES = ("pxe", "disk", "cdrom", "bios", "safe", "diagnostic", "floppy")
POWERED = ("booting", "running")


@dataclasses.dataclass(frozen=True)
class Boot:
    """From what to boot, and how."""

    device: str = "disk"
    """One of DEVICES."""
    persistent: bool = False
    """Whether it counts for all boots to come, or for the next one."""
    mode: str = "bios"
    """The firmware's way: bios or uefi."""


@dataclasses.dataclass(frozen=True)
class Timing:
    """How long the server takes for what it does, in seconds."""

    boot: float = 0.5
    """From power on until its system runs."""
    soft: float = 0.5
    """From the press of the power button until the running system has shut down."""
    cycle: float = 0.2
    """For which the power stays off in a power cycle."""


@dataclasses.dataclass(frozen=True)
class Identity:
    """What is written on the server."""

    name: str
    """Name in the lab."""
    guid: uuid.UUID
    """What firmware and BMC call it."""
    serial: str
    """Serial number on the sticker."""


class Machine:
    """One server. Listeners are called with it and what happened: a key of EVENTS."""

    EVENTS: typing.ClassVar[dict[str, str]] = {
        "on": "the power came on",
        "off": "the power went off",
        "reset": "it was reset while the power stayed on",
        "boot": "its firmware begins to boot from ``booted``",
        "running": "its system runs",
        "nmi": "it got a diagnostic interrupt",
    }

    def __init__(self, identity: Identity, later: Later, timing: Timing | None = None) -> None:
        self.identity, self.timing, self._later = identity, timing or Timing(), later
        self.phase = "off"
        self.override: Boot | None = None
        self.booted: Boot | None = None
        self.boots = self.nmis = 0
        self.light = "off"
        self.system: dict[str, typing.Any] = {"what": "unknown"}
        """What runs on it, as who stands before its screen sees it; whoever runs it says so here."""
        self._pending: typing.Any = None
        self._dark: typing.Any = None
        self._listeners: list[typing.Callable[[Machine, str], object]] = []

    @property
    def power(self) -> str:
        """``on`` or ``off``, as it really is."""
        return "on" if self.phase in POWERED else "off"

    def listen(self, listener: typing.Callable[["Machine", str], object]) -> None:
        """Call ``listener`` at each event from now on."""
        self._listeners.append(listener)

    # --- power ---

    def switch_on(self) -> None:
        """Give it power; nothing happens when it has."""
        if self.power == "off":
            self._tell("on")
            self._boot()

    def switch_off(self) -> None:
        """Take the power away at once."""
        self._forget()
        if self.power == "on":
            self.phase = "off"
            self._tell("off")

    def press_button(self) -> None:
        """Ask the running system to shut down; one that does not run yet does not hear it."""
        if self.phase == "running":
            self._soon(self.timing.soft, self.switch_off)

    def cycle(self) -> None:
        """Take the power away and give it back."""
        self.switch_off()
        self._soon(self.timing.cycle, self.switch_on)

    def reset(self) -> None:
        """Begin a new boot with the power on; nothing happens when it is off."""
        if self.power == "on":
            self._tell("reset")
            self._boot()

    def interrupt(self) -> None:
        """Give it a diagnostic interrupt."""
        if self.power == "on":
            self.nmis += 1
            self._tell("nmi")

    # --- boot and light ---

    def set_boot(self, boot: Boot | None) -> None:
        """Override where it boots from; None ends that."""
        self.override = boot

    def shine(self, seconds: float | None) -> None:
        """Light the identify lamp for so long; None: until told otherwise, 0: not any longer."""
        if self._dark is not None:
            self._dark.cancel()
            self._dark = None
        self.light = "on" if seconds is None else "blinking" if seconds else "off"
        if seconds:
            self._dark = self._later(seconds, lambda: self.shine(0))

    def describe(self) -> dict[str, typing.Any]:
        """Return its true state as plain data."""
        def plain(boot: Boot | None) -> dict[str, typing.Any] | None:
            return None if boot is None else dataclasses.asdict(boot)
        return {"name": self.identity.name, "guid": str(self.identity.guid), "power": self.power, "phase": self.phase,
                "override": plain(self.override), "booted": plain(self.booted), "boots": self.boots,
                "nmis": self.nmis, "light": self.light, "system": self.system}

    def _boot(self) -> None:
        """Boot from the override or else the disk; an override for one boot is used up by it."""
        self._forget()
        self.phase, self.boots = "booting", self.boots + 1
        self.booted = self.override or Boot(persistent=True)
        if not self.booted.persistent:
            self.override = None
        self._tell("boot")
        self._soon(self.timing.boot, self._run)

    def _run(self) -> None:
        self.phase = "running"
        self._tell("running")

    def _soon(self, seconds: float, then: typing.Callable[[], object]) -> None:
        self._forget()
        self._pending = self._later(seconds, then)

    def _forget(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None

    def _tell(self, event: str) -> None:
        for listener in tuple(self._listeners):
            listener(self, event)
