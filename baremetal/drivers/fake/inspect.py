"""The fake inspect: finds nothing new."""

from baremetal import steps
from baremetal.drivers import inspect, task
from baremetal.drivers.fake import play


class FakeInspect(inspect.Inspect):
    """Every server is as its node says."""

    name = "fake"
    serves = ("fake-hardware", "ipmi")

    def validate(self, task: task.Task) -> None:
        """Check what the node wants played."""
        play.check(task)

    def inspect(self, task: task.Task) -> steps.Answer:
        """Pretend to."""
        return play.step(task, "inspect", "inspect")

    def abort(self, task: task.Task) -> None:
        """Pretend to."""
        play.act(task, "inspect", "abort")
