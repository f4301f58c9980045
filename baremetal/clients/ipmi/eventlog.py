"""The operation that reads, and may clear, the system event log."""

import datetime
import struct
import typing

from pyghmi import constants as health
from pyghmi.ipmi.private import constants

from baremetal import errors
from baremetal.clients.ipmi import bmc

STORAGE = 0x0A
INFO, RESERVE, ENTRY, CLEAR = 0x40, 0x42, 0x43, 0x47
ABSENT, CANCELLED = 0xCB, 0xC5
LAST = 0xFFFF
MOST_RECORDS = 65535
STANDARD, STAMPED = 0xC0, 0xE0
START_CLEARING = b"CLR\xaa"
SINCE_INIT = 0x20000000
"""Times below this count seconds since the BMC started, not since 1970."""
TRIES = 5
SEVERITIES = {health.Health.Ok: "ok", health.Health.Warning: "warning", health.Health.Critical: "critical",
              health.Health.Failed: "failed"}


def event_log(*, clear: bool = False) -> typing.Any:
    """Return the log, oldest entry first. ``clear`` empties it, and only if nothing came after what is returned.

    With ``clear`` it must not be repeated by the caller: a second call returns an empty log.
    """
    async def work(talk: bmc.Talk) -> list[dict[str, typing.Any]]:
        records: list[bytes] = []
        await _fetch(talk, records)
        if clear and records:
            await _clear(talk, records)
        return [decode(record) for record in records]
    return work


async def _fetch(talk: bmc.Talk, records: list[bytes], reservation: bytes = b"\0\0") -> None:
    """Add all records from the last one known on."""
    number = int.from_bytes(records[-1][:2], "little") if records else 0
    del records[-1:]
    while number != LAST:
        request = reservation + number.to_bytes(2, "little") + b"\0\xff"
        reply = await talk.ask(STORAGE, ENTRY, request, accept=(ABSENT,))
        if reply.code:   # the log is empty, or was cleared by somebody else meanwhile
            return
        following = int.from_bytes(reply.data[:2], "little")
        records.append(reply.data[2:18])
        if following == number or len(records) > MOST_RECORDS:
            raise talk.fault(errors.BmcGarbage, f"its event log never ends (record {number:#06x})")
        number = following


async def _clear(talk: bmc.Talk, records: list[bytes]) -> None:
    """Clear under a reservation, which the BMC cancels when an entry is added: then fetch that one first."""
    for _ in range(TRIES):
        reservation = (await talk.ask(STORAGE, RESERVE)).data[:2]
        await _fetch(talk, records)
        reply = await talk.ask(STORAGE, CLEAR, reservation + START_CLEARING, accept=(CANCELLED,))
        if not reply.code:
            return
    raise talk.fault(errors.BmcBusy, "entries are added faster than the log can be cleared")


def decode(record: bytes) -> dict[str, typing.Any]:
    """Return one record in words."""
    number, kind = struct.unpack_from("<HB", record)
    answer: dict[str, typing.Any] = {"record_id": number, "timestamp": None, "sensor_type": None, "sensor_number": None,
                                     "event": None, "asserted": None, "severity": None, "raw": record.hex()}
    if kind < STAMPED:
        stamp = struct.unpack_from("<I", record, 3)[0]
        if SINCE_INIT <= stamp < 0xFFFFFFFF:
            answer["timestamp"] = datetime.datetime.fromtimestamp(stamp, datetime.UTC).isoformat()
    if kind < STANDARD:
        answer.update(_standard(record))
    return answer


def _standard(record: bytes) -> dict[str, typing.Any]:
    sensor_type, sensor, direction, first = record[10], record[11], record[12], record[13]
    kind, offset, asserted = direction & 0x7F, first & 15, not direction & 0x80
    if kind == 0x6F:
        texts = constants.sensor_type_offsets.get(sensor_type, {})
    else:
        texts = constants.generic_type_offsets.get(kind, {})
    text = texts.get(offset, {})
    prefix = "" if asserted else "deassertion_"
    return {
        "sensor_type": constants.sensor_type_codes.get(sensor_type, f"type {sensor_type:#04x}"),
        "sensor_number": sensor,
        "event": text.get(prefix + "desc") or text.get("desc") or f"event {kind:#04x}/{offset}",
        "asserted": asserted,
        "severity": SEVERITIES.get(text.get(prefix + "severity", health.Health.Ok), "ok"),
    }
