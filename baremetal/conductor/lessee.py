"""Which project a node is lent to by its deployment, and that it is taken back when that ends.

What a lessee may do is not said here: that is policy. A lessee that somebody has set, before or meanwhile, is left
alone.
"""

import typing

from baremetal import errors
from baremetal.conductor import task

#: driver_internal_info key that says to which project a deployment has lent the node
LENT = "automatic_lessee"
#: instance_info key that names the instance's project; Nova writes it
PROJECT = "project_id"
#: longest that is stored
MOST = 255


def _of_instance(found: task.Task) -> str | None:
    named = found.node.instance_info.get(PROJECT)
    if named in (None, ""):
        return None
    if isinstance(named, bool) or not isinstance(named, (str, int)) or len(str(named)) > MOST:
        raise errors.BadField(field=f"instance_info/{PROJECT}", value=str(named)[:100],
                              wanted=f"It must be the id of a project, at most {MOST} characters: the node is lent "
                                     "to that project ([conductor]automatic_lessee_source is 'instance').")
    return str(named)


def _of_request(found: task.Task) -> str | None:
    return found.ctx.project


def _nobody(_found: task.Task) -> None:
    return None


#: automatic_lessee_source: who the node is lent to
SOURCES: dict[str, typing.Callable[[task.Task], str | None]] = {
    "instance": _of_instance, "request": _of_request, "none": _nobody}


def choose(found: task.Task) -> str | None:
    """Return the project that a deployment would lend the node to, None for nobody; raises ``BadField``."""
    options = found.conf.conductor
    if found.node.lessee or not options.automatic_lessee:
        return None
    return SOURCES[options.automatic_lessee_source](found)


def lend(held: task.Task) -> None:
    """Lend the node for the deployment that begins."""
    project = choose(held)
    if project is not None:
        held.node.lessee = project
        held.node.driver_internal_info[LENT] = project


def take_back(held: task.Task) -> None:
    """End what ``lend`` began. Safe to run twice."""
    project = held.node.driver_internal_info.pop(LENT, None)
    if project is not None and held.node.lessee == project:
        held.node.lessee = None
