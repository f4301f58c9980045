"""Sensor and inventory records of the lab, read by pyghmi, which did not write them."""

import pytest
from pyghmi.ipmi import fru, sdr
from pyghmi.ipmi.private import constants

from baremetal.lab import records, sensors


@pytest.mark.parametrize("sensor", sensors.ANALOG)
def test_analog(sensor: records.Sensor) -> None:
    entry = sdr.SDREntry(bytearray(records.full(7, sensor)), constants)
    assert (entry.name, entry.sensor_number, entry.sensor_type_number) == (sensor.name, sensor.number, sensor.kind)
    middle, _, _ = sensors.READINGS[sensor.number]
    step = sensor.m * 10 ** sensor.exponent
    assert abs(entry.decode_value(None, sensor.raw(middle)) - middle) <= step / 2
    assert not sensor.crossed(sensor.raw(middle))


@pytest.mark.parametrize("sensor", sensors.DISCRETE)
def test_discrete(sensor: records.Discrete) -> None:
    entry = sdr.SDREntry(bytearray(records.compact(7, sensor)), constants)
    assert (entry.name, entry.sensor_number, entry.reading_type) == (sensor.name, sensor.number, 0x6F)


def test_numbers_are_unlike() -> None:
    numbers = [sensor.number for sensor in (*sensors.ANALOG, *sensors.DISCRETE)]
    assert len(set(numbers)) == len(numbers) and set(sensors.READINGS) | set(sensors.STATES) == set(numbers)


def test_thresholds() -> None:
    volts = sensors.BY_NUMBER[0x21]
    for value, bits in ((12.0, 0), (10.9, 0b10), (10.0, 0b110), (13.2, 0b1000), (14.0, 0b11000)):
        assert volts.crossed(volts.raw(value)) == bits


def test_inventory() -> None:
    data = records.areas(("maker", "board", "123", "B-1", ""), ("maker", "server", "P-1", "1", "123", "tag", ""))
    parsed = fru.FRU(rawdata=bytearray(data)).info
    assert parsed["Manufacturer"] == "maker" and parsed["Product name"] == "server"
    assert parsed["Serial Number"] == "123" and parsed["Board product name"] == "board"
    for start, length in ((8, data[9] * 8), (data[4] * 8, data[data[4] * 8 + 1] * 8)):
        assert sum(data[start:start + length]) % 256 == 0
