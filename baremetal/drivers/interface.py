"""What all sockets have in common: name, whom it serves, which driver_info keys it needs. No socket itself."""

import collections.abc
import typing

from baremetal import errors, steps
from baremetal.drivers import task

#: the kinds of interface, in the order in which the API lists them
KINDS = ("bios", "boot", "console", "deploy", "firmware", "inspect", "management", "network", "power", "raid",
         "rescue", "storage", "vendor")


class Interface:
    """One implementation of one socket. It keeps nothing between calls: one object serves all nodes at once.

    A method answers or raises a fault of ``errors.py``; foreign exceptions never leave it.
    """

    kind: typing.ClassVar[str]
    """Which socket it fits: one of KINDS."""
    name: typing.ClassVar[str]
    """The name clients know it by; unique within its kind."""
    serves: typing.ClassVar[tuple[str, ...]] = ()
    """Hardware types it serves, their descendants included; () is all. Types may list further ones themselves."""
    needs: typing.ClassVar[collections.abc.Mapping[str, str]] = {}
    """driver_info keys without which it cannot work, each with its sentence."""
    optional: typing.ClassVar[collections.abc.Mapping[str, str]] = {}
    """Further driver_info keys that it reads, each with its sentence."""
    automatic: typing.ClassVar[bool] = True
    """Whether steps of the agent for this interface may run without being asked for."""

    def validate(self, task: task.Task) -> None:
        """Check what the node says against what this implementation needs.

        Does not block and speaks to nobody; may be repeated. Raises DriverInfoMissing, DriverInfoWrong, or
        Unsupported where the implementation stands for "this node cannot do it".
        """
        missing = [key for key in self.needs if task.node.driver_info.get(key) in (None, "")]
        if missing:
            raise errors.DriverInfoMissing(
                keys=", ".join(missing), interface=f"{self.name} {self.kind}",
                wanted=" ".join(f"{key}: {self.needs[key]}" for key in missing))

    def tell_agent(self, task: task.Task, kind: str, step: steps.Step) -> tuple[dict[str, typing.Any],
                                                                               dict[str, typing.Any]]:
        """Return arguments of a step of this interface that the agent will do, and what it reads of the node instead.

        Called when the step is planned, too: raises what is wrong with it. Does not block, changes nothing.
        """
        return step.args, {}

    def agent_ended(self, task: task.Task, kind: str, step: steps.Step, result: typing.Any) -> None:
        """Take what the agent answered at the end of such a step; may be repeated, raises StepFailed."""

    def properties(self) -> dict[str, str]:
        """Return the driver_info keys it knows, each with a sentence, as the API's driver properties show them."""
        return {**{key: f"{says} Required." for key, says in self.needs.items()},
                **{key: f"{says} Optional." for key, says in self.optional.items()}}


def unsupported(task: task.Task, what: str) -> errors.Unsupported:
    """Return the fault that says: this node's driver cannot do ``what``."""
    return errors.Unsupported(driver=task.node.driver, what=what)
