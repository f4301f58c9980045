"""LLDP as the agent captured it: parts of (type, hex text), as IEEE 802.1AB, 802.1Q and 802.3 lay them out. Pure.

A switch that sends nonsense spoils no inspection: a part that cannot be read is left out.
"""

import collections.abc
import contextlib
import ipaddress
import struct
import typing

from baremetal import errors
from baremetal.inspection import outcome, report

Named = dict[str, typing.Any]
Reader = collections.abc.Callable[[bytes], Named]
#: (type, content)
Part = tuple[int, bytes]

#: most parts of one interface that are looked at
MOST = 256
CHASSIS, PORT, ORGANIZATION = 1, 2, 127
IEEE_802_1, IEEE_802_3 = bytes.fromhex("0080c2"), bytes.fromhex("00120f")
#: bits of the capabilities, lowest first
CAPABILITIES = ("Other", "Repeater", "Bridge", "WLAN", "Router", "Telephone", "DOCSIS cable device", "Station only",
                "C-VLAN component of a VLAN bridge", "S-VLAN component of a VLAN bridge", "Two-port MAC relay")
#: bits of what a port can advertise, highest first (RFC 4836)
# fmt: off
ADVERTISED = ("other", "10BASE-T hdx", "10BASE-T fdx", "100BASE-T4", "100BASE-TX hdx", "100BASE-TX fdx",
              "100BASE-T2 hdx", "100BASE-T2 fdx", "PAUSE fdx", "Asym PAUSE fdx", "Sym PAUSE fdx",
              "Asym and Sym PAUSE fdx", "1000BASE-X hdx", "1000BASE-X fdx", "1000BASE-T hdx", "1000BASE-T fdx")
#: subtypes of identifiers whose content is a MAC address, an address, or else text; by type of the part
MACS      = {CHASSIS: 4, PORT: 3}
ADDRESSES = {CHASSIS: 5, PORT: 4}
#: address families (IANA)
FAMILIES  = {1: 4, 2: 16}
# fmt: on


def heard(work: outcome.Work) -> dict[str, list[Part]]:
    """Return what each interface of a report heard; raises ``ReportRefused`` for what has not the form of LLDP data."""
    raw = report.value(work.report, "lldp_raw", dict) or {}
    return {name: found for name, interface in work.interfaces.items()
            if (found := _parts(name, raw.get(name) or interface.get("lldp")))}


def parse(parts: list[Part]) -> Named:
    """Return what a switch says, by the names that operators know."""
    named: Named = {}
    for kind, content in parts:
        reader = READERS.get(kind)
        if kind == ORGANIZATION:
            reader, content = ORGANIZATIONS.get((content[:3], content[3:4])), content[4:]
        if reader is not None:
            with contextlib.suppress(ValueError, IndexError, struct.error):
                _put(named, reader(content))
    return named


def link(parts: list[Part]) -> dict[str, str]:
    """Return ``switch_id`` and ``port_id`` of a port's local link connection, as far as the switch says them."""
    found: dict[str, str] = {}
    for kind, content in parts:
        with contextlib.suppress(ValueError, IndexError):
            if kind == CHASSIS and content[0] == MACS[CHASSIS]:
                found["switch_id"] = _mac(content[1:])
            elif kind == PORT:
                found["port_id"] = _identifier(PORT, content)
    return {name: value for name, value in found.items() if value}


def _parts(name: str, raw: typing.Any) -> list[Part]:
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise errors.ReportRefused(text=f"The report's LLDP data of interface {name[:40]} is no list; it must be a "
                                        "list of [type, hexadecimal text].")
    found = []
    for item in raw[:MOST]:
        if not isinstance(item, list) or len(item) != 2 or not isinstance(item[0], int) or not isinstance(item[1], str):
            raise errors.ReportRefused(text=f"The report's LLDP data of interface {name[:40]} has {str(item)[:60]} in "
                                            "it; each part must be [type, hexadecimal text].")
        with contextlib.suppress(ValueError):
            found.append((item[0], bytes.fromhex(item[1])))
    return found


def _put(named: Named, found: Named) -> None:
    """Add what a part says; what may come several times is a list."""
    for name, value in found.items():
        if isinstance(value, list) and name in named:
            named[name] += value
        else:
            named[name] = value


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace").rstrip("\0").strip()


def _mac(content: bytes) -> str:
    if len(content) != 6:
        raise ValueError("not a MAC address")
    return content.hex(":")


def _address(content: bytes) -> str:
    size = FAMILIES.get(content[0])
    if size is None or len(content) != size + 1:
        raise ValueError("not an address")
    return str(ipaddress.ip_address(content[1:]))


def _identifier(kind: int, content: bytes) -> str:
    """Return the identifier of a chassis or a port as text."""
    if content[0] == MACS[kind]:
        return _mac(content[1:])
    return _address(content[1:]) if content[0] == ADDRESSES[kind] else _text(content[1:])


def _capabilities(content: bytes) -> Named:
    able, enabled = struct.unpack("!HH", content[:4])
    return {name: [word for bit, word in enumerate(CAPABILITIES) if bits >> bit & 1]
            for name, bits in (("switch_capabilities_support", able), ("switch_capabilities_enabled", enabled))}


def _management(content: bytes) -> Named:
    return {"switch_mgmt_addresses": [_address(content[1:1 + content[0]])]}


def _number(name: str) -> Reader:
    return lambda content: {name: struct.unpack("!H", content[:2])[0]}


def _named(name: str) -> Reader:
    return lambda content: {name: _text(content)}


def _protocol_vlan(content: bytes) -> Named:
    flags, number = struct.unpack("!BH", content[:3])
    return {"switch_port_protocol_vlan_support": bool(flags & 2), "switch_port_protocol_vlan_enabled": bool(flags & 4),
            "switch_port_protocol_vlan_ids": [number]}


def _vlan(content: bytes) -> Named:
    number, size = struct.unpack("!HB", content[:3])
    return {"switch_port_vlans": [{"id": number, "name": _text(content[3:3 + size])}]}


def _protocol(content: bytes) -> Named:
    return {"switch_protocol_identities": [content[1:1 + content[0]].hex()]}


def _aggregation(content: bytes) -> Named:
    flags, number = struct.unpack("!BI", content[:5])
    return {"switch_port_link_aggregation_support": bool(flags & 1),
            "switch_port_link_aggregation_enabled": bool(flags & 2), "switch_port_link_aggregation_id": number}


def _physical(content: bytes) -> Named:
    flags, able, kind = struct.unpack("!BHH", content[:5])
    return {"switch_port_autonegotiation_support": bool(flags & 1),
            "switch_port_autonegotiation_enabled": bool(flags & 2),
            "switch_port_physical_capabilities": [word for place, word in enumerate(ADVERTISED)
                                                  if able >> (15 - place) & 1],
            "switch_port_mau_type": kind}


# fmt: off
#: type: reader
READERS: dict[int, Reader] = {
    CHASSIS: lambda content: {"switch_chassis_id": _identifier(CHASSIS, content)},
    PORT:    lambda content: {"switch_port_id": _identifier(PORT, content)},
    4:       _named("switch_port_description"),
    5:       _named("switch_system_name"),
    6:       _named("switch_system_description"),
    7:       _capabilities,
    8:       _management,
}
#: (organization, its subtype): reader
ORGANIZATIONS: dict[tuple[bytes, bytes], Reader] = {
    (IEEE_802_1, b"\1"): _number("switch_port_untagged_vlan_id"),
    (IEEE_802_1, b"\2"): _protocol_vlan,
    (IEEE_802_1, b"\3"): _vlan,
    (IEEE_802_1, b"\4"): _protocol,
    (IEEE_802_1, b"\6"): _number("switch_port_management_vlan_id"),
    (IEEE_802_1, b"\7"): _aggregation,
    (IEEE_802_3, b"\1"): _physical,
    (IEEE_802_3, b"\3"): _aggregation,
    (IEEE_802_3, b"\4"): _number("switch_port_mtu"),
}
# fmt: on
