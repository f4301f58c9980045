"""The agent inspect: a ramdisk looks at the server and reports. What follows from its report is not decided here."""

from baremetal import steps
from baremetal.drivers import inspect, task
from baremetal.drivers.agent import boots

#: what the agent looks at
COLLECTORS = "default,logs"


class AgentInspect(inspect.Inspect):
    """Boots the ramdisk on the inspection network and waits for its report."""

    name = "agent"
    serves = ("generic",)

    def validate(self, task: task.Task) -> None:
        """Check what is needed to boot the ramdisk."""
        super().validate(task)
        task.boot.validate(task)

    def inspect(self, task: task.Task) -> steps.Answer:
        """Boot the ramdisk; Wait for its report. Safe to run twice: it boots anew."""
        parameters = {
            "ipa-inspection-callback-url": f"{task.conf.api.agents_url}/v1/continue_inspection",
            "ipa-collect-lldp": "1",
            "ipa-inspection-collectors": COLLECTORS,
            **_extra(task.conf.inspector.extra_kernel_params),
        }
        boots.start(task, "inspect", parameters)
        return steps.Wait(what="the agent's report")

    def inspect_resume(self, task: task.Task) -> steps.Answer:
        """The report has come; what it says is the engine's to process."""
        return steps.Done()

    def leave(self, task: task.Task) -> steps.Answer:
        """Take the ramdisk's files away, leave the network, and switch off where the options say so."""
        boots.leave(task, "inspect", power_off=task.conf.inspector.power_off)
        return None

    def abort(self, task: task.Task) -> None:
        """Switch off and clean up."""
        boots.leave(task, "inspect")


def _extra(text: str) -> dict[str, str]:
    """Return the words that an operator adds, by name; one without a value has an empty one."""
    return {name: value for name, _, value in (word.partition("=") for word in text.split())}
