"""Steps: what a driver method says of itself, and what it answers. The engine above finds the marks.

One decorator serves every kind of step; ``conductor/flow.py`` runs every plan.
"""

import collections.abc
import concurrent.futures
import copy
import dataclasses
import functools
import typing

#: the kinds of plan that a step can stand in
KINDS = ("clean", "deploy", "service", "verify", "inspect", "rescue", "unrescue", "delete", "adopt")

#: interface ranks that break ties of priority, by kind; higher runs first
# fmt: off
RANKS = {
    "clean":   {"vendor": 7, "power": 6, "management": 5, "firmware": 4, "deploy": 3, "bios": 2, "raid": 1},
    "deploy":  {"vendor": 7, "power": 6, "management": 5, "firmware": 4, "deploy": 3, "bios": 2, "raid": 1},
    "service": {"network": 8, "vendor": 7, "power": 6, "management": 5, "firmware": 4, "deploy": 3, "bios": 2,
                "raid": 1},
    "verify":  {"power": 13, "management": 12, "boot": 11, "inspect": 10, "deploy": 9, "network": 8, "raid": 7,
                "bios": 6, "vendor": 5, "firmware": 4, "console": 3, "storage": 2, "rescue": 1},
}
# fmt: on

#: ``by`` of steps that the agent in the ramdisk does
AGENT = "agent"

#: steps of any interface that the engine itself does
RESERVED = ("hold", "wait", "power_on", "power_off", "reboot")


@dataclasses.dataclass(frozen=True)
class Mark:
    """What ``@step`` notes on a method."""

    #: kind: default priority; 0 is never unless asked for
    kinds: dict[str, int]
    #: argument: sentence
    args: dict[str, str]
    abortable: bool
    #: whether the step may simply be run again after a crash
    repeatable: bool
    #: method of the same interface that undoes it
    undo: str | None
    #: whether an agent is up when it has ended, whose steps are then asked for and planned
    learns: bool = False


def step(*, args: dict[str, str] | None = None, abortable: bool = False, repeatable: bool = True,
         undo: str | None = None, learns: bool = False, **kinds: int
         ) -> collections.abc.Callable[[typing.Any], typing.Any]:
    """Mark a method as a step: ``@step(clean=10, service=0, abortable=True)``.

    The method takes ``(self, task, **args)`` and returns ``Done``, ``Wait`` or None (which is ``Done``), or raises.
    """
    unknown = set(kinds) - set(KINDS)
    if unknown:
        raise ValueError(f"no such kind of step: {', '.join(sorted(unknown))}; known are {', '.join(KINDS)}")

    def note(method: typing.Any) -> typing.Any:
        method.step = Mark(kinds, args or {}, abortable, repeatable, undo, learns)
        return method
    return note


@dataclasses.dataclass(frozen=True)
class Done:
    """The step has done what it promised."""

    #: facts to show in the timeline
    facts: dict[str, typing.Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Wait:
    """The step has begun; something outside (the agent, the BMC) will say when it has ended.

    When the flow is resumed, the step's ``resume`` method (``<step>_resume``) is called if there is one,
    else the step counts as done. Before that its ``<step>_ready``, if there is one, says without a lease whether there
    is anything to resume for.
    """

    #: seconds; None is the waiting state's own time-out
    within: float | None = None
    #: what is awaited, for the timeline and the error text
    what: str = "the agent's call-back"
    #: completes when there is something to resume for, in this process; others learn it from a heartbeat
    until: "concurrent.futures.Future[typing.Any] | None" = dataclasses.field(default=None, compare=False)


Answer = Done | Wait | None


@dataclasses.dataclass(frozen=True)
class Step:
    """One line of a plan."""

    interface: str
    step: str
    args: dict[str, typing.Any] = dataclasses.field(default_factory=dict)
    priority: int = 0
    abortable: bool = False
    repeatable: bool = True
    undo: str | None = None
    #: whose step it is: "" is the interface's method, AGENT the ramdisk's
    by: str = ""
    #: as in ``Mark``
    learns: bool = False
    #: UUIDs of the child nodes on which it runs, instead of on the node itself
    children: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Take children as they come from the journal."""
        object.__setattr__(self, "children", tuple(self.children))

    def to_wire(self) -> dict[str, typing.Any]:
        """Return the step as the API shows it and the journal stores it."""
        # what asdict() makes, which asks each value what it is
        found = {**vars(self), "args": copy.deepcopy(self.args) if self.args else {}}
        if not self.children:
            del found["children"]
        return found


def of(interface: typing.Any, kind: str) -> list[Step]:
    """Return the steps of one interface object for ``kind``, in the order of their names."""
    return list(_marked(typing.cast(typing.Any, type(interface)), kind))


@functools.lru_cache(1024)
def _marked(sort: type, kind: str) -> tuple[Step, ...]:
    """Return the steps that a class declares; looked for once."""
    found = []
    for name in dir(sort):
        mark = getattr(getattr(sort, name), "step", None)
        if isinstance(mark, Mark) and kind in mark.kinds:
            found.append(Step(interface=sort.kind, step=name, priority=mark.kinds[kind],  # type: ignore[attr-defined]
                              abortable=mark.abortable, repeatable=mark.repeatable, undo=mark.undo,
                              learns=mark.learns))
    return tuple(found)


def order(plan: list[Step], kind: str) -> list[Step]:
    """Return ``plan`` highest priority first; ties by the rank of the interface, then by name."""
    ranks = RANKS.get(kind, {})
    return sorted(plan, key=lambda s: (-s.priority, -ranks.get(s.interface, 0), s.step))
