"""Commands on the BMC's network: its parameters, to be read only."""

import ipaddress
import typing

from baremetal.lab import command

NETFN = 0x0C
UNSUPPORTED = 0x80
REVISION = 0x11
STATIC = 1


def _mac(bmc: typing.Any) -> bytes:
    return b"\x02" + bytes(bmc.uuid.bytes[-5:])   # locally administered


PARAMETERS: dict[int, typing.Callable[[typing.Any], bytes]] = {
    0: lambda bmc: b"\0",                                               # set complete
    1: lambda bmc: b"\0",                                               # no authentication of IPMI 1.5
    2: lambda bmc: bytes(5),
    3: lambda bmc: ipaddress.IPv4Address(bmc.address).packed,
    4: lambda bmc: bytes((STATIC,)),
    5: _mac,
    6: lambda bmc: bytes((255, 0, 0, 0)),
    12: lambda bmc: bytes(4),                                           # no gateway
    13: lambda bmc: bytes(6),
    16: lambda bmc: b"lab".ljust(18, b"\0"),
    20: lambda bmc: bytes(2),                                           # no VLAN
    22: lambda bmc: bytes((2,)),                                        # two cipher suites,
    23: lambda bmc: bytes((0, 3, 17)),                                  # these
    24: lambda bmc: bytes((0, 0x44)) + bytes(7),                        # for administrators
}


def _read(bmc: typing.Any, data: bytes) -> bytes:
    if data[1] not in PARAMETERS:
        raise command.Refused(UNSUPPORTED)
    return bytes((REVISION,)) + PARAMETERS[data[1]](bmc)


COMMANDS = {(NETFN, 0x02): command.Command(_read, command.OPERATOR)}
