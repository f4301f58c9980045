"""The fake firmware: every update succeeds and changes nothing."""

import collections.abc
import typing

from baremetal import steps
from baremetal.drivers import firmware, task
from baremetal.drivers.fake import play


class FakeFirmware(firmware.Firmware):
    """Has no components and takes every update."""

    name = "fake"
    serves = ("fake-hardware",)

    def validate(self, task: task.Task) -> None:
        """Check what the node wants played."""
        play.check(task)

    def components(self, task: task.Task) -> list[dict[str, typing.Any]]:
        """It has none."""
        play.act(task, "firmware", "components")
        return []

    @steps.step(clean=0, args=firmware.SETTINGS)
    def update(self, task: task.Task, settings: collections.abc.Sequence[dict[str, typing.Any]]) -> steps.Answer:
        """Pretend to. Safe to run twice."""
        return play.step(task, "firmware", "update")
