"""The custom-agent deploy: a ramdisk whose agent brings the steps that write a system. Writes nothing by itself."""

from baremetal import steps
from baremetal.drivers import switch, task
from baremetal.drivers.agent import boots, frame, hints, talk


class CustomAgentDeploy(frame.AgentFrame):
    """Boots the agent, runs the steps that it brings or that are asked for, and starts what they wrote."""

    name = "custom-agent"

    def validate(self, task: task.Task) -> None:
        """Check what is needed to boot the ramdisk, and the root device hints."""
        super().validate(task)
        hints.of(task.node)

    @steps.step(deploy=100, learns=True, abortable=True)
    def deploy(self, task: task.Task) -> steps.Answer:
        """Boot the ramdisk on the provisioning network. Safe to run twice: it boots anew."""
        return boots.start(task, "deploy")

    def deploy_ready(self, task: task.Task) -> bool:
        """Return whether the agent has called back."""
        return isinstance(boots.arrived(task), steps.Done)

    def deploy_resume(self, task: task.Task) -> steps.Answer:
        """Go on when the agent has called back."""
        return boots.arrived(task)

    @steps.step(deploy=60)
    def prepare_instance_boot(self, task: task.Task) -> steps.Answer:
        """Let the next boots start what the agent's steps wrote. Safe to run twice."""
        task.boot.prepare_instance(task)
        return None

    def prepare_instance_boot_ready(self, task: task.Task) -> bool:
        """Return whether the agent has ended what it was told."""
        return talk.ready(task)

    def prepare_instance_boot_resume(self, task: task.Task) -> steps.Answer:
        """Go on when the agent has ended."""
        return None

    @steps.step(deploy=40)
    def tear_down_agent(self, task: task.Task) -> steps.Answer:
        """Flush the disks and switch the server off. Safe to run twice."""
        return steps.Done(boots.end(task))

    @steps.step(deploy=30)
    def switch_to_tenant_network(self, task: task.Task) -> steps.Answer:
        """Move the server's ports from the provisioning to the tenant's network. Safe to run twice."""
        task.network.disconnect(task, "provisioning")
        task.network.connect(task, "tenant")
        return None

    @steps.step(deploy=20)
    def boot_instance(self, task: task.Task) -> steps.Answer:
        """Start the deployed system. Safe to run twice: a server that is on stays on."""
        task.storage.attach(task)
        switch.change(task, "rebooting" if task.node.disable_power_off else "power on")
        boots.forget(task)
        return None
