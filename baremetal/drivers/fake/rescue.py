"""The fake rescue: the rescue ramdisk is there at once."""

from baremetal import steps
from baremetal.drivers import rescue, task
from baremetal.drivers.fake import play


class FakeRescue(rescue.Rescue):
    """Enters and leaves at once."""

    name = "fake"
    serves = ("fake-hardware",)

    def validate(self, task: task.Task) -> None:
        """Check what the node wants played."""
        play.check(task)

    def rescue(self, task: task.Task) -> steps.Answer:
        """Pretend to."""
        return play.step(task, "rescue", "rescue")

    def unrescue(self, task: task.Task) -> steps.Answer:
        """Pretend to."""
        return play.step(task, "rescue", "unrescue")

    def clean_up(self, task: task.Task) -> None:
        """Pretend to."""
        play.act(task, "rescue", "clean_up")
