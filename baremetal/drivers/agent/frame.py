"""What all deploys with an agent share: cleaning, servicing, and the agent's own steps. No implementation by itself."""

import contextlib

from baremetal import errors, states, steps
from baremetal.drivers import deploy, switch, task
from baremetal.drivers.agent import boots, learned, logs, talk

#: states in which a deploy that did not come about leaves a server that should not run on
BROKEN = (states.DEPLOYING, states.DEPLOYWAIT, states.DEPLOYHOLD, states.DEPLOYFAIL)


class AgentFrame(deploy.Deploy):
    """Boots the ramdisk before steps and takes it away after them."""

    grows = True
    serves = ("generic",)
    optional = {
        "deploy_kernel": "Kernel of the deploy ramdisk, a URL; [conductor]deploy_kernel where it is not given.",
        "deploy_ramdisk": "The deploy ramdisk, a URL; [conductor]deploy_ramdisk where it is not given.",
        "agent_verify_ca": "How the agent's certificate is verified where it tells none: true, false, or a path.",
        "image_download_source": "Where agents get images: local (the conductor) or http (the image's own source).",
        "image_http_proxy": "Proxy for agents that get images over HTTP from their own source.",
        "image_https_proxy": "Proxy for agents that get images over HTTPS from their own source.",
        "image_no_proxy": "Hosts that agents reach without a proxy.",
    }

    def validate(self, task: task.Task) -> None:
        """Check what is needed to boot the ramdisk."""
        super().validate(task)
        task.boot.validate(task)

    # --- cleaning and servicing ---

    @steps.step(learns=True, abortable=True)
    def prepare_cleaning(self, task: task.Task) -> steps.Answer:
        """Boot the ramdisk on the cleaning network. Safe to run twice: it boots anew."""
        task.boot.validate(task)
        return boots.start(task, "clean")

    def prepare_cleaning_ready(self, task: task.Task) -> bool:
        """Return whether the agent has called back."""
        return isinstance(boots.arrived(task), steps.Done)

    def prepare_cleaning_resume(self, task: task.Task) -> steps.Answer:
        """Go on when the agent has called back."""
        return boots.arrived(task)

    def tear_down_cleaning(self, task: task.Task) -> steps.Answer:
        """Switch off, take the ramdisk's files away and leave the network."""
        logs.collect(task, "clean", logs.ALWAYS)
        boots.leave(task, "clean")
        return None

    @steps.step(learns=True, abortable=True)
    def prepare_service(self, task: task.Task) -> steps.Answer:
        """Boot the ramdisk on the servicing network. Safe to run twice: it boots anew."""
        task.boot.validate(task)
        return boots.start(task, "service")

    def prepare_service_ready(self, task: task.Task) -> bool:
        """Return whether the agent has called back."""
        return isinstance(boots.arrived(task), steps.Done)

    def prepare_service_resume(self, task: task.Task) -> steps.Answer:
        """Go on when the agent has called back."""
        return boots.arrived(task)

    def tear_down_service(self, task: task.Task) -> steps.Answer:
        """Take the ramdisk away and start the tenant's system again."""
        logs.collect(task, "service", logs.ALWAYS)
        boots.leave(task, "service")
        tenant(task)
        return None

    # --- the agent's own steps ---

    def learn(self, task: task.Task, kind: str) -> list[steps.Step]:
        """Ask the agent for its steps."""
        return learned.learn(task, kind)

    def execute(self, task: task.Task, kind: str, step: steps.Step) -> steps.Answer:
        """Let the agent begin a step."""
        return learned.execute(task, kind, step)

    def execute_ready(self, task: task.Task, kind: str, step: steps.Step) -> bool:
        """Ask the agent whether it has ended the step."""
        return learned.ready(task, kind, step)

    def execute_resume(self, task: task.Task, kind: str, step: steps.Step) -> steps.Answer:
        """Say how the step ended."""
        return learned.resume(task, kind, step)

    def lives(self, task: task.Task) -> bool:
        """Ask the agent for anything."""
        return talk.lives(task)

    # --- ends ---

    def clean_up(self, task: task.Task) -> steps.Answer:
        """Take the ramdisk's files away and forget its agent; a server whose deploy failed is switched off."""
        failed = task.node.provision_state in BROKEN
        boots.leave(task, "deploy", power_off=failed and task.conf.deploy.power_off_after_deploy_failure)
        return None

    def tear_down(self, task: task.Task) -> steps.Answer:
        """Switch the server off, leave the tenant's network and forget how its system boots."""
        if not task.node.disable_power_off:
            switch.change(task, "power off")
        with contextlib.suppress(errors.Unsupported):
            task.boot.clean_up_instance(task)
        task.network.disconnect(task, "tenant")
        task.storage.detach(task)
        boots.forget(task)
        return None

    def take_over(self, task: task.Task) -> None:
        """Lay ready what boots a volume; nothing lies here for a system on a disk."""
        if task.node.provision_state in (states.ACTIVE, states.ADOPTING) and not task.storage.writes_image(task):
            task.boot.prepare_instance(task)


def tenant(task: task.Task) -> None:
    """Put the server on its tenant's network and let the deployed system start."""
    task.network.connect(task, "tenant")
    task.storage.attach(task)
    task.boot.prepare_instance(task)
    switch.change(task, "rebooting" if task.node.disable_power_off else "power on")
