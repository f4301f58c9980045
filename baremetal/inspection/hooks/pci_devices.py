"""pci-devices: how many there are of the PCI devices that operators gave a name, as capabilities."""

import collections
import json

from baremetal import errors
from baremetal.inspection import outcome
from baremetal.inspection.hooks import pci

KEYS = {"vendor_id", "product_id", "name"}


def run(work: outcome.Work) -> None:
    """Note the number of devices of each name that is there."""
    names = _names(work.conf.inspector.pci_device_alias)
    found = collections.Counter(names.get((str(device.get("vendor_id")), str(device.get("product_id"))))
                                for device in pci.devices(work))
    work.capabilities.update({name: str(count) for name, count in found.items() if name})


def _names(lines: list[str]) -> dict[tuple[str, str], str]:
    """Return the configured names; raises ``ReportRefused`` for a line that is none."""
    found = {}
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict) or set(entry) != KEYS:
            raise errors.ReportRefused(text=f"[inspector]pci_device_alias has {line[:100]!r} in it; it must be an "
                                            "object of vendor_id, product_id and name.")
        found[str(entry["vendor_id"]), str(entry["product_id"])] = str(entry["name"])
    return found
