"""The fake vendor: methods in every form there is, and steps that do nothing or wait for good."""

import typing

from oslo_log import log

from baremetal import steps
from baremetal.drivers import task, vendor
from baremetal.drivers.fake import play

LOG = log.getLogger(__name__)


class FakeVendor(vendor.Vendor):
    """Each of three methods knows one word."""

    name = "fake"
    serves = ("fake-hardware",)
    optional = {"B1": "An example, without meaning.", "B2": "Another example, without meaning."}

    def validate(self, task: task.Task) -> None:
        """Check what the node wants played."""
        play.check(task)

    @vendor.method("Tell whether bar is kazoo.")
    def second_method(self, task: task.Task, bar: str) -> bool:
        """Compare ``bar``, in the background. May be repeated."""
        play.act(task, "vendor", "second_method")
        return bar == "kazoo"

    @vendor.method("Tell whether bar is meow.", background=False)
    def third_method_sync(self, task: task.Task, bar: str) -> bool:
        """Compare ``bar`` while the caller waits. May be repeated."""
        play.act(task, "vendor", "third_method_sync")
        return bar == "meow"

    @vendor.method("Tell whether bar is woof, without holding the node.", exclusive=False)
    def fourth_method_shared_lock(self, task: task.Task, bar: str) -> bool:
        """Compare ``bar`` beside other work on the node. May be repeated."""
        play.act(task, "vendor", "fourth_method_shared_lock")
        return bar == "woof"

    @vendor.method("Log what was given.")
    @steps.step(clean=1, service=0)
    def log_passthrough(self, task: task.Task, **given: typing.Any) -> steps.Answer:
        """Log the names of what was given. Safe to run twice."""
        LOG.debug("Node %s: log_passthrough was given %s", task.node.uuid, sorted(given))
        return play.step(task, "vendor", "log_passthrough")

    @steps.step(service=0)
    def trigger_servicewait(self, task: task.Task, **given: typing.Any) -> steps.Answer:
        """Wait for a call-back that nobody makes. Safe to run twice."""
        answer = play.step(task, "vendor", "trigger_servicewait")
        return answer if isinstance(answer, steps.Wait) else steps.Wait()
