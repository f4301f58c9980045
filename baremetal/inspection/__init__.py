"""What is done with an agent's report: report, node and ports in, changes out. Knows no database and asks nobody."""

from baremetal.inspection.outcome import Outcome
from baremetal.inspection.processing import chosen, process
from baremetal.inspection.report import check

__all__ = ("Outcome", "check", "chosen", "process")
