"""The power socket: is it on, switch it. No implementation."""

import concurrent.futures
import typing

from baremetal import states
from baremetal.drivers import interface, task


class Power(interface.Interface):
    """Reads and changes whether a server is on."""

    kind: typing.ClassVar[str] = "power"

    def read(self, task: task.Task) -> str | None:
        """Return "power on", "power off", "error", or None where nobody can know yet.

        Blocks for one conversation with the controller; may be repeated; changes nothing.
        Raises a fault of kind hardware when the controller does not answer.
        A controller that tells by the way how well the server is, sets ``task.health`` and ``task.ailments``.
        """
        raise NotImplementedError

    def read_later(self, task: task.Task, pool: concurrent.futures.Executor) -> "concurrent.futures.Future[str | None]":
        """Begin ``read`` and return its future. Does not block, so that a sweep can ask thousands at once.

        Implementations whose client is asynchronous return its future; here ``read`` runs in ``pool``.
        """
        return pool.submit(self.read, task)

    def set(self, task: task.Task, target: str, timeout: float | None = None) -> None:
        """Bring the server to ``target``, one of ``supported``.

        Blocks until the controller itself reports the state, at most ``timeout`` seconds (None: as configured).
        May be repeated for on and off; each reboot asked for is one reboot. Raises PowerFailed with what was seen
        when the state is not reached, Unsupported for a target that it cannot do, else a fault of kind hardware.
        """
        raise NotImplementedError

    def supported(self, task: task.Task) -> list[str]:
        """Return the targets of ``states.POWER_TARGETS`` that ``set`` takes. Does not block."""
        return list(states.POWER_TARGETS)
