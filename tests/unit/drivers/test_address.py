"""From driver_info to the address of a BMC."""

import typing

import pytest

from baremetal import config, errors
from baremetal.drivers import task, wires
from baremetal.drivers.ipmi import address, power
from tests.contract import devices

CONF = config.build()
KEY = "00112233445566778899aabbccddeeff00112233"


def _task(**info: typing.Any) -> task.Task:
    node = devices.node("ipmi", driver_info={"ipmi_address": "192.0.2.1", **info})
    return task.Task(node, {}, task.Surroundings(CONF, wires.Wires(CONF)))


#: driver_info, field of the address, value
GOOD = [
    ({}, "port", 623), ({}, "username", ""), ({}, "privilege", "administrator"), ({}, "kg", None), ({}, "cipher", None),
    ({"ipmi_address": "bmc-1.rack.example."}, "host", "bmc-1.rack.example."),
    ({"ipmi_address": "2001:db8::1"}, "host", "2001:db8::1"),
    ({"ipmi_port": "6230"}, "port", 6230), ({"ipmi_port": 6230}, "port", 6230), ({"ipmi_port": None}, "port", 623),
    ({"ipmi_username": "root"}, "username", "root"),
    ({"ipmi_password": 12345}, "password", "12345"), ({"ipmi_password": "x" * 20}, "password", "x" * 20),
    ({"ipmi_priv_level": "OPERATOR"}, "privilege", "operator"), ({"ipmi_priv_level": "user"}, "privilege", "user"),
    ({"ipmi_hex_kg_key": KEY}, "kg", bytes.fromhex(KEY)),
    ({"ipmi_cipher_suite": "17"}, "cipher", 17), ({"ipmi_cipher_suite": 3}, "cipher", 3),
    ({"ipmi_protocol_version": "2.0", "ipmi_bridging": "no"}, "host", "192.0.2.1"),
    ({"ipmi_terminal_port": "7000", "ipmi_force_boot_device": "yes"}, "host", "192.0.2.1"),
]


@pytest.mark.parametrize(("info", "field", "value"), GOOD)
def test_good_values(info: dict[str, typing.Any], field: str, value: typing.Any) -> None:
    assert getattr(address.of(_task(**info)), field) == value


#: key, value, words of the text
BAD = [
    ("ipmi_address", "http://192.0.2.1", "name of a host"), ("ipmi_address", "a b", "name of a host"),
    ("ipmi_address", "192.0.2.999", "IP address"), ("ipmi_address", "192.0.2.1:623", "without port"),
    ("ipmi_port", "0", "1 to 65535"), ("ipmi_port", "65536", "65535"), ("ipmi_port", "zap", "65535"),
    ("ipmi_port", True, "65535"), ("ipmi_port", [1], "65535"),
    ("ipmi_username", "u" * 17, "16 bytes"), ("ipmi_username", {"a": 1}, "16 bytes"),
    ("ipmi_password", "ü" * 11, "20 bytes"), ("ipmi_priv_level", "ROOT", "ADMINISTRATOR"),
    ("ipmi_protocol_version", "1.5", "2.0"), ("ipmi_cipher_suite", "1", "3 and 17"),
    ("ipmi_cipher_suite", "x", "3 and 17"), ("ipmi_hex_kg_key", "0011", "40 hexadecimal"),
    ("ipmi_hex_kg_key", "zz" * 20, "40 hexadecimal"), ("ipmi_force_boot_device", "maybe", "true or false"),
    ("ipmi_disable_boot_timeout", 7, "true or false"), ("ipmi_terminal_port", "-1", "65535"),
    ("ipmi_bridging", "single", "not supported"), ("ipmi_bridging", "zap", "not supported"),
]


@pytest.mark.parametrize(("key", "value", "says"), BAD)
def test_bad_values_are_named(key: str, value: typing.Any, says: str) -> None:
    with pytest.raises(errors.DriverInfoWrong, match=says) as met:
        power.IpmiPower().validate(_task(**{key: value}))
    assert key in met.value.text
    if key in address.SECRET:
        assert str(value) not in met.value.text and "******" in met.value.text


@pytest.mark.parametrize("nothing", [None, ""])
def test_the_address_is_needed(nothing: str | None) -> None:
    with pytest.raises(errors.DriverInfoMissing, match="ipmi_address"):
        address.of(_task(ipmi_address=nothing))


def test_every_key_is_documented_and_read() -> None:
    assert set(address.READERS) == {*address.NEEDS, *address.OPTIONAL}
