"""The fake RAID: what is wanted is noted as built."""

import typing

from baremetal import steps
from baremetal.drivers import raid, task
from baremetal.drivers.fake import play


class FakeRaid(raid.Raid):
    """Accepts every configuration that can be meant, builds none, and says that it is there."""

    name = "fake"
    serves = ("fake-hardware",)

    def validate(self, task: task.Task) -> None:
        """Check what the node wants played, and the target configuration."""
        play.check(task)
        self.check(task, task.node.target_raid_config)

    @steps.step(clean=0, service=0, args={
        "create_root_volume": "Whether the root volume is built; true.",
        "create_nonroot_volumes": "Whether the others are built; true.",
        "delete_existing": "Whether those that are there go first; false."})
    def create_configuration(self, task: task.Task, *, create_root_volume: bool = True,
                             create_nonroot_volumes: bool = True, delete_existing: bool = False) -> steps.Answer:
        """Note the target configuration as built. Safe to run twice."""
        config = raid.wanted(task, create_root_volume=create_root_volume,
                             create_nonroot_volumes=create_nonroot_volumes)
        answer = play.step(task, "raid", "create_configuration")
        raid.built(task, config)
        return answer

    @steps.step(clean=0, service=0)
    def delete_configuration(self, task: task.Task) -> steps.Answer:
        """Note that there is none. Safe to run twice."""
        answer = play.step(task, "raid", "delete_configuration")
        raid.gone(task)
        return answer

    @steps.step(deploy=0, service=0, args={
        "raid_config": "What shall be built, as for PUT states/raid.",
        "create_root_volume": "Whether the root volume is built; true.",
        "create_nonroot_volumes": "Whether the others are built; true.",
        "delete_existing": "Whether those that are there go first; true."})
    def apply_configuration(self, task: task.Task, raid_config: dict[str, typing.Any], *,
                            create_root_volume: bool = True, create_nonroot_volumes: bool = True,
                            delete_existing: bool = True) -> steps.Answer:
        """Take the configuration as the target and note it as built. Safe to run twice."""
        return super().apply_configuration(
            task, raid_config, create_root_volume=create_root_volume,
            create_nonroot_volumes=create_nonroot_volumes, delete_existing=delete_existing)
