"""The boot socket: how a ramdisk or the deployed system gets started. No implementation."""

import collections.abc
import typing

from baremetal.drivers import interface, task

#: why a ramdisk is started
MODES = ("deploy", "clean", "service", "inspect", "rescue")


class Boot(interface.Interface):
    """Prepares what the server will boot; it does not switch the power.

    All methods block for file work and few conversations with the controller, may be repeated, and undo nothing
    of each other unless they say so. They raise a fault of kind hardware, or DriverInfoMissing.
    """

    kind: typing.ClassVar[str] = "boot"
    capabilities: typing.ClassVar[tuple[str, ...]] = ()
    """What it can do beyond booting an agent: iscsi_volume_boot, ramdisk_boot, ramdisk_boot_configdrive."""

    def prepare_ramdisk(self, task: task.Task, parameters: collections.abc.Mapping[str, str], mode: str) -> None:
        """Let the next boot start the ramdisk of ``mode`` with ``parameters`` on its kernel line."""
        raise NotImplementedError

    def clean_up_ramdisk(self, task: task.Task, mode: str) -> None:
        """Undo ``prepare_ramdisk``: files and boot device. Nothing to undo is no fault."""
        raise NotImplementedError

    def prepare_instance(self, task: task.Task) -> None:
        """Let the next boots start what was deployed."""
        raise NotImplementedError

    def clean_up_instance(self, task: task.Task) -> None:
        """Undo ``prepare_instance``. Nothing to undo is no fault."""
        raise NotImplementedError
