"""Faults of inspection: what an agent reports of a server cannot be used."""

from baremetal.errors import fault


class ReportRefused(fault.Fault):
    """A report is not one that can be worked on; ``text`` names what in it is wrong, and what would be right."""

    kind, code = "invalid", "report-refused"
