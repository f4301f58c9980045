"""What is done with an agent's report: report, node and ports in, changes out. Knows no database and asks nobody."""

from baremetal.inspection.outcome import Asked, Outcome
from baremetal.inspection.processing import Around, chosen, process
from baremetal.inspection.report import check

__all__ = ("Around", "Asked", "Outcome", "check", "chosen", "process")
