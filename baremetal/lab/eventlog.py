"""The BMC's system event log: entries as the machine goes on and off and boots, and the commands that read it."""

import datetime
import struct
import typing

from baremetal import clock
from baremetal.lab import command, machine

NETFN = 0x0A
CAPACITY = 512
VERSION, CAN_RESERVE = 0x51, 0x02
NOT_THERE, CANCELLED, NO_SPACE, OUT_OF_RANGE = 0xCB, 0xC5, 0xC4, 0xCC
STANDARD, FORMAT, SENSOR_SPECIFIC = 0x02, 0x04, 0x6F
GENERATOR = 0x0020
FIRST, LAST = 0x0000, 0xFFFF
RESERVED_WORD, INITIATE, DONE = b"CLR", 0xAA, 1

ACPI_STATE, SYSTEM_BOOT, OS_BOOT, INTERRUPT = 0x22, 0x1D, 0x1F, 0x13
SENSOR_NUMBERS = {ACPI_STATE: 0x71, SYSTEM_BOOT: 0x72, OS_BOOT: 0x73, INTERRUPT: 0x74}
#: event of the machine -> sensor type and offset of the entry (IPMI 2.0 table 42-3)
EVENTS = {
    "on": (ACPI_STATE, 0),          # S0, working
    "off": (ACPI_STATE, 6),         # soft off
    "boot": (SYSTEM_BOOT, 0),       # initiated by power up
    "reset": (SYSTEM_BOOT, 1),      # initiated by hard reset
    "nmi": (INTERRUPT, 0),          # diagnostic interrupt
}
#: where it has booted from -> offset of the "OS boot" entry
BOOTED = {"disk": 1, "pxe": 2, "diagnostic": 3, "cdrom": 4}
BOOTED_ELSEWHERE = 6


def _seconds() -> int:
    return int(clock.REAL.now().replace(tzinfo=datetime.UTC).timestamp())


class Log:
    """The entries of one BMC, oldest first."""

    def __init__(self, watched: machine.Machine) -> None:
        self.entries: dict[int, bytes] = {}
        self.added = self.erased = self._shift = 0
        self._number, self.reservation = 0, 0
        watched.listen(self._happened)

    def now(self) -> int:
        """Return the BMC's idea of the time, in seconds since 1970."""
        return _seconds() + self._shift

    def set_clock(self, seconds: int) -> None:
        """Set the BMC's idea of the time."""
        self._shift = seconds - _seconds()

    def add(self, kind: int, offset: int) -> None:
        """Write an entry of a sensor type; the oldest of a full log stay, as the specification wants."""
        self.store(struct.pack("<HBIHBBBB3B", 0, STANDARD, self.now(), GENERATOR, FORMAT, kind,
                               SENSOR_NUMBERS[kind], SENSOR_SPECIFIC, offset, 0xFF, 0xFF))

    def store(self, record: bytes) -> int:
        """Write a record under the next number, and return that."""
        if len(self.entries) >= CAPACITY:
            return 0
        self._number = self._number % 0xFFFE + 1
        self.entries[self._number] = struct.pack("<H", self._number) + record[2:16]
        self.added, self.reservation = self.now(), 0
        return self._number

    def clear(self) -> None:
        """Remove all entries."""
        self.entries.clear()
        self.erased, self.reservation = self.now(), 0

    def reserve(self) -> int:
        """Return a reservation, which the next entry cancels."""
        self.reservation = (self._number & 0x7FFF) + 1
        return self.reservation

    def _happened(self, changed: machine.Machine, event: str) -> None:
        if event == "running" and changed.booted is not None:
            self.add(OS_BOOT, BOOTED.get(changed.booted.device, BOOTED_ELSEWHERE))
        elif event in EVENTS:
            self.add(*EVENTS[event])


def _info(bmc: typing.Any, data: bytes) -> bytes:
    log = bmc.log
    return struct.pack("<BHHIIB", VERSION, len(log.entries), (CAPACITY - len(log.entries)) * 16,
                       log.added or 0xFFFFFFFF, log.erased or 0xFFFFFFFF, CAN_RESERVE)


def _reserve(bmc: typing.Any, data: bytes) -> bytes:
    return struct.pack("<H", bmc.log.reserve())


def _read(bmc: typing.Any, data: bytes) -> bytes:
    reservation, number, offset, count = int.from_bytes(data[0:2], "little"), int.from_bytes(data[2:4], "little"), \
        data[4], data[5]
    entries = bmc.log.entries
    if reservation and reservation != bmc.log.reservation:
        raise command.Refused(CANCELLED)
    if not entries:
        raise command.Refused(NOT_THERE)
    number = {FIRST: next(iter(entries)), LAST: next(reversed(entries))}.get(number, number)
    if number not in entries:
        raise command.Refused(NOT_THERE)
    following = next((later for later in entries if later > number), LAST)
    return struct.pack("<H", following) + entries[number][offset:offset + count]


def _add(bmc: typing.Any, data: bytes) -> bytes:
    if len(data) != 16:
        raise command.Refused(OUT_OF_RANGE)
    number = bmc.log.store(data)
    if not number:
        raise command.Refused(NO_SPACE)
    return struct.pack("<H", number)


def _clear(bmc: typing.Any, data: bytes) -> bytes:
    if data[2:5] != RESERVED_WORD:
        raise command.Refused(OUT_OF_RANGE)
    if data[5] == INITIATE:
        if int.from_bytes(data[:2], "little") != bmc.log.reservation or not bmc.log.reservation:
            raise command.Refused(CANCELLED)
        bmc.log.clear()
    return bytes((DONE,))


def _time(bmc: typing.Any, data: bytes) -> bytes:
    return struct.pack("<I", bmc.log.now())


def _set_time(bmc: typing.Any, data: bytes) -> None:
    if len(data) < 4:
        raise IndexError("four bytes are needed")
    bmc.log.set_clock(int.from_bytes(data[:4], "little"))


COMMANDS = {
    (NETFN, 0x40): command.Command(_info),
    (NETFN, 0x42): command.Command(_reserve),
    (NETFN, 0x43): command.Command(_read),
    (NETFN, 0x44): command.Command(_add, command.OPERATOR),
    (NETFN, 0x47): command.Command(_clear, command.OPERATOR),
    (NETFN, 0x48): command.Command(_time),
    (NETFN, 0x49): command.Command(_set_time, command.OPERATOR),
}
