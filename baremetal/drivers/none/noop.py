"""``noop``: nothing is to be done, because somebody else has done it. Everything succeeds and changes nothing."""

import collections.abc
import typing

from baremetal import errors, steps
from baremetal.drivers import deploy, management, network, storage, task


class NoopDeploy(deploy.Deploy):
    """The server has its system already, or gets it from somebody else: nothing is written to it."""

    name = "noop"
    serves = ("manual-management", "ipmi")

    @steps.step(deploy=100)
    def deploy(self, task: task.Task) -> steps.Answer:
        """Write nothing, and say so in the timeline. Safe to run twice."""
        return steps.Done({"written": "nothing"})


class NoopManagement(management.Management):
    """People see to the boot order: the network first, then the disk."""

    name = "noop"
    serves = ("manual-management", "ipmi")

    def supported_boot_devices(self, task: task.Task) -> list[str]:
        """Return the devices of the boot order that people have set."""
        return ["pxe", "disk"]

    def boot_device(self, task: task.Task) -> tuple[str | None, bool | None]:
        """Return the first of that order."""
        return "pxe", True

    def set_boot_device(self, task: task.Task, device: str, *, persistent: bool = False) -> None:
        """Accept what the order holds already."""
        if device not in self.supported_boot_devices(task):
            raise errors.BadField(field="boot_device", value=device,
                                  wanted=f"Supported are: {', '.join(self.supported_boot_devices(task))}.")


class NoopNetwork(network.Network):
    """The switches are as they should be; all networks are one."""

    name = "noop"

    def connect(self, task: task.Task, network: str) -> None:
        """The server is there already."""

    def disconnect(self, task: task.Task, network: str) -> None:
        """The server stays where it is."""

    def vifs(self, task: task.Task) -> list[dict[str, typing.Any]]:
        """None are kept."""
        return []

    def attach_vif(self, task: task.Task, vif: collections.abc.Mapping[str, typing.Any]) -> None:
        """Nothing to attach to."""

    def detach_vif(self, task: task.Task, vif: str) -> None:
        """Nothing to detach from."""


class NoopStorage(storage.Storage):
    """No remote volumes."""

    name = "noop"

    def attach(self, task: task.Task) -> None:
        """There are none."""

    def detach(self, task: task.Task) -> None:
        """There are none."""

    def writes_image(self, task: task.Task) -> bool:
        """The image goes to a local disk."""
        return True
