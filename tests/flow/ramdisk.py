"""A deploy interface with an agent: it boots a ramdisk, learns what the agent in it can do, and lets it do that.

It obeys the sockets' promises like those of ``parts.py``; the agent is a few fields that tests set.
"""

import concurrent.futures
from typing import Any

from baremetal import errors, steps
from baremetal.drivers import switch
from tests.flow import parts

URL, VERSION = "https://10.0.0.9:9999", "11.2.0"


def step(name: str, priority: int = 0, interface: str = "deploy", **more: Any) -> steps.Step:
    """Return a step as the agent's."""
    return steps.Step(interface, name, priority=priority, by=steps.AGENT, **more)


class Deploy(parts.Plain):
    """What ``direct`` does, without wires."""

    kind = "deploy"
    name = "ramdisk"
    grows = True

    def __init__(self, *has: steps.Step, at_once: bool = False) -> None:
        super().__init__()
        #: the steps of its agent
        self.has = list(has)
        #: whether a step ends as soon as it has begun
        self.at_once = at_once
        #: whether the agent says that it has ended
        self.ended = True
        #: whether the agent answers
        self.alive = True
        #: why the agent failed at the step, None when it did not
        self.broken: str | None = None
        #: whether the server is to be restarted after the next step
        self.reboots = False
        self.until: concurrent.futures.Future[Any] | None = None

    def prepare(self, task: Any) -> None:
        """Note it."""
        self.did("prepare")

    def clean_up(self, task: Any) -> None:
        """Note it."""
        self.did("clean_up")

    def tear_down(self, task: Any) -> None:
        """Note it."""
        self.did("tear_down")

    def take_over(self, task: Any) -> None:
        """Note it."""
        self.did("take_over")

    def _boot(self, task: Any, call: str) -> steps.Answer:
        self.stop(f"before {call}")
        switch.forget_agent(task.node)
        switch.expect_agent(task.node)
        task.save()
        task.power.set(task, "rebooting")
        self.did(call)
        return steps.Wait(what="the agent's first call-back")

    @steps.step(deploy=100, learns=True, abortable=True)
    def deploy(self, task: Any) -> steps.Answer:
        """Boot the ramdisk. Safe to run twice."""
        return self._boot(task, "deploy")

    @steps.step(deploy=80)
    def write_image(self, task: Any) -> None:
        """Note it."""
        self.did("write_image")

    @steps.step(deploy=20, clean=0)
    def boot_instance(self, task: Any) -> None:
        """Note it."""
        self.did("boot_instance")

    @steps.step(learns=True, abortable=True)
    def prepare_cleaning(self, task: Any) -> steps.Answer:
        """Boot the ramdisk. Safe to run twice."""
        return self._boot(task, "prepare_cleaning")

    @steps.step(learns=True, abortable=True)
    def prepare_service(self, task: Any) -> steps.Answer:
        """Boot the ramdisk. Safe to run twice."""
        return self._boot(task, "prepare_service")

    def tear_down_cleaning(self, task: Any) -> None:
        """Note it."""
        self.did("tear_down_cleaning")

    def tear_down_service(self, task: Any) -> None:
        """Note it."""
        self.did("tear_down_service")

    def learn(self, task: Any, kind: str) -> list[steps.Step]:
        """Return what the test gave it."""
        assert task.node.driver_internal_info["agent_url"] == URL
        self.did("learn")
        task.node.driver_internal_info[f"agent_cached_{kind}_steps"] = {"all": [one.step for one in self.has]}
        return list(self.has)

    def execute(self, task: Any, kind: str, step: steps.Step) -> steps.Answer:
        """Begin; the future is the test's to complete."""
        self.did(f"execute {step.step} {sorted(step.args.items())}" if step.args else f"execute {step.step}")
        self.until = concurrent.futures.Future()
        if self.at_once:
            self.until.set_result({})
        return steps.Wait(what=f"the end of {step.step}", until=self.until)

    def execute_ready(self, task: Any, kind: str, step: steps.Step) -> bool:
        """Say what the test wants."""
        self.did("ready")
        return self.ended

    def lives(self, task: Any) -> bool:
        """Say what the test wants."""
        self.did("lives")
        return self.alive

    def execute_resume(self, task: Any, kind: str, step: steps.Step) -> steps.Answer:
        """Fail where the test wants it; restart the server once where it wants that."""
        self.did(f"resume {step.step}")
        if self.broken is not None:
            raise errors.AgentFailed(url=URL, command=step.step, why=self.broken)
        if not self.ended:
            self.until = concurrent.futures.Future()
            return steps.Wait(what=f"the end of {step.step}", until=self.until)
        if self.reboots:
            self.reboots = False
            return self._boot(task, "restart")
        return steps.Done({"said": "well"})


class Rescue(parts.Plain):
    """Boots a ramdisk that gets a password and ends."""

    kind = "rescue"
    name = "ramdisk"

    def rescue(self, task: Any) -> steps.Answer:
        """Note it, and wait."""
        self.did("rescue")
        return steps.Wait(what="the agent's call-back")

    def rescue_ready(self, task: Any) -> bool:
        """Note it."""
        self.did("ready")
        return "agent_url" in task.node.driver_internal_info

    def rescue_resume(self, task: Any) -> steps.Answer:
        """Give the password; then the agent is gone."""
        self.did("give")
        self.did("given")
        return steps.Done()

    def unrescue(self, task: Any) -> steps.Answer:
        """Note it."""
        self.did("unrescue")
        return steps.Done()

    def clean_up(self, task: Any) -> None:
        """Note it."""
        self.did("clean_up")


class Inspect(parts.Plain):
    """Boots a ramdisk that reports."""

    kind = "inspect"
    name = "ramdisk"

    def inspect(self, task: Any) -> steps.Answer:
        """Note it, and wait."""
        switch.expect_agent(task.node)
        self.did("inspect")
        return steps.Wait(what="the report")

    def leave(self, task: Any) -> None:
        """Note it."""
        self.did("leave")

    def abort(self, task: Any) -> None:
        """Note it."""
        self.did("abort")
