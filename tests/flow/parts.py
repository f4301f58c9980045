"""Small implementations for the flow tests. They obey the sockets' promises and write down what was asked of them."""

import threading
from typing import Any

from baremetal import errors, steps
from baremetal.drivers import interface


class Plain:
    """What every implementation has."""

    kind = name = "plain"
    serves: tuple[str, ...] = ()
    needs: dict[str, str] = {}
    optional: dict[str, str] = {}

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.fails: dict[str, Exception] = {}
        self.dies: dict[str, int] = {}
        self.gates: dict[str, tuple[threading.Event, threading.Event]] = {}

    tell_agent = interface.Interface.tell_agent

    def validate(self, task: Any) -> None:
        """It is content unless told otherwise."""
        if "validate" in self.fails:
            raise self.fails["validate"]

    def gate(self, call: str) -> tuple[threading.Event, threading.Event]:
        """Let ``call`` stop until the second event is set; the first tells that it has come there."""
        self.gates[call] = threading.Event(), threading.Event()
        return self.gates[call]

    def stop(self, call: str) -> None:
        """Stop until its gate is open, if it has one."""
        if call in self.gates:
            reached, go_on = self.gates[call]
            reached.set()
            assert go_on.wait(120), "the test forgot to open the gate"

    def did(self, call: str) -> None:
        """Write ``call`` down; then stop, die or fail if that was wished for."""
        self.calls.append(call)
        self.stop(call)
        if self.dies.get(call, 0) > 0:
            self.dies[call] -= 1
            # ends the worker's thread as kill -9 does: nothing after it runs but `finally`
            raise SystemExit(call)
        if call in self.fails:
            raise self.fails[call]


class Deploy(Plain):
    """Deploys and cleans in steps of every temper."""

    kind = "deploy"
    name = "temper"
    grows = False

    def prepare(self, task: Any) -> steps.Answer:
        """Note it."""
        self.did("prepare")
        return None

    def clean_up(self, task: Any) -> steps.Answer:
        """Note it."""
        self.did("clean_up")
        return None

    def tear_down(self, task: Any) -> steps.Answer:
        """Note it."""
        self.did("tear_down")
        return None

    def prepare_cleaning(self, task: Any) -> steps.Answer:
        """Note it."""
        self.did("prepare_cleaning")
        return None

    def tear_down_cleaning(self, task: Any) -> steps.Answer:
        """Note it."""
        self.did("tear_down_cleaning")
        return None

    prepare_service, tear_down_service = prepare_cleaning, tear_down_cleaning

    def take_over(self, task: Any) -> None:
        """Note it."""
        self.did("take_over")

    @steps.step(deploy=90, clean=9, service=0, undo="unfirst")
    def first(self, task: Any) -> steps.Answer:
        """Can be undone."""
        self.did("first")
        return steps.Done({"size": 3})

    def unfirst(self, task: Any) -> None:
        """Undo it."""
        self.did("unfirst")

    @steps.step(deploy=80, clean=8, service=0, repeatable=False, abortable=True)
    def second(self, task: Any) -> steps.Answer:
        """May not be repeated."""
        self.did("second")
        return None

    @steps.step(deploy=70, clean=7, service=0)
    def third(self, task: Any) -> None:
        """Nothing special."""
        self.did("third")

    @steps.step(deploy=0)
    def fourth(self, task: Any) -> None:
        """Runs only when asked for."""
        self.did("fourth")

    @steps.step(deploy=0, clean=0, service=0, abortable=True)
    def waits(self, task: Any) -> steps.Answer:
        """Waits for long, and counts as done when resumed."""
        self.did("waits")
        return steps.Wait(within=100, what="a bell")

    @steps.step(deploy=0, clean=0, service=0)
    def waits_hard(self, task: Any) -> steps.Answer:
        """Waits, may not be aborted, and has work to do when resumed."""
        self.did("waits_hard")
        return steps.Wait()

    def waits_hard_resume(self, task: Any) -> steps.Answer:
        """Waits a second time, then is done."""
        self.did("waits_hard_resume")
        return steps.Wait() if self.calls.count("waits_hard_resume") == 1 else steps.Done()

    @steps.step(clean=0, args={"mode": "How thorough."})
    def wipe(self, task: Any, mode: str, times: int = 1) -> steps.Answer:
        """Takes arguments."""
        self.did(f"wipe {mode} {times}")
        return None


class Checked(Deploy):
    """As the other one, but its step that may not be repeated can be asked how far it came."""

    def __init__(self, *, done: bool) -> None:
        super().__init__()
        self.done = done

    def second_check(self, task: Any) -> bool:
        """Say it."""
        self.did("second_check")
        return self.done


class Power(Plain):
    """A server of its own: the power is what it is, whatever the node says."""

    kind = "power"
    name = "real"

    def __init__(self, state: str | None = "power off") -> None:
        super().__init__()
        self.state = state

    def supported(self, task: Any) -> list[str]:
        """Everything but the soft ones."""
        return ["power on", "power off", "rebooting"]

    def read(self, task: Any) -> str | None:
        """Look."""
        self.did("read")
        return self.state

    def read_later(self, task: Any, pool: Any) -> Any:
        """Look in the pool."""
        return pool.submit(self.read, task)

    def set(self, task: Any, target: str, timeout: float | None = None) -> None:
        """Switch."""
        self.did(f"set {target} {timeout}")
        self.state = "power off" if target == "power off" else "power on"


GONE = errors.BmcUnreachable(host="127.0.0.9", port=623, operation="power_read", why="silence")
