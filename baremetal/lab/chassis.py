"""Commands on the chassis: power, boot options, identify light. What they do to a server is ``machine.py``."""

import operator
import typing

from baremetal.lab import command, machine

NETFN = 0x00
OUT_OF_RANGE, UNSUPPORTED, READ_ONLY = 0xCC, 0x80, 0x82
VALID, PERSISTENT, UEFI = 0x80, 0x40, 0x20
FLAGS_VALID_FOR = 60.0
"""Seconds after which boot flags are void when no chassis command came (IPMI 2.0 table 28-14, parameter 3)."""
KEEP_FLAGS = 0x08

#: by name: a machine of another kind has its own way to do them
CONTROLS: dict[int, typing.Callable[[machine.Machine], None]] = {
    0: operator.methodcaller("switch_off"),
    1: operator.methodcaller("switch_on"),
    2: operator.methodcaller("cycle"),
    3: operator.methodcaller("reset"),
    4: operator.methodcaller("interrupt"),
    5: operator.methodcaller("press_button"),
}
DEVICES = {1: "pxe", 2: "disk", 3: "safe", 4: "diagnostic", 5: "cdrom", 6: "bios", 15: "floppy"}
CODES = {name: code for code, name in DEVICES.items()}
LIGHTS = {"off": 0x00, "blinking": 0x10, "on": 0x20}
IDENTIFY_KNOWN = 0x40
BLINK = 15


class BootOptions:
    """The boot parameters of one BMC."""

    #: parameters that are stored and given back, without meaning here -> how long they are
    PLAIN: typing.ClassVar[dict[int, int]] = {0: 1, 1: 1, 2: 1, 3: 1, 4: 2, 6: 9, 7: 17}

    def __init__(self, bmc: typing.Any) -> None:
        self._bmc = bmc
        self._plain = {number: bytes(length) for number, length in self.PLAIN.items()}
        self._void: typing.Any = None

    def read(self, number: int) -> bytes:
        """Return a parameter as it is on the wire."""
        if number == 5:
            boot = self._bmc.machine.override
            if boot is None:
                return bytes(5)
            flags = VALID | PERSISTENT * boot.persistent | UEFI * (boot.mode == "uefi")
            return bytes((flags, CODES[boot.device] << 2, 0, 0, 0))
        if number not in self._plain:
            raise command.Refused(UNSUPPORTED)
        return self._plain[number]

    def write(self, number: int, data: bytes) -> None:
        """Set a parameter."""
        if number == 5:
            self._flags(data)
        elif number in self._plain:
            self._plain[number] = data
        else:
            raise command.Refused(UNSUPPORTED)

    def used(self) -> None:
        """Take note of a chassis command: flags that were set before it stay."""
        if self._void is not None:
            self._void.cancel()
            self._void = None

    def _flags(self, data: bytes) -> None:
        flags, code = data[0], data[1] >> 2 & 15
        self.used()
        if not flags & VALID or not code:
            self._bmc.machine.set_boot(None)
            return
        if code not in DEVICES:
            raise command.Refused(OUT_OF_RANGE)
        self._bmc.machine.set_boot(machine.Boot(DEVICES[code], bool(flags & PERSISTENT),
                                                "uefi" if flags & UEFI else "bios"))
        if not self._plain[3][:1] or not self._plain[3][0] & KEEP_FLAGS:
            self._void = self._bmc.later(FLAGS_VALID_FOR, lambda: self._bmc.machine.set_boot(None))


def _capabilities(bmc: typing.Any, data: bytes) -> bytes:
    return bytes((0, 0x20, 0x20, 0x20, 0x20))


def _status(bmc: typing.Any, data: bytes) -> bytes:
    policy, by_command = 0x20, 0x10
    on = bmc.power() == "on"
    told = bytes((policy | on, by_command if bmc.machine.boots else 0, IDENTIFY_KNOWN | LIGHTS[bmc.machine.light]))
    for fault in bmc.faults:
        told = fault.status(told)
    return told


def _control(bmc: typing.Any, data: bytes) -> None:
    work = CONTROLS.get(data[0] & 15)
    if work is None:
        raise command.Refused(OUT_OF_RANGE)
    bmc.boot.used()
    work(bmc.machine)


def _identify(bmc: typing.Any, data: bytes) -> None:
    seconds: float | None = data[0] if data else BLINK
    if len(data) > 1 and data[1] & 1:
        seconds = None
    bmc.machine.shine(seconds)


def _restart_cause(bmc: typing.Any, data: bytes) -> bytes:
    return bytes((1, 1))   # by a chassis control command, on channel 1


def _set_boot(bmc: typing.Any, data: bytes) -> None:
    bmc.boot.write(data[0] & 0x7F, data[1:])


def _get_boot(bmc: typing.Any, data: bytes) -> bytes:
    number = data[0] & 0x7F
    return bytes((1, number)) + bmc.boot.read(number)


COMMANDS = {
    (NETFN, 0x00): command.Command(_capabilities),
    (NETFN, 0x01): command.Command(_status),
    (NETFN, 0x02): command.Command(_control, command.OPERATOR),
    (NETFN, 0x04): command.Command(_identify, command.OPERATOR),
    (NETFN, 0x07): command.Command(_restart_cause),
    (NETFN, 0x08): command.Command(_set_boot, command.OPERATOR),
    (NETFN, 0x09): command.Command(_get_boot, command.OPERATOR),
}
