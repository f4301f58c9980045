"""The firmware socket: which firmware is there, and bringing new. No implementation."""

import collections.abc
import typing

from baremetal import errors, steps
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


def check(settings: typing.Any) -> None:
    """Raise BadField unless ``settings`` lists components with the addresses of their firmware."""
    fits = isinstance(settings, list) and settings and all(
        isinstance(item, dict) and all(isinstance(item.get(key), str) and item[key] for key in ("component", "url"))
        for item in settings)
    if not fits:
        raise errors.BadField(field="settings", value=settings, wanted=SETTINGS["settings"])
