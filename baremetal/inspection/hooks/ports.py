"""ports: the node's ports become those of the interfaces that were reported, as far as the configuration wants it.

What booted has pxe_enabled afterwards and nothing else has it. Where the report does not say what booted, nothing is
known: ports keep theirs, and all interfaces count as bootable.
"""

import collections.abc
import typing

from baremetal.inspection import outcome

Interface = dict[str, typing.Any]


def _active(found: Interface, _booted: str | None) -> bool:
    return bool(found.get("ipv4_address") or found.get("ipv6_address"))


def _booting(found: Interface, booted: str | None) -> bool:
    return booted is None or found["mac_address"] == booted


#: value of [inspector]add_ports: which interfaces become ports
ADD: dict[str, collections.abc.Callable[[Interface, str | None], bool]] = {
    "all": lambda _found, _booted: True,
    "active": _active,
    "pxe": _booting,
    "disabled": lambda _found, _booted: False,
}


def run(work: outcome.Work) -> None:
    """Make ports, change them, and leave out those that shall not stay."""
    booted, wanted = work.booted_from(), ADD[work.conf.inspector.add_ports]
    present = {found["mac_address"] for found in work.interfaces.values()}
    added = {found["mac_address"] for found in work.interfaces.values() if wanted(found, booted)}
    keeps = {"all": present | set(work.ports), "present": present, "added": added}[work.conf.inspector.keep_ports]
    for port in work.ports.values():
        port.gone = port.address not in keeps
        if booted in present:
            port.set("pxe_enabled", port.address == booted)
    for found in work.interfaces.values():
        address = found["mac_address"]
        if address in added and address not in work.ports:
            client = found.get("client_id")
            work.make_port(address, pxe_enabled=booted not in present or address == booted,
                           extra={"client-id": client} if isinstance(client, str) and client else {},
                           local_link_connection={})
