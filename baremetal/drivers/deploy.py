"""The deploy socket: what frames the steps of deploying, cleaning, servicing. No implementation.

The steps themselves are methods marked with ``@steps.step``; the flow engine finds and runs them.
"""

import typing

from baremetal import steps
from baremetal.drivers import interface, task


class Deploy(interface.Interface):
    """Brings a system onto the server and takes it off again.

    Every method blocks for few conversations at most, answers ``Done`` (or None), or ``Wait`` where something
    outside goes on, and may be repeated: a flow that was interrupted calls it again. They raise faults of kind
    hardware. The defaults have nothing to do, which is right for an implementation that needs no ramdisk.
    """

    kind: typing.ClassVar[str] = "deploy"
    grows: typing.ClassVar[bool] = False
    """Whether it boots a ramdisk whose agent brings steps of its own; the five methods at the end are for that."""

    def prepare(self, task: task.Task) -> steps.Answer:
        """Make ready for the deploy steps, after validation and before the first of them."""

    def clean_up(self, task: task.Task) -> steps.Answer:
        """Remove what ``prepare`` left on the conductor: files, not the tenant's system."""

    def tear_down(self, task: task.Task) -> steps.Answer:
        """Stop what was deployed (verb ``deleted``); erasing disks is cleaning's work."""

    def prepare_cleaning(self, task: task.Task) -> steps.Answer:
        """Make ready for clean steps: boot the ramdisk where these need one."""

    def tear_down_cleaning(self, task: task.Task) -> steps.Answer:
        """Leave the state that ``prepare_cleaning`` made."""

    def prepare_service(self, task: task.Task) -> steps.Answer:
        """Make ready for service steps."""

    def tear_down_service(self, task: task.Task) -> steps.Answer:
        """Leave the state that ``prepare_service`` made and start the tenant's system again."""

    def take_over(self, task: task.Task) -> None:
        """Make a running system's files and services present on this conductor (adoption, another conductor)."""

    def learn(self, task: task.Task, kind: str) -> list[steps.Step]:
        """Return the steps of ``kind`` (clean, deploy, service) that the agent has, each with ``by`` AGENT.

        It also shows them on the node (``agent_cached_<kind>_steps``), and is asked again after a crash.
        """
        return []

    def execute(self, task: task.Task, kind: str, step: steps.Step) -> steps.Answer:
        """Let the agent begin a step; Wait for its end."""
        raise interface.unsupported(task, f"{step.interface}.{step.step}")

    def execute_ready(self, task: task.Task, kind: str, step: steps.Step) -> bool:
        """Return whether the agent has ended the step it was told; asked without a lease, changes nothing."""
        return True

    def execute_resume(self, task: task.Task, kind: str, step: steps.Step) -> steps.Answer:
        """Return how the step ended: Done, Wait where it goes on; raises StepFailed."""
        return steps.Done()

    def lives(self, task: task.Task) -> bool:
        """Return whether the agent that called back is there still; asked without a lease, changes nothing."""
        return True
