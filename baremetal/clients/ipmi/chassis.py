"""Operations on the chassis: power, boot device, identify light. Values of the wire stand in tables."""

import typing

from baremetal.clients.ipmi import bmc

CHASSIS = 0x00
STATUS, CONTROL, IDENTIFY, SET_BOOT, GET_BOOT = 0x01, 0x02, 0x04, 0x08, 0x09
NOT_NOW = 0xD5
PARAMETER_UNKNOWN = 0x80

#: what to do -> chassis control code (IPMI 2.0 table 28-4)
CONTROLS = {"off": 0, "on": 1, "cycle": 2, "reset": 3, "nmi": 4, "soft": 5}
#: what the power is afterwards, where the command may be given twice and a refusal may mean "it is so already"
REACHES = {"on": "on", "off": "off", "soft": "off"}

#: boot device -> code (table 28-14, parameter 5)
DEVICES = {"pxe": 1, "disk": 2, "safe": 3, "diagnostic": 4, "cdrom": 5, "bios": 6, "remote": 9, "floppy": 15}
NAMES = {code: name for name, code in DEVICES.items()} | {7: "floppy", 8: "cdrom", 11: "disk"}
MODES = {"bios": 0x00, "uefi": 0x20, None: 0x00}
VALID, PERSISTENT = 0x80, 0x40

LIGHTS = {"on": (0, 1), "off": (0,)}

#: (byte, bit) of the chassis status: what is wrong then (IPMI 2.0 table 28-3)
FAULTS = {(0, 1): "power overload", (0, 2): "interlock", (0, 3): "main power", (0, 4): "power control",
          (2, 0): "intrusion", (2, 2): "drive", (2, 3): "fan"}


def _one_of(name: str, value: typing.Any, table: typing.Mapping[typing.Any, typing.Any]) -> typing.Any:
    """Return what the table has for the value."""
    if value not in table:
        raise ValueError(f"{name} is {value!r}; known are {', '.join(str(key) for key in table)}")
    return table[value]


async def _power(talk: bmc.Talk) -> str:
    status = await talk.ask(CHASSIS, STATUS)
    return "on" if status.data[0] & 1 else "off"


def power_read() -> typing.Any:
    """Return ``on`` or ``off``."""
    return _power


def chassis_status() -> typing.Any:
    """Return ``power`` (on, off) and ``faults``, words of FAULTS; the BMC tells both at once."""
    async def work(talk: bmc.Talk) -> dict[str, typing.Any]:
        told = (await talk.ask(CHASSIS, STATUS)).data
        return {"power": "on" if told[0] & 1 else "off",
                "faults": [name for (byte, bit), name in FAULTS.items() if len(told) > byte and told[byte] >> bit & 1]}
    return work


def power_set(state: str) -> typing.Any:
    """Give a power command: on, off, soft, cycle, reset or nmi. Returns when it is taken, not when it is done.

    cycle, reset and nmi are not repeated when it is unknown whether the BMC took them.
    """
    control = _one_of("state", state, CONTROLS)

    async def work(talk: bmc.Talk) -> None:
        wanted = REACHES.get(state)
        reply = await talk.ask(CHASSIS, CONTROL, [control], accept=(NOT_NOW,) if wanted else (),
                               repeat=wanted is not None)
        if reply.code and await _power(talk) != wanted:
            await talk.ask(CHASSIS, CONTROL, [control])   # raises what the BMC has against it
    return work


def boot_read() -> typing.Any:
    """Return the boot override as stored: ``device`` (None for none), ``persistent``, ``mode`` (bios, uefi), ``valid``.

    ``valid`` is whether the BMC says that it will be used; OpenIPMI's simulator never says so, and uses it.
    """
    async def work(talk: bmc.Talk) -> dict[str, typing.Any]:
        reply = await talk.ask(CHASSIS, GET_BOOT, [5, 0, 0])
        flags, device = reply.data[2], reply.data[3] >> 2 & 15
        return {"device": NAMES.get(device), "persistent": bool(flags & PERSISTENT), "valid": bool(flags & VALID),
                "mode": "uefi" if flags & MODES["uefi"] else "bios"}
    return work


def boot_set(device: str, *, persistent: bool, mode: str | None = None, disable_timeout: bool = True) -> typing.Any:
    """Set the boot override; ``disable_timeout`` keeps it valid beyond the standard's 60 seconds."""
    code = _one_of("device", device, DEVICES)
    flags = VALID | PERSISTENT * bool(persistent) | _one_of("mode", mode, MODES)

    async def work(talk: bmc.Talk) -> None:
        if disable_timeout:   # optional in the specification, and not every BMC knows it
            await talk.ask(CHASSIS, SET_BOOT, [3, 0x08], accept=(PARAMETER_UNKNOWN, 0xC1, 0xC7, 0xC9, 0xCC, 0xFF))
        await talk.ask(CHASSIS, SET_BOOT, [5, flags, code << 2, 0, 0, 0])
    return work


def identify(state: str = "on", seconds: int = 15) -> typing.Any:
    """Switch the identify light: on, off, or blinking for ``seconds`` (1 to 255)."""
    if state == "blinking":
        if not 1 <= seconds <= 255:
            raise ValueError(f"seconds is {seconds!r}; 1 to 255 are possible")
        data: tuple[int, ...] = (seconds,)
    else:
        data = _one_of("state", state, LIGHTS | {"blinking": ()})

    async def work(talk: bmc.Talk) -> None:
        reply = await talk.ask(CHASSIS, IDENTIFY, data, accept=(0xC7, 0xC9, 0xCC) if state == "on" else ())
        if reply.code:   # no "force on" in this BMC: the longest time it has
            await talk.ask(CHASSIS, IDENTIFY, [255])
    return work
