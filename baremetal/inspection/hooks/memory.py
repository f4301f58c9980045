"""memory: properties/memory_mb."""

from baremetal.inspection import outcome, report

MIB = 2 ** 20


def run(work: outcome.Work) -> None:
    """Note the memory that is built in, or else what the system sees of it."""
    found = report.value(work.report, "inventory.memory.physical_mb", int)
    if not found:
        found = (report.value(work.report, "inventory.memory.total", int) or 0) // MIB
    if found:
        work.properties["memory_mb"] = found
