"""raid-device: the disk that is new since the last inspection becomes the root device, if there is just one.

For RAID controllers that do not tell what they have made: inspect before and after.
"""

import typing

from baremetal.inspection import outcome, report


def run(work: outcome.Work) -> None:
    """Note the serial number of the one new disk in properties/root_device."""
    if "root_device" in work.properties or work.previous is None:
        return
    before = _serials(work.previous.get("disks"))
    new = [serial for serial in _serials(report.value(work.report, "inventory.disks", list)) if serial not in before]
    if len(new) == 1:
        work.properties["root_device"] = {"serial": new[0]}


def _serials(disks: typing.Any) -> list[str]:
    """Return the serial numbers of disks that have one."""
    found = disks if isinstance(disks, list) else []
    return [disk["serial"] for disk in found if isinstance(disk, dict) and isinstance(disk.get("serial"), str)
            and disk["serial"]]
