"""The fake storage: volumes attach at once."""

from baremetal.drivers import storage, task
from baremetal.drivers.fake import play


class FakeStorage(storage.Storage):
    """Attaches whatever there is."""

    name = "fake"
    serves = ("fake-hardware",)

    def validate(self, task: task.Task) -> None:
        """Check what the node wants played."""
        play.check(task)

    def attach(self, task: task.Task) -> None:
        """Pretend to."""
        play.act(task, "storage", "attach")

    def detach(self, task: task.Task) -> None:
        """Pretend to."""
        play.act(task, "storage", "detach")

    def writes_image(self, task: task.Task) -> bool:
        """The image goes to a local disk."""
        return True
