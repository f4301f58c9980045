"""Sensor data records and FRU data as bytes: what is declared in ``sensors.py`` and ``inventory.py``, encoded.

IPMI 2.0 section 43, and the FRU information storage definition. Knows no machine.
"""

import dataclasses
import struct
import typing

from baremetal.lab import command

VERSION = 0x51
BMC = 0x20
FULL, COMPACT, FRU_LOCATOR, CONTROLLER_LOCATOR = 0x01, 0x02, 0x11, 0x12
TEXT = 0xC0
THRESHOLD, SENSOR_SPECIFIC = 0x01, 0x6F
TEMPERATURE, VOLTAGE, FAN = 0x01, 0x02, 0x04
CELSIUS, VOLTS, RPM, WATTS = 1, 4, 18, 6


@dataclasses.dataclass(frozen=True)
class Sensor:
    """An analog sensor: value = raw * m * 10**exponent."""

    number: int
    """Number of the sensor."""
    name: str
    """What it is called, at most 16 characters."""
    kind: int
    """Sensor type code."""
    unit: int
    """Unit code."""
    entity: tuple[int, int]
    """What it sits on, and on the how many-th of these."""
    m: int
    """Multiplier of the raw value."""
    exponent: int
    """Power of ten of the value."""
    low: tuple[float, float] | None = None
    """Below these it is critical, and not recoverable."""
    high: tuple[float, float] | None = None
    """Above these it is not normal, and critical."""

    def raw(self, value: float) -> int:
        """Return a value as the byte that stands for it."""
        return max(0, min(255, round(value / self.m / 10 ** self.exponent)))

    @property
    def thresholds(self) -> dict[int, int]:
        """The thresholds that exist: number of its bit -> raw value."""
        found: dict[int, int] = {}
        if self.low is not None:
            found |= {1: self.raw(self.low[0]), 2: self.raw(self.low[1])}
        if self.high is not None:
            found |= {3: self.raw(self.high[0]), 4: self.raw(self.high[1])}
        return found

    @property
    def mask(self) -> int:
        """The thresholds that exist, a bit for each."""
        return sum(1 << bit for bit in self.thresholds)

    def crossed(self, raw: int) -> int:
        """Return the bits of the thresholds that a raw value is beyond."""
        return sum(1 << bit for bit, limit in self.thresholds.items() if (raw <= limit if bit < 3 else raw >= limit))


@dataclasses.dataclass(frozen=True)
class Discrete:
    """A sensor that has states instead of a value; its events are in the event log."""

    number: int
    """Number of the sensor."""
    name: str
    """What it is called."""
    kind: int
    """Sensor type code."""
    states: int
    """Bits of the states that it can have."""
    entity: tuple[int, int] = (0x07, 1)
    """What it sits on: the system board."""


def text(value: str) -> bytes:
    """Return a string with its type and length in front."""
    plain = value.encode("latin-1")[:31]
    return bytes((TEXT | len(plain),)) + plain


def _record(number: int, kind: int, body: bytes) -> bytes:
    return struct.pack("<HBBB", number, VERSION, kind, len(body)) + body


def full(number: int, sensor: Sensor) -> bytes:
    """Return the full sensor record of an analog sensor."""
    readable, initialised = 0x04 | 0x40, 0x7F
    limits = sensor.thresholds
    body = bytes((BMC, 0, sensor.number, *sensor.entity, initialised, readable, sensor.kind, THRESHOLD))
    body += struct.pack("<HHBB", sensor.mask << 12 & 0x7000, 0, sensor.mask, 0)
    body += bytes((0, sensor.unit, 0, 0, sensor.m & 0xFF, sensor.m >> 2 & 0xC0, 0, 0, 0, (sensor.exponent & 15) << 4))
    body += bytes((0, 0, 0, 0, 0xFF, 0))
    body += bytes(limits.get(bit, 0) for bit in (5, 4, 3, 2, 1, 0))
    body += bytes((0, 0, 0, 0, 0))
    return _record(number, FULL, body + text(sensor.name))


def compact(number: int, sensor: Discrete) -> bytes:
    """Return the compact sensor record of a discrete sensor."""
    initialised, capable, no_value, share = 0x67, 0x40, 0xC0, 1
    body = bytes((BMC, 0, sensor.number, *sensor.entity, initialised, capable, sensor.kind, SENSOR_SPECIFIC))
    body += struct.pack("<HHH", sensor.states, 0, sensor.states)
    body += bytes((no_value, 0, 0, share, 0, 0, 0, 0, 0, 0, 0))
    return _record(number, COMPACT, body + text(sensor.name))


def controller(number: int, name: str, supports: int) -> bytes:
    """Return the locator record of the BMC itself."""
    return _record(number, CONTROLLER_LOCATOR, bytes((BMC, 0, 0, supports, 0, 0, 0, 0x07, 1, 0)) + text(name))


def inventory(number: int, name: str) -> bytes:
    """Return the locator record of FRU 0."""
    logical, any_device = 0x80, 0x10
    return _record(number, FRU_LOCATOR, bytes((BMC, 0, logical, 0, 0, any_device, 0, 0x07, 1, 0)) + text(name))


def areas(board: typing.Sequence[str], product: typing.Sequence[str]) -> bytes:
    """Return FRU data with a board and a product area."""
    english, undated = 25, bytes(3)
    first = _area(bytes((english,)) + undated, board)
    second = _area(bytes((english,)), product)
    header = bytes((1, 0, 0, 1, 1 + len(first) // 8, 0, 0))
    return header + command.checksum(header) + first + second


def _area(head: bytes, fields: typing.Sequence[str]) -> bytes:
    end = b"\xc1"
    body = head + b"".join(text(field) if field else b"\0" for field in fields) + end
    length = -(-(len(body) + 3) // 8)
    area = (bytes((1, length)) + body).ljust(length * 8 - 1, b"\0")
    return area + command.checksum(area)
