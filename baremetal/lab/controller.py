"""Commands on the BMC itself: who it is, what it offers, and those that concern the session they come through."""

import typing

from baremetal.lab import command, session

NETFN = 0x06
CHANNEL, SELF = 0x01, 0x0E
MAKER, PRODUCT = 0, 0x0BA3
FIRMWARE = (1, 0x00)
IPMI_2_0 = 0x02
SUPPORTS = 0x80 | 0x08 | 0x04 | 0x02 | 0x01   # chassis, FRU inventory, event log, sensor records, sensors
LEVEL_REFUSED, NO_SUCH_SESSION = 0x81, 0x87
OUT_OF_RANGE = 0xCC
PIECE = 16


def _device_id(bmc: typing.Any, data: bytes) -> bytes:
    return (bytes((0x20, 0x01, *FIRMWARE, IPMI_2_0, SUPPORTS))
            + MAKER.to_bytes(3, "little") + PRODUCT.to_bytes(2, "little") + bytes(4))


def _cold_reset(bmc: typing.Any, data: bytes) -> None:
    bmc.later(0.05, bmc.restart)   # the answer still goes out


def _self_test(bmc: typing.Any, data: bytes) -> bytes:
    return bytes((0x55, 0x00))


def _guid(bmc: typing.Any, data: bytes) -> bytes:
    return bytes(bmc.uuid.bytes_le)


def _authentication(bmc: typing.Any, data: bytes) -> bytes:
    only_2_0, no_anonymous, extended = 0x80, 0x04, 0x02
    return bytes((CHANNEL, only_2_0, no_anonymous, extended, 0, 0, 0, 0))


def _cipher_suites(bmc: typing.Any, data: bytes) -> bytes:
    start = (data[2] & 0x3F) * PIECE
    return bytes((CHANNEL,)) + session.SUITE_RECORDS[start:start + PIECE]


def _channel_info(bmc: typing.Any, data: bytes) -> bytes:
    if data[0] & 15 not in (CHANNEL, SELF):
        raise command.Refused(OUT_OF_RANGE)
    lan, ipmb, multi_session, ipmi = 0x04, 0x01, 0x80, (0xF2, 0x1B, 0x00)
    return bytes((CHANNEL, lan, ipmb, multi_session | len(bmc.sessions), *ipmi, 0, 0))


def _channel_access(bmc: typing.Any, data: bytes) -> bytes:
    if data[0] & 15 not in (CHANNEL, SELF):
        raise command.Refused(OUT_OF_RANGE)
    always = 0x02
    return bytes((always, command.ADMINISTRATOR))


def _user_access(bmc: typing.Any, data: bytes) -> bytes:
    enabled = 0x40
    level = 0x10 | 0x20 | command.ADMINISTRATOR if data[1] & 0x3F == 2 else 0
    return bytes((10, enabled | len(bmc.users), 0, level))


def _user_name(bmc: typing.Any, data: bytes) -> bytes:
    names = dict(enumerate(bmc.users, start=2))
    return names.get(data[0] & 0x3F, "").encode()[:16].ljust(16, b"\0")


COMMANDS = {
    (NETFN, 0x01): command.Command(_device_id),
    (NETFN, 0x02): command.Command(_cold_reset, command.ADMINISTRATOR),
    (NETFN, 0x04): command.Command(_self_test),
    (NETFN, 0x37): command.Command(_guid, 0),
    (NETFN, 0x38): command.Command(_authentication, 0),
    (NETFN, 0x41): command.Command(_channel_access),
    (NETFN, 0x42): command.Command(_channel_info),
    (NETFN, 0x44): command.Command(_user_access, command.OPERATOR),
    (NETFN, 0x46): command.Command(_user_name, command.OPERATOR),
    (NETFN, 0x54): command.Command(_cipher_suites, 0),
}


def _set_privilege(opened: session.Session, data: bytes) -> tuple[int, bytes]:
    level = opened.raise_privilege(data[0] & 15)
    return (LEVEL_REFUSED, b"") if level is None else (0, bytes((level,)))


def _close(opened: session.Session, data: bytes) -> tuple[int, bytes]:
    old = opened.bmc.sessions.get(data[:4])
    if old is None:
        return NO_SUCH_SESSION, b""
    opened.bmc.forget(old)
    return 0, b""


#: commands that concern the session they come through
SESSION: dict[tuple[int, int], typing.Callable[[session.Session, bytes], tuple[int, bytes]]] = {
    (NETFN, 0x3B): _set_privilege,
    (NETFN, 0x3C): _close,
}
