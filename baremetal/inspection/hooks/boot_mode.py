"""boot-mode: how the server booted the ramdisk."""

from baremetal import errors
from baremetal.inspection import outcome, report

MODES = ("uefi", "bios")


def run(work: outcome.Work) -> None:
    """Note the boot mode as a capability and on the node, where the report says it."""
    found = report.value(work.report, "inventory.boot.current_boot_mode", str)
    if not found:
        return
    if found not in MODES:
        raise errors.ReportRefused(text=f"The report's inventory.boot.current_boot_mode is {found[:40]!r}; it must be "
                                        f"one of: {', '.join(MODES)}.")
    work.boot_mode = work.capabilities["boot_mode"] = found
