"""The inspect socket: find out what the server is made of. No implementation."""

import typing

from baremetal import steps
from baremetal.drivers import interface, task


class Inspect(interface.Interface):
    """Finds properties and ports and notes them on the node."""

    kind: typing.ClassVar[str] = "inspect"
    reports: typing.ClassVar[bool] = False
    """Whether ``inspect`` hands what it finds to ``task.report``, for hooks and rules as an agent's report."""

    def inspect(self, task: task.Task) -> steps.Answer:
        """Inspect out of band and answer Done, or start a ramdisk that will report and answer Wait.

        May be repeated. Raises a fault of kind hardware.
        """
        raise NotImplementedError

    def leave(self, task: task.Task) -> steps.Answer:
        """Leave what ``inspect`` made, after the report was processed: ramdisk's files away, power off."""

    def abort(self, task: task.Task) -> None:
        """Stop an inspection that waits; what it left behind is cleaned up. May be repeated."""
        raise interface.unsupported(task, "abort")
