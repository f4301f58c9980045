"""architecture: properties/cpu_arch."""

from baremetal import errors
from baremetal.inspection import outcome, report


def run(work: outcome.Work) -> None:
    """Note the processor's architecture; without it nothing can be deployed."""
    found = report.value(work.report, "inventory.cpu.architecture", str)
    if not found:
        raise errors.ReportRefused(text="The report's inventory.cpu.architecture is absent; it must be a text such as "
                                        "x86_64.")
    work.properties["cpu_arch"] = found
