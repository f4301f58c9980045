"""The ramdisk deploy: the instance is a kernel and a ramdisk, booted over the network each time. Writes no disk."""

from baremetal import errors, states, steps
from baremetal.drivers import switch, task
from baremetal.drivers.agent import frame

#: capability that a boot interface needs
ABLE = "ramdisk_boot"


class RamdiskDeploy(frame.AgentFrame):
    """Starts kernel and ramdisk of ``instance_info``; the agent is booted for cleaning and servicing only."""

    name = "ramdisk"

    def validate(self, task: task.Task) -> None:
        """Check that there are kernel and ramdisk, and a boot interface that can start them."""
        super().validate(task)
        if ABLE not in task.boot.capabilities:
            raise errors.Unsupported(driver=task.node.driver,
                                     what=f"deploy interface ramdisk with boot interface {task.boot.name}")
        info = task.node.instance_info
        for key in ("kernel", "ramdisk"):
            if not info.get(key):
                raise errors.MissingField(field=f"instance_info/{key}", resource="node",
                                          wanted=f"It is the URL of the {key} to boot.")

    @steps.step(deploy=100)
    def deploy(self, task: task.Task) -> steps.Answer:
        """Lay kernel and ramdisk ready and start the server from them. Safe to run twice."""
        if not task.node.disable_power_off:
            switch.change(task, "power off")
        frame.tenant(task)
        return steps.Done({"written": "nothing"})

    def take_over(self, task: task.Task) -> None:
        """Lay kernel and ramdisk ready on this conductor: the server fetches them at each start."""
        if task.node.provision_state in (states.ACTIVE, states.ADOPTING):
            task.boot.prepare_instance(task)
