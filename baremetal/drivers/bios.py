"""The BIOS socket: settings of the firmware. No implementation."""

import collections.abc
import typing

from baremetal import steps
from baremetal.drivers import interface, task

#: the argument of the step ``apply_configuration``
SETTINGS = {"settings": "List of settings, each {\"name\": …, \"value\": …}."}


class Bios(interface.Interface):
    """Reads and changes settings of the firmware. Blocking, repeatable; faults of kind hardware."""

    kind: typing.ClassVar[str] = "bios"

    def read(self, task: task.Task) -> list[dict[str, typing.Any]]:
        """Return the present settings as ``{"name", "value", …}``; the conductor stores them for the API."""
        raise NotImplementedError

    def apply_configuration(self, task: task.Task,
                            settings: collections.abc.Sequence[dict[str, typing.Any]]) -> steps.Answer:
        """Change settings; Wait where the server must boot for it."""
        raise NotImplementedError

    def factory_reset(self, task: task.Task) -> steps.Answer:
        """Bring all settings back to the maker's."""
        raise NotImplementedError

    def cache_bios_settings(self, task: task.Task) -> steps.Answer:
        """Read the settings afresh. Where there are none, there is nothing to do."""
