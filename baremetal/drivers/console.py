"""The console socket: the server's screen or serial line. No implementation."""

import typing

from baremetal.drivers import interface, task


class Console(interface.Interface):
    """Opens and closes a way to the console. Blocking for moments, repeatable; faults of kind hardware."""

    kind: typing.ClassVar[str] = "console"

    def start(self, task: task.Task) -> None:
        """Make the console reachable. Being so already is no fault."""
        raise NotImplementedError

    def stop(self, task: task.Task) -> None:
        """Close the console. Being closed already is no fault."""
        raise NotImplementedError

    def get(self, task: task.Task) -> dict[str, typing.Any]:
        """Return ``{"type": …, "url": …}`` of a console that was started."""
        raise NotImplementedError
