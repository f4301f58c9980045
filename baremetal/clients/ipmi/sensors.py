"""The operation that reads all sensors: walk the sensor data records, then read each sensor.

pyghmi decodes records and readings; its own walk is synchronous and would stop all other conversations, so the
walk is here. Records are kept per BMC as long as its repository does not change, and equal records are one object.
"""

import copy
import functools
import typing

from pyghmi import constants as health
from pyghmi.ipmi import sdr
from pyghmi.ipmi.private import constants

from baremetal import errors
from baremetal.clients.ipmi import bmc

STORAGE, SENSOR = 0x0A, 0x04
REPOSITORY, RESERVE, RECORD = 0x20, 0x22, 0x23
READING, FACTORS = 0x2D, 0x23
CANCELLED, TOO_MUCH = 0xC5, 0xCA
ABSENT = (0xC1, 0xC9, 0xCB, 0xCC, 0xCD, 0xCE, 0xD5, 0xD6, 0xFF)
HEADER, CHUNK = 5, 32
LAST = 0xFFFF
MOST_RECORDS = 4096
OWNER = 0x20
NONLINEAR = 0x70

HEALTHS = {health.Health.Ok: "ok", health.Health.Warning: "warning", health.Health.Critical: "critical",
           health.Health.Failed: "failed"}


def sensors() -> typing.Any:
    """Return a list of ``{number, name, type, value, units, states, health, available}``, one per sensor."""
    return _sensors


async def _sensors(talk: bmc.Talk) -> list[dict[str, typing.Any]]:
    return [await _read(talk, entry) for entry in await _entries(talk)]


async def _entries(talk: bmc.Talk) -> list[sdr.SDREntry]:
    """Return the records of sensors that can be read, from memory when the repository says it is the same."""
    info = (await talk.ask(STORAGE, REPOSITORY)).data
    stamp = bytes(info[1:13])   # number of records, free space, times of the last addition and erasure
    if stamp[:2] == b"\0\0":
        return []
    known = talk.bmc.sensors
    if known.get("stamp") != stamp:
        found = [_decode(record) for record in await _records(talk)]
        known.update(stamp=stamp, entries=[e for e in found if e is not None])
    return list(known["entries"])


async def _records(talk: bmc.Talk) -> list[bytes]:
    records: list[bytes] = []
    number, walk = 0, _Walk(talk)
    while number != LAST:
        following, record = await walk.record(number)
        records.append(record)
        if following == number or len(records) > MOST_RECORDS:
            raise talk.fault(errors.BmcGarbage, f"its sensor records never end (record {number:#06x})")
        number = following
    return records


class _Walk:
    """Reads records in pieces, as large as the BMC bears, under a reservation that it may cancel."""

    def __init__(self, talk: bmc.Talk) -> None:
        self._talk, self._chunk = talk, CHUNK
        self._reservation: bytes | None = None

    async def record(self, number: int) -> tuple[int, bytes]:
        """Return the number of the record that follows, and this one."""
        following, record = await self._piece(number, 0, HEADER)
        length = HEADER + record[4]
        while len(record) < length:
            _, piece = await self._piece(number, len(record), min(self._chunk, length - len(record)))
            if not piece:
                raise self._talk.fault(errors.BmcGarbage, f"sensor record {number:#06x} is cut short")
            record += piece
        return following, record

    async def _piece(self, number: int, offset: int, size: int) -> tuple[int, bytes]:
        for _ in range(8):
            if self._reservation is None:
                self._reservation = (await self._talk.ask(STORAGE, RESERVE)).data[:2]
            request = self._reservation + number.to_bytes(2, "little") + bytes((offset, size))
            reply = await self._talk.ask(STORAGE, RECORD, request, accept=(CANCELLED, TOO_MUCH))
            if reply.code == CANCELLED:
                self._reservation = None
            elif reply.code == TOO_MUCH:
                self._chunk = size = max(1, size // 2)
            else:
                return int.from_bytes(reply.data[:2], "little"), reply.data[2:]
        raise self._talk.fault(errors.BmcBusy, "it cancelled the reservation of its sensor records again and again")


@functools.lru_cache(maxsize=8192)
def _decode(record: bytes) -> sdr.SDREntry | None:
    """Return what pyghmi makes of a record, or None when it is no sensor that can be read over this BMC."""
    try:
        entry = sdr.SDREntry(bytearray(record), constants)
    except (NotImplementedError, IndexError, UnicodeDecodeError):
        return None   # a record of a kind, or in a form, that nobody can read; the others still count
    readable = entry.sdrtype == sdr.TYPE_SENSOR and entry.readable and entry.sensor_owner == OWNER
    return entry if readable else None


async def _read(talk: bmc.Talk, entry: sdr.SDREntry) -> dict[str, typing.Any]:
    reply = await talk.ask(SENSOR, READING, [entry.sensor_number], accept=ABSENT, lun=entry.sensor_lun)
    answer = {"number": entry.sensor_number, "name": entry.sensor_name.strip("\0 "), "type": entry.sensor_type,
              "units": entry.unit_suffix, "value": None, "states": [], "health": None, "available": False}
    if reply.code or len(reply.data) < 2:
        return answer
    if entry.linearization is not None and entry.linearization >= NONLINEAR:
        factors = await talk.ask(SENSOR, FACTORS, [entry.sensor_number, reply.data[0]], lun=entry.sensor_lun)
        entry = copy.copy(entry)
        entry.decode_formula(factors.data[1:])
        entry.linearization = 0
    reading = entry.decode_sensor_reading(None, bytearray(reply.data.ljust(4, b"\0")))
    if reading.unavailable:
        return answer
    worst = max((rank for rank in HEALTHS if rank and reading.health & rank), default=health.Health.Ok)
    answer.update(available=True, states=list(reading.states), health=HEALTHS[worst],
                  value=None if reading.value is None else round(reading.value, 3))
    return answer
