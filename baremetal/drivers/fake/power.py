"""The fake power: a server whose power is whatever the node's record says."""

import concurrent.futures

from baremetal import errors, states
from baremetal.drivers import power, task
from baremetal.drivers.fake import play


class FakePower(power.Power):
    """Keeps the power state in the node itself, so a new node's is unknown until first set."""

    name = "fake"
    serves = ("fake-hardware", "manual-management")

    def validate(self, task: task.Task) -> None:
        """Check what the node wants played."""
        play.check(task)

    def read(self, task: task.Task) -> str | None:
        """Return what the node has; None for a new one."""
        play.act(task, "power", "read")
        task.health = task.node.driver_info.get(play.HEALTH)
        return task.node.power_state

    def read_later(self, task: task.Task, pool: concurrent.futures.Executor) -> "concurrent.futures.Future[str | None]":
        """Answer at once where nothing is to be waited for."""
        if not play.instant(task, "power", "read"):
            return super().read_later(task, pool)
        answer: concurrent.futures.Future[str | None] = concurrent.futures.Future()
        try:
            answer.set_result(self.read(task))
        except errors.Fault as fault:
            answer.set_exception(fault)
        return answer

    def set(self, task: task.Task, target: str, timeout: float | None = None) -> None:
        """Note the state that ``target`` ends in."""
        if target not in states.POWER_TARGETS:
            raise errors.BadField(field="target", value=target, wanted=f"One of {', '.join(states.POWER_TARGETS)}.")
        try:
            play.act(task, "power", "set")
        except errors.StepFailed as fault:
            raise errors.PowerFailed(target=target, why=fault.facts["why"]) from fault
        task.node.power_state = states.POWER_TARGETS[target][0]
