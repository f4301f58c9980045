"""ramdisk-error: what the agent itself says went wrong."""

from baremetal import errors
from baremetal.inspection import outcome

#: longest text of an agent that becomes the node's last_error
MOST = 2000


def run(work: outcome.Work) -> None:
    """Refuse a report whose agent says that it failed."""
    said = work.report.get("error")
    if said:
        raise errors.ReportRefused(text=f"The ramdisk reports an error: {str(said)[:MOST]}")
