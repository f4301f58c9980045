"""From ``driver_info`` to the address of a BMC: every ipmi key, what may stand there, what is refused and why."""

import binascii
import collections.abc
import ipaddress
import re
import typing

from oslo_utils import strutils

from baremetal import errors
from baremetal.clients import ipmi
from baremetal.drivers import task

NEEDS = {"ipmi_address": "IP address or name of the BMC."}
# fmt: off
OPTIONAL = {
    "ipmi_port":              "UDP port of the BMC; else 623.",
    "ipmi_username":          "Name of the BMC's user; else the anonymous one.",
    "ipmi_password":          "Password of that user; at most 20 bytes.",
    "ipmi_priv_level":        "Privilege to ask for: ADMINISTRATOR (else this), OPERATOR, USER or CALLBACK.",
    "ipmi_protocol_version":  "Version of IPMI; only 2.0 is spoken.",
    "ipmi_cipher_suite":      "Cipher suite to insist on, 3 or 17; else the best that the BMC has.",
    "ipmi_hex_kg_key":        "The BMC's key K_G as 40 hexadecimal digits, where it has one.",
    "ipmi_force_boot_device": "Whether the boot device is set anew at each power on, for BMCs that forget it.",
    "ipmi_disable_boot_timeout": "Whether the BMC is told to keep a boot device for longer than 60 seconds; "
                                 "else as [ipmi]disable_boot_timeout.",
    "ipmi_terminal_port":     "TCP port of the node's serial console.",
    "ipmi_bridging":          "Bridging to a BMC behind the BMC; only 'no' is possible.",
}
#: keys that only mean something with bridging
BRIDGE = ("ipmi_transit_channel", "ipmi_transit_address", "ipmi_target_channel", "ipmi_target_address",
          "ipmi_local_address")
# fmt: on

PRIVILEGES = ("ADMINISTRATOR", "OPERATOR", "USER", "CALLBACK")
SECRET = ("ipmi_password", "ipmi_hex_kg_key")
_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?")


def of(task: task.Task) -> ipmi.Address:
    """Return where the node's BMC is, or raise DriverInfoMissing or DriverInfoWrong for the first key that is wrong."""
    info = task.node.driver_info
    missing = [key for key in NEEDS if info.get(key) in (None, "")]
    if missing:
        raise errors.DriverInfoMissing(keys=", ".join(missing), interface="ipmitool",
                                       wanted=" ".join(f"{key}: {NEEDS[key]}" for key in missing))
    told = {key: _take(key, read, info[key]) for key, read in READERS.items() if info.get(key) not in (None, "")}
    return ipmi.Address(
        host=told["ipmi_address"], port=told.get("ipmi_port", 623), username=told.get("ipmi_username", ""),
        password=told.get("ipmi_password", ""), privilege=told.get("ipmi_priv_level", "administrator"),
        kg=told.get("ipmi_hex_kg_key"), cipher=told.get("ipmi_cipher_suite"))


def flag(task: task.Task, key: str, *, default: bool) -> bool:
    """Return a key that is true or false."""
    value = task.node.driver_info.get(key)
    return default if value in (None, "") else bool(_take(key, _truth, value))


def _take(key: str, read: collections.abc.Callable[[typing.Any], typing.Any], value: typing.Any) -> typing.Any:
    """Return what ``read`` makes of a value, or raise DriverInfoWrong with the sentence it raised."""
    try:
        return read(value)
    except ValueError as error:
        shown = "******" if key in SECRET else value
        raise errors.DriverInfoWrong(key=key, value=shown, wanted=str(error)) from None


def _host(value: typing.Any) -> str:
    text = str(value).strip()
    try:
        ipaddress.ip_address(text)
    except ValueError:
        if not _NAME.fullmatch(text) or text.replace(".", "").isdigit():
            raise ValueError("It is an IP address or the name of a host, without port and scheme.") from None
    return text


def _port(value: typing.Any) -> int:
    text = "" if isinstance(value, bool) else str(value).strip()
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ValueError("It is a number from 1 to 65535.")
    return int(text)


def _text(most: int, what: str) -> collections.abc.Callable[[typing.Any], str]:
    def read(value: typing.Any) -> str:
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
        if text is None or len(text.encode()) > most:
            raise ValueError(f"{what} is a string of at most {most} bytes.")
        return text
    return read


def _privilege(value: typing.Any) -> str:
    if str(value).upper() not in PRIVILEGES:
        raise ValueError(f"It is one of {', '.join(PRIVILEGES)}.")
    return str(value).lower()


def _version(value: typing.Any) -> str:
    if str(value) not in ("2.0", "2"):
        raise ValueError("Only version 2.0 is supported; 1.5 has no encryption and is not spoken here.")
    return "2.0"


def _cipher(value: typing.Any) -> int:
    if str(value) not in ("3", "17") or isinstance(value, bool):
        raise ValueError("Cipher suites 3 and 17 are supported; without the key the best that the BMC has is used.")
    return int(value)


def _key(value: typing.Any) -> bytes:
    try:
        key = binascii.unhexlify(str(value))
    except ValueError:
        raise ValueError("It is 40 hexadecimal digits.") from None
    if len(key) != 20:
        raise ValueError("It is 40 hexadecimal digits.")
    return key


def _truth(value: typing.Any) -> bool:
    try:
        return bool(strutils.bool_from_string(value, strict=True))
    except ValueError:
        raise ValueError("It is true or false.") from None


def _no_bridging(value: typing.Any) -> str:
    if value != "no":
        raise ValueError("Bridging is not supported here: give the address of the BMC itself, and 'no' or nothing.")
    return "no"


#: key: what turns its value into what is used, or raises ValueError with what would be right
READERS: dict[str, collections.abc.Callable[[typing.Any], typing.Any]] = {
    "ipmi_address": _host,
    "ipmi_port": _port,
    "ipmi_username": _text(16, "A user's name"),
    "ipmi_password": _text(20, "A password"),
    "ipmi_priv_level": _privilege,
    "ipmi_protocol_version": _version,
    "ipmi_cipher_suite": _cipher,
    "ipmi_hex_kg_key": _key,
    "ipmi_force_boot_device": _truth,
    "ipmi_disable_boot_timeout": _truth,
    "ipmi_terminal_port": _port,
    "ipmi_bridging": _no_bridging,
}
