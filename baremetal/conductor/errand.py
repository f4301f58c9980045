"""An errand: short work on a held node that is no flow. How it ends is written here, once. Knows no errand."""

import collections.abc
import logging

from baremetal import errors
from baremetal.conductor import defects, draft, task

LOG = logging.getLogger(__name__)


def run(held: task.Task, what: str, work: collections.abc.Callable[[], None],
        failed: collections.abc.Callable[[str], None]) -> None:
    """Do ``work`` on a held node and give the node back; ``failed`` is told in words why it did not succeed."""
    try:
        try:
            work()
        except (errors.LeaseLost, draft.Unsaved):
            raise
        except errors.Fault as fault:
            failed(fault.text)
        except Exception as error:
            failed(defects.told(held, what, error))
        held.draft.freeing = True
        held.save()
    except (errors.LeaseLost, draft.Unsaved) as error:
        LOG.warning("Node %s: %s is left to others: %s", held.node.uuid, what, error)
    finally:
        # whatever happened: what nobody works on must not be renewed
        held.drop()
