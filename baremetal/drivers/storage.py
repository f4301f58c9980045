"""The storage socket: remote volumes. No implementation."""

import typing

from baremetal.drivers import interface, task


class Storage(interface.Interface):
    """Attaches remote volumes. Blocking, repeatable; faults of kind hardware."""

    kind: typing.ClassVar[str] = "storage"

    def attach(self, task: task.Task) -> None:
        """Attach the node's volumes before its system starts."""
        raise NotImplementedError

    def detach(self, task: task.Task) -> None:
        """Detach the node's volumes. None attached is no fault."""
        raise NotImplementedError

    def writes_image(self, task: task.Task) -> bool:
        """Return whether the image goes to a local disk (else the volume brings the system). Does not block."""
        raise NotImplementedError
