"""validate-interfaces: which network interfaces of the report are real."""

import typing

from baremetal import errors
from baremetal.inspection import outcome

LOOPBACK = "lo"


def run(work: outcome.Work) -> None:
    """Leave the interfaces that have a name and a MAC address; refuse a report without any."""
    booted = work.booted_from()
    there: dict[str, dict[str, typing.Any]] = {}
    seen: set[str] = set()
    wrong: list[str] = []
    for number, found in enumerate(work.inventory["interfaces"]):
        name, address = found.get("name"), outcome.mac(found.get("mac_address"))
        if not isinstance(name, str) or not name:
            wrong.append(f"number {number} has no name")
        elif address is None:
            wrong.append(f"{name[:40]} has mac_address {str(found.get('mac_address'))[:40]!r}")
        elif name != LOOPBACK and address not in seen and name not in there:
            seen.add(address)
            there[name] = {**found, "mac_address": address, "pxe_enabled": address == booted}
    if not there:
        raise errors.ReportRefused(text="The report has no usable network interface in inventory.interfaces: "
                                        f"{'; '.join(wrong[:5]) or 'only loopback'}. Each needs a name and a MAC "
                                        "address.")
    work.interfaces = there
    work.plugin_data.update(all_interfaces=there, valid_interfaces=there,
                            macs=[found["mac_address"] for found in there.values()])
