"""What is said of a defect of this program: the traceback to the log, to people where to find it. Hides nothing."""

import logging

from baremetal.conductor import task

LOG = logging.getLogger(__name__)


def told(held: task.Task, what: str, error: Exception) -> str:
    """Log ``error``, which is being handled, and return the clause that says where its details are."""
    LOG.exception("%s Node %s: %s broke", held.ctx.request_id, held.node.uuid, what)
    return (f"{type(error).__name__}; the log of {held.means.seat.host} has the details under request id "
            f"{held.ctx.request_id}")
