"""cpu-capabilities: what the processor can, as capabilities that schedulers match."""

from baremetal.inspection import outcome, report

#: flag of the processor: capability
FLAGS = {"vmx": "cpu_vt", "svm": "cpu_vt", "aes": "cpu_aes", "pse": "cpu_hugepages", "pdpe1gb": "cpu_hugepages_1g",
         "smx": "cpu_txt"}


def run(work: outcome.Work) -> None:
    """Note the capabilities whose flags are there."""
    found = report.value(work.report, "inventory.cpu.flags", list) or []
    work.capabilities.update({FLAGS[flag]: "true" for flag in found if isinstance(flag, str) and flag in FLAGS})
