"""The fake storage: volumes attach at once."""

from baremetal.drivers import remote, task
from baremetal.drivers.fake import play


class FakeStorage(remote.RemoteStorage):
    """Attaches whatever there is."""

    name = "fake"
    serves = ("fake-hardware",)

    def validate(self, task: task.Task) -> None:
        """Check what the node wants played."""
        super().validate(task)
        play.check(task)

    def attach(self, task: task.Task) -> None:
        """Pretend to."""
        play.act(task, "storage", "attach")

    def detach(self, task: task.Task) -> None:
        """Pretend to."""
        play.act(task, "storage", "detach")
