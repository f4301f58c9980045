"""The fake RAID: what is wanted is there."""

import typing

from baremetal import steps
from baremetal.drivers import raid, task
from baremetal.drivers.fake import play


class FakeRaid(raid.Raid):
    """Accepts every configuration that can be meant and builds none."""

    name = "fake"
    serves = ("fake-hardware",)

    def validate(self, task: task.Task) -> None:
        """Check what the node wants played, and the target configuration."""
        play.check(task)
        self.check(task, task.node.target_raid_config)

    def create_configuration(self, task: task.Task, **wanted: typing.Any) -> steps.Answer:
        """Pretend to."""
        return play.step(task, "raid", "create_configuration")

    def delete_configuration(self, task: task.Task) -> steps.Answer:
        """Pretend to."""
        return play.step(task, "raid", "delete_configuration")
