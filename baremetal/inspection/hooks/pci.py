"""What hooks share that look at a report's PCI devices."""

import typing

from baremetal.inspection import outcome, report


def devices(work: outcome.Work) -> list[dict[str, typing.Any]]:
    """Return the PCI devices of a report; agents and BMCs put them in different places."""
    found = report.value(work.report, "pci_devices", list) or report.value(work.report, "inventory.pci_devices", list)
    return [device for device in found or () if isinstance(device, dict)]
