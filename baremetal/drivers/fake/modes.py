"""The fake boot modes: as they were set last, UEFI without secure boot before that."""

from baremetal import errors
from baremetal.drivers import management, task
from baremetal.drivers.fake import play

#: what a server that was told nothing has
MODE = "uefi"


class FakeBootModes(management.BootModes):
    """What is in force is what the node says, for the conductor writes there what was set."""

    def supported_boot_modes(self, task: task.Task) -> list[str]:
        """Return both."""
        return list(management.BOOT_MODES)

    def boot_mode(self, task: task.Task) -> str:
        """Return what was set."""
        play.act(task, "management", "boot_mode")
        return task.node.boot_mode or MODE

    def set_boot_mode(self, task: task.Task, mode: str) -> None:
        """Accept both; BIOS knows no secure boot."""
        play.act(task, "management", "set_boot_mode")
        if mode == "bios" and task.node.secure_boot:
            raise errors.Invalid(text="Secure boot is on, which boot mode 'bios' does not have. Switch it off first.")

    def secure_boot(self, task: task.Task) -> bool:
        """Return what was set."""
        play.act(task, "management", "secure_boot")
        return bool(task.node.secure_boot)

    def set_secure_boot(self, task: task.Task, *, enabled: bool) -> None:
        """Accept it; BIOS knows none."""
        play.act(task, "management", "set_secure_boot")
        if enabled and task.node.boot_mode == "bios":
            raise errors.Invalid(text="Boot mode 'bios' has no secure boot. Set boot mode 'uefi' first.")
