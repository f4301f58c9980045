"""root-device: properties/local_gb, from the disk that the node's hints choose, or that the agent chose."""

import typing

from baremetal import errors
from baremetal.inspection import hints, outcome, report

GIB = 2 ** 30


def run(work: outcome.Work) -> None:
    """Note the size of the root disk, less one GiB that partition tables and rounding may take."""
    disks: list[dict[str, typing.Any]] = report.value(work.report, "inventory.disks", list) or []
    wanted = work.properties.get("root_device")
    if wanted:
        if not isinstance(wanted, dict):
            raise errors.ReportRefused(text="The node's properties/root_device is no object of hints. Mend it, then "
                                            "inspect again.")
        root = next((disk for disk in disks if hints.fits(disk, wanted)), None)
        if root is None:
            raise errors.ReportRefused(text=f"None of the {len(disks)} disks reported fits the hints in the node's "
                                            f"properties/root_device ({_shown(wanted)}).")
        work.plugin_data["root_disk"] = root
    size = report.value({"root_disk": work.plugin_data.get("root_disk")}, "root_disk.size", int)
    # no disk at all is fine for nodes that boot from elsewhere; so says 0
    work.properties["local_gb"] = max(0, (size or 0) // GIB - 1)


def _shown(wanted: dict[str, typing.Any]) -> str:
    return ", ".join(f"{key} {str(value)[:60]}" for key, value in wanted.items())
