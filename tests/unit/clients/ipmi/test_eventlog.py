"""Entries of the event log in words: recorded ones, and all bytes that may come."""

import random

import pytest

from baremetal.clients.ipmi import eventlog

#: record as hex: what it says
RECORDS = [
    ("0100020000006a20000422716f00ffff",
     {"record_id": 1, "sensor_type": "System ACPI Power State", "sensor_number": 0x71, "asserted": True}),
    ("02000200f0c068200004013001595a50",
     {"sensor_type": "Temperature", "event": "Upper critical", "severity": "critical", "asserted": True}),
    ("03000200f0c068200004013081595a50",
     {"sensor_type": "Temperature", "asserted": False, "severity": "ok"}),
    ("0400c000f0c06800010203040506070809",
     {"sensor_type": None, "event": None, "timestamp": "2025-10-10"}),
    ("0500e00102030405060708090a0b0c0d",
     {"sensor_type": None, "timestamp": None}),
    ("06000210000000200004c86f6f00ffff",
     {"timestamp": None}),
]


@pytest.mark.parametrize(("record", "wanted"), RECORDS)
def test_record(record: str, wanted: dict[str, object]) -> None:
    told = eventlog.decode(bytes.fromhex(record)[:16])
    for field, value in wanted.items():
        if field == "timestamp" and value is not None:
            assert told[field] is not None
        elif field == "event" and value is not None:
            assert str(told[field]).lower().startswith(str(value).lower())
        else:
            assert told[field] == value, field


def test_any_bytes() -> None:
    chance = random.Random(623)
    for _ in range(2000):
        told = eventlog.decode(chance.randbytes(16))
        assert set(told) >= {"record_id", "timestamp", "event", "severity", "raw"}
