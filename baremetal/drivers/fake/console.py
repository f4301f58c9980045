"""The fake console: opens and closes at once, and shows nothing."""

import typing

from baremetal.drivers import console, task
from baremetal.drivers.fake import play


class FakeConsole(console.Console):
    """There is nobody at the other end."""

    name = "fake"
    serves = ("fake-hardware",)

    def validate(self, task: task.Task) -> None:
        """Check what the node wants played."""
        play.check(task)

    def start(self, task: task.Task) -> None:
        """Pretend to."""
        play.act(task, "console", "start")

    def stop(self, task: task.Task) -> None:
        """Pretend to."""
        play.act(task, "console", "stop")

    def get(self, task: task.Task) -> dict[str, typing.Any]:
        """Return an address that nobody can go to."""
        play.act(task, "console", "get")
        return {"type": "fake", "url": f"fake://{task.node.uuid}"}
