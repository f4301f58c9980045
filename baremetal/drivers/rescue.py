"""The rescue socket: a ramdisk to log in to beside the tenant's system. No implementation."""

import typing

from baremetal import steps
from baremetal.drivers import interface, task


class Rescue(interface.Interface):
    """Enters and leaves the rescue ramdisk. Blocking, repeatable; faults of kind hardware."""

    kind: typing.ClassVar[str] = "rescue"

    def rescue(self, task: task.Task) -> steps.Answer:
        """Start the rescue ramdisk; Wait for it where it reports."""
        raise NotImplementedError

    def unrescue(self, task: task.Task) -> steps.Answer:
        """Start the tenant's system again."""
        raise NotImplementedError

    def clean_up(self, task: task.Task) -> None:
        """Remove what ``rescue`` left on the conductor, also after it failed or was aborted."""
