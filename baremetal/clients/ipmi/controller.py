"""Operations on the BMC itself: who it is, and requests as bytes."""

import typing

from pyghmi.ipmi.private import util

from baremetal.clients.ipmi import bmc

APPLICATION = 0x06
DEVICE_ID, SYSTEM_GUID = 0x01, 0x37
ABSENT = (0xC1, 0xC2, 0xCB, 0xCC, 0xCE, 0xD5, 0xD6, 0xFF)


def bmc_info() -> typing.Any:
    """Return firmware, IPMI version, maker, product, device and GUID (None where the BMC has none)."""
    async def work(talk: bmc.Talk) -> dict[str, typing.Any]:
        data = (await talk.ask(APPLICATION, DEVICE_ID)).data
        guid = await talk.ask(APPLICATION, SYSTEM_GUID, accept=ABSENT)
        return {
            "device_id": data[0],
            "firmware": f"{data[2] & 0x7F}.{data[3] >> 4:x}{data[3] & 15:x}",
            "ipmi_version": f"{data[4] & 15}.{data[4] >> 4}",
            "manufacturer_id": int.from_bytes(data[6:9], "little"),
            "product_id": int.from_bytes(data[9:11], "little"),
            "guid": None if guid.code else util.decode_wireformat_uuid(bytearray(guid.data[:16])).lower(),
        }
    return work


def raw(netfn: int, command: int, data: typing.Iterable[int] = b"") -> typing.Any:
    """Make any request and return the bytes of its answer. Not repeated when it is unknown what became of it."""
    request = bytes(data)
    if not (0 <= netfn < 0x40 and not netfn & 1 and 0 <= command < 0x100):
        raise ValueError(f"netfn {netfn!r} and command {command!r} are no request: an even number below 64, a byte")

    async def work(talk: bmc.Talk) -> bytes:
        return (await talk.ask(netfn, command, request, repeat=False)).data
    return work
