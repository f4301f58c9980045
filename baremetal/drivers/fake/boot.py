"""The fake boot: prepares nothing, and takes its time for it."""

import collections.abc

from baremetal.drivers import boot, task
from baremetal.drivers.fake import play


class FakeBoot(boot.Boot):
    """Everything is ready to boot at once."""

    name = "fake"
    serves = ("fake-hardware", "ipmi")
    capabilities = ("ramdisk_boot", "ramdisk_boot_configdrive", "iscsi_volume_boot")

    def validate(self, task: task.Task) -> None:
        """Check what the node wants played."""
        play.check(task)

    def prepare_ramdisk(self, task: task.Task, parameters: collections.abc.Mapping[str, str], mode: str) -> None:
        """Pretend to."""
        play.act(task, "boot", "prepare_ramdisk")

    def clean_up_ramdisk(self, task: task.Task, mode: str) -> None:
        """Pretend to."""
        play.act(task, "boot", "clean_up_ramdisk")

    def prepare_instance(self, task: task.Task) -> None:
        """Pretend to."""
        play.act(task, "boot", "prepare_instance")

    def clean_up_instance(self, task: task.Task) -> None:
        """Pretend to."""
        play.act(task, "boot", "clean_up_instance")
