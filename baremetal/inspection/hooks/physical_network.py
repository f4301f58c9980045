"""physical-network: which physical network each port is on, from the addresses that it got."""

import ipaddress
import typing

from baremetal import errors
from baremetal.inspection import outcome


def run(work: outcome.Work) -> None:
    """Give ports without a physical network that of the first configured range that has their address."""
    ranges = _ranges(work.conf.inspector.physical_network_cidr_map)
    for found in work.interfaces.values():
        port = work.ports.get(found["mac_address"])
        if port is None or port.gone or port.values.get("physical_network"):
            continue
        for address in filter(None, map(_address, (found.get("ipv4_address"), found.get("ipv6_address")))):
            name = next((name for network, name in ranges if address in network), None)
            if name:
                port.set("physical_network", name)
                break


def _ranges(lines: list[str]) -> list[tuple[typing.Any, str]]:
    """Return the configured ranges; raises ``ReportRefused`` that names one that is none."""
    found = []
    for line in lines:
        cidr, _, name = line.rpartition(":")
        try:
            found.append((ipaddress.ip_network(cidr.strip().strip("[]")), name.strip()))
        except ValueError:
            raise errors.ReportRefused(text=f"[inspector]physical_network_cidr_map has {line!r} in it; it must be "
                                            "RANGE:NAME, as 10.0.0.0/24:provisioning.") from None
    return found


def _address(text: typing.Any) -> typing.Any:
    try:
        return ipaddress.ip_address(str(text).split("%")[0])
    except ValueError:
        return None
