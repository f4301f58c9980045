"""The BMC's inventory (FRU) data: who made the server, what it is called, its serial number."""

import struct
import typing

from baremetal.lab import command, machine, records

STORAGE = 0x0A
MAKER, PRODUCT, BOARD = "baremetal lab", "Simulated Server", "Simulated Board"
NOT_THERE, OUT_OF_RANGE = 0xCB, 0xC9
MOST_AT_ONCE = 32


def of(owned: machine.Machine) -> bytes:
    """Return the data of a machine."""
    serial, name = owned.identity.serial, owned.identity.name
    return records.areas((MAKER, BOARD, serial, "B-1", ""), (MAKER, PRODUCT, "P-1", "1", serial, name, ""))


def _known(data: bytes) -> None:
    if data[0] != 0:
        raise command.Refused(NOT_THERE)


def _info(bmc: typing.Any, data: bytes) -> bytes:
    _known(data)
    return struct.pack("<HB", len(of(bmc.machine)), 0)


def _read(bmc: typing.Any, data: bytes) -> bytes:
    _known(data)
    offset, count = int.from_bytes(data[1:3], "little"), min(data[3], MOST_AT_ONCE)
    piece = of(bmc.machine)[offset:offset + count]
    if not piece:
        raise command.Refused(OUT_OF_RANGE)
    return bytes((len(piece),)) + piece


COMMANDS = {
    (STORAGE, 0x10): command.Command(_info),
    (STORAGE, 0x11): command.Command(_read),
}
