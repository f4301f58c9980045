"""cpu-capabilities: what the processor can, as capabilities that schedulers match."""

from baremetal.inspection import outcome, report


def run(work: outcome.Work) -> None:
    """Note the capabilities whose flags are there."""
    flags = work.conf.inspector.cpu_capabilities
    found = report.value(work.report, "inventory.cpu.flags", list) or []
    work.capabilities.update({flags[flag]: "true" for flag in found if isinstance(flag, str) and flag in flags})
