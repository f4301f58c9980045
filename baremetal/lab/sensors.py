"""The sensors of a simulated server: a table, what they read, and the commands that tell it.

Values follow the power of the machine and waver a little, each machine for itself.
"""

import math
import struct
import typing

from baremetal import clock
from baremetal.lab import command, controller, eventlog, machine, records

STORAGE, SENSOR = 0x0A, 0x04
LAST = 0xFFFF
MOST_AT_ONCE = 48
"""Bytes of a record that the BMC hands out at once."""
STAMP = 0x60000000
NOT_THERE, CANCELLED, TOO_MUCH = 0xCB, 0xC5, 0xCA
SCANNING, UNAVAILABLE, RESERVED = 0xC0, 0x20, 0xC0
CAN_RESERVE = 0x02
PROCESSOR, BOARD, SUPPLY, CHASSIS_FAN, INLET = 0x03, 0x07, 0x0A, 0x1D, 0x37

S = records.Sensor
# fmt: off
ANALOG: tuple[records.Sensor, ...] = (
    #  no.   name            kind                 unit             entity             m  exp
    S(0x01, "Inlet Temp",   records.TEMPERATURE, records.CELSIUS, (INLET, 1),         1, 0,  (5, 0), (40, 45)),
    S(0x02, "CPU0 Temp",    records.TEMPERATURE, records.CELSIUS, (PROCESSOR, 1),     1, 0,  None,   (90, 100)),
    S(0x03, "CPU1 Temp",    records.TEMPERATURE, records.CELSIUS, (PROCESSOR, 2),     1, 0,  None,   (90, 100)),
    S(0x11, "Fan1",         records.FAN,         records.RPM,     (CHASSIS_FAN, 1),  75, 0,  (1500, 750), None),
    S(0x12, "Fan2",         records.FAN,         records.RPM,     (CHASSIS_FAN, 2),  75, 0,  (1500, 750), None),
    S(0x21, "P12V",         records.VOLTAGE,     records.VOLTS,   (SUPPLY, 1),       62, -3, (11, 10.5), (13, 13.5)),
    S(0x22, "P3V3 Standby", records.VOLTAGE,     records.VOLTS,   (BOARD, 1),        16, -3, (3.0, 2.9), (3.6, 3.7)),
)
#: sensor number -> value while the server runs, how far it wavers, whether it has a value without power
READINGS: dict[int, tuple[float, float, bool]] = {
    0x01: (23.0, 1.5, True),
    0x02: (48.0, 5.0, False),
    0x03: (46.0, 5.0, False),
    0x11: (5400.0, 300.0, False),
    0x12: (5325.0, 300.0, False),
    0x21: (12.1, 0.06, False),
    0x22: (3.33, 0.02, True),
}
# fmt: on
DISCRETE: tuple[records.Discrete, ...] = (
    records.Discrete(eventlog.SENSOR_NUMBERS[eventlog.ACPI_STATE], "ACPI State", eventlog.ACPI_STATE, 0x0041),
    records.Discrete(eventlog.SENSOR_NUMBERS[eventlog.SYSTEM_BOOT], "System Boot", eventlog.SYSTEM_BOOT, 0x0003),
    records.Discrete(eventlog.SENSOR_NUMBERS[eventlog.OS_BOOT], "OS Boot", eventlog.OS_BOOT, 0x007F),
    records.Discrete(eventlog.SENSOR_NUMBERS[eventlog.INTERRUPT], "Diagnostic Int", eventlog.INTERRUPT, 0x0001),
)
BY_NUMBER = {sensor.number: sensor for sensor in ANALOG}
STATES: dict[int, typing.Callable[[machine.Machine], int]] = {
    eventlog.SENSOR_NUMBERS[eventlog.ACPI_STATE]: lambda owned: 0x0001 if owned.power == "on" else 0x0040,
    eventlog.SENSOR_NUMBERS[eventlog.SYSTEM_BOOT]: lambda owned: 0,
    eventlog.SENSOR_NUMBERS[eventlog.OS_BOOT]: lambda owned: 0,
    eventlog.SENSOR_NUMBERS[eventlog.INTERRUPT]: lambda owned: 0,
}


def repository() -> dict[int, bytes]:
    """Return all records of a server by their numbers; they are the same for all servers of a kind."""
    found = {1: records.controller(1, "BMC", controller.SUPPORTS), 2: records.inventory(2, "Server")}
    for number, sensor in enumerate(ANALOG, start=3):
        found[number] = records.full(number, sensor)
    for number, state in enumerate(DISCRETE, start=3 + len(ANALOG)):
        found[number] = records.compact(number, state)
    return found


REPOSITORY = repository()


def value(owned: machine.Machine, number: int) -> float | None:
    """Return what a sensor measures now; None: nothing, without power."""
    middle, waver, always = READINGS[number]
    if owned.power == "off" and not always:
        return None
    phase = owned.identity.guid.int % 360 + number
    return middle + waver * math.sin(clock.REAL.tick() / 60 + phase)


def _info(bmc: typing.Any, data: bytes) -> bytes:
    return struct.pack("<BHHIIB", records.VERSION, len(REPOSITORY), 0, STAMP, 0, CAN_RESERVE)


def _reserve(bmc: typing.Any, data: bytes) -> bytes:
    return struct.pack("<H", 1)   # the records never change, so no reservation is ever cancelled


def _record(bmc: typing.Any, data: bytes) -> bytes:
    number, offset, count = int.from_bytes(data[2:4], "little"), data[4], data[5]
    number = {0: min(REPOSITORY), LAST: max(REPOSITORY)}.get(number, number)
    if number not in REPOSITORY:
        raise command.Refused(NOT_THERE)
    if offset and int.from_bytes(data[:2], "little") != 1:
        raise command.Refused(CANCELLED)
    piece = REPOSITORY[number][offset:offset + count]
    if len(piece) > MOST_AT_ONCE:
        raise command.Refused(TOO_MUCH)
    return struct.pack("<H", number + 1 if number + 1 in REPOSITORY else LAST) + piece


def _reading(bmc: typing.Any, data: bytes) -> bytes:
    number = data[0]
    if number in STATES:
        return struct.pack("<BBH", 0, SCANNING, STATES[number](bmc.machine) | 0x8000)
    if number not in BY_NUMBER:
        raise command.Refused(NOT_THERE)
    measured = value(bmc.machine, number)
    if measured is None:
        return bytes((0, SCANNING | UNAVAILABLE, RESERVED))
    raw = BY_NUMBER[number].raw(measured)
    return bytes((raw, SCANNING, RESERVED | BY_NUMBER[number].crossed(raw)))


def _analog(number: int) -> records.Sensor:
    if number not in BY_NUMBER:
        raise command.Refused(NOT_THERE)
    return BY_NUMBER[number]


def _thresholds(bmc: typing.Any, data: bytes) -> bytes:
    sensor = _analog(data[0])
    return bytes((sensor.mask, *(sensor.thresholds.get(bit, 0) for bit in range(6))))


def _hysteresis(bmc: typing.Any, data: bytes) -> bytes:
    _analog(data[0])
    return bytes(2)


def _events_enabled(bmc: typing.Any, data: bytes) -> bytes:
    return bytes((SCANNING, 0, 0, 0, 0))


def _events_now(bmc: typing.Any, data: bytes) -> bytes:
    return bytes((SCANNING, 0, 0, 0, 0))


COMMANDS = {
    (STORAGE, 0x20): command.Command(_info),
    (STORAGE, 0x22): command.Command(_reserve),
    (STORAGE, 0x23): command.Command(_record),
    (SENSOR, 0x25): command.Command(_hysteresis),
    (SENSOR, 0x27): command.Command(_thresholds),
    (SENSOR, 0x29): command.Command(_events_enabled),
    (SENSOR, 0x2B): command.Command(_events_now),
    (SENSOR, 0x2D): command.Command(_reading),
}
