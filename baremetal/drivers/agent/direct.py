"""The direct deploy: the agent gets the image from the conductor and writes it. The pieces stand beside this file."""

from baremetal import steps
from baremetal.drivers import task
from baremetal.drivers.agent import bootable, custom, image, talk, writing


class DirectDeploy(custom.CustomAgentDeploy):
    """Writes an image to the server's root disk and starts it from there."""

    name = "direct"

    def validate(self, task: task.Task) -> None:
        """Check ramdisk, image, config drive and root device hints, as far as that is possible without fetching."""
        super().validate(task)
        if task.storage.writes_image(task):
            image.check(task)

    @steps.step(deploy=100, learns=True, abortable=True)
    def deploy(self, task: task.Task) -> steps.Answer:
        """Have the image ready, then boot the ramdisk. Safe to run twice: what is fetched stays, the boot is anew."""
        if task.storage.writes_image(task):
            image.reach_drive(task)
            image.prepare(task)
        return super().deploy(task)

    @steps.step(deploy=80)
    def write_image(self, task: task.Task) -> steps.Answer:
        """Let the agent write the image. Safe to run twice: what it has written in this boot is not written again."""
        return writing.begin(task)

    def write_image_ready(self, task: task.Task) -> bool:
        """Ask the agent whether it has ended."""
        return talk.ready(task)

    def write_image_resume(self, task: task.Task) -> steps.Answer:
        """Say how the writing ended."""
        return writing.resume(task)

    @steps.step(deploy=60)
    def prepare_instance_boot(self, task: task.Task) -> steps.Answer:
        """Let the agent install a boot loader where one is needed, and set the boot device. Safe to run twice."""
        return bootable.begin(task)

    def prepare_instance_boot_resume(self, task: task.Task) -> steps.Answer:
        """Set the boot device when the agent has ended."""
        return bootable.resume(task)

    def clean_up(self, task: task.Task) -> steps.Answer:
        """Let the image go, and do as without one."""
        image.release(task)
        super().clean_up(task)
        return None
