"""The firmware socket: which firmware is there, and bringing new. No implementation."""

import collections.abc
import typing

from baremetal import steps
from baremetal.drivers import interface, task

#: the argument of the step ``update``
SETTINGS = {"settings": "List of components to update, each {\"component\": …, \"url\": …}."}


class Firmware(interface.Interface):
    """Reads and updates firmware. Blocking; faults of kind hardware."""

    kind: typing.ClassVar[str] = "firmware"

    def components(self, task: task.Task) -> list[dict[str, typing.Any]]:
        """Return the components as ``{"component", "current_version", …}``; may be repeated."""
        raise NotImplementedError

    def update(self, task: task.Task, settings: collections.abc.Sequence[dict[str, typing.Any]]) -> steps.Answer:
        """Bring the firmware of ``settings`` onto the server. May be repeated: the same firmware again."""
        raise NotImplementedError
