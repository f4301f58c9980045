"""cpus: properties/cpus."""

from baremetal.inspection import outcome, report


def run(work: outcome.Work) -> None:
    """Note how many processors there are, where the report says it."""
    found = report.value(work.report, "inventory.cpu.count", int)
    if found:
        work.properties["cpus"] = found
