"""Who the controller of a node says it is. Asking proves address and credentials; not every driver can."""

import typing

from baremetal import errors
from baremetal.conductor import task


def ask(found: task.Task) -> dict[str, typing.Any]:
    """Return maker, product and firmware; nothing where driver or controller cannot tell. Raises its faults else."""
    try:
        return found.management.info(found)
    except (errors.Unsupported, errors.BmcUnsupported):
        return {}
