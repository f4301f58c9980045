"""What one listener has been told of a node, and what is new for it. Pure; its text is the id of an event.

The text holds all of it, so that any API process goes on where another one has stopped. Rows of milestones may become
visible out of the order of their ids, since several processes write them; hence the mask of the last ones.
"""

import collections.abc
import dataclasses
import datetime
import re
import typing
import zlib

from baremetal import clock
from baremetal.api.ops import place, progress, timeline

#: state of a step: how it stands in the text
# fmt: off
LETTERS = {"planned": "p", "started": "s", "waiting": "w", "done": "d", "failed": "f", "undone": "u"}
# fmt: on
_TEXT = re.compile(r"(\d{1,18})\.(\d{1,18})(e?)\.(\d{1,18})\.([0-9a-f]{1,16})\.([0-9a-f]{1,8})\.([0-9a-f]{1,8})\."
                   r"((?:[pswdfu]\d{1,6})*)")
_STEP = re.compile(r"[pswdfu]\d+")

Event = tuple[str, dict[str, typing.Any]]


@dataclasses.dataclass
class View:
    """A node as it was read: its row, its flows from the one on that somebody still needs, and what belongs to them."""

    node: typing.Any
    flows: collections.abc.Sequence[typing.Any]
    parts: timeline.Parts
    now: datetime.datetime
    #: how long the steps of the newest flow took before
    took: progress.Known = dataclasses.field(default_factory=dict)

    def newest(self) -> dict[str, typing.Any] | None:
        """Return the newest flow as it is answered."""
        return timeline.whole(self.flows[-1], self.parts, self.took, self.now) if self.flows else None


@dataclasses.dataclass
class Cursor:
    """What was told."""

    node: int
    flow: int = 0
    ended: bool = False
    #: which were told
    milestones: place.Place = dataclasses.field(default_factory=lambda: place.Place(0, 0))
    state: int = 0
    power: int = 0
    steps: list[str] = dataclasses.field(default_factory=list)

    def __str__(self) -> str:
        """Return the text that an event has as its id."""
        told = list(self.steps)
        while told and told[-1].startswith("p"):
            told.pop()
        return (f"{self.node}.{self.flow}{'e' if self.ended else ''}.{self.milestones}.{self.state:x}."
                f"{self.power:x}.{''.join(told)}")

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """Return the cursor of an event's id, or None for what is none."""
        found = _TEXT.fullmatch(text)
        if not found or len(text) > 10_000:
            return None
        node, flow, ended, highest, mask, state, power, steps = found.groups()
        return cls(int(node), int(flow), bool(ended), place.Place(int(highest), int(mask, 16)), int(state, 16),
                   int(power, 16), _STEP.findall(steps))

    def snapshot(self, view: View) -> Event:
        """Tell all there is now; what is told later is new."""
        for _event in self.advance(view):
            pass
        return "snapshot", {"node": view.node.uuid, "name": view.node.name, **state(view.node), **power(view.node),
                            "flow": view.newest()}

    def advance(self, view: View) -> collections.abc.Iterator[Event]:
        """Yield what is new, in its order; after each event the cursor stands behind it."""
        for name, read in (("state", state), ("power", power)):
            told = read(view.node)
            mark = zlib.crc32(repr(sorted(told.items())).encode())
            if mark != getattr(self, name):
                setattr(self, name, mark)
                yield name, told
        for flow in view.flows:
            if flow.id < self.flow:
                continue
            if flow.id > self.flow:
                self.flow, self.ended, self.steps = flow.id, False, []
            yield from self._flow(flow, view)

    def _flow(self, flow: typing.Any, view: View) -> collections.abc.Iterator[Event]:
        """Yield what is new of one flow: steps and milestones by their time, then its end."""
        head = {"flow": flow.uuid, "verb": flow.verb}
        plan = view.parts.steps.get(flow.id, [])
        del self.steps[len(plan):]
        found: list[tuple[datetime.datetime, int, typing.Any]] = []
        for row in plan:
            code = f"{LETTERS.get(row.state, 'p')}{row.attempts}"
            if row.position >= len(self.steps):
                self.steps.append("p0")
            if code != self.steps[row.position] and row.state != "planned":
                found.append((row.finished_at or row.started_at or flow.created_at, 1, row))
        found += [(row.at, 0, row) for row in view.parts.milestones.get(flow.id, [])
                  if not self.milestones.told(row.id)]
        for _at, is_step, row in sorted(found, key=lambda each: each[:2]):
            if is_step:
                self.steps[row.position] = f"{LETTERS.get(row.state, 'p')}{row.attempts}"
                yield "step", {**head, **timeline.step(row, view.now)}
            else:
                self.milestones.tell(row.id)
                yield "milestone", {**head, "id": row.id, **timeline.milestone(row, flow)}
        if flow.finished_at is not None and not self.ended:
            self.ended = True
            yield "end", {**head, "state": flow.state, "error": flow.error, "finished_at": clock.iso(flow.finished_at),
                          "duration_seconds": max(0.0, (flow.finished_at - flow.created_at).total_seconds()),
                          **state(view.node)}


def state(node: typing.Any) -> dict[str, typing.Any]:
    """Return where in its life a node is."""
    return {"provision_state": node.provision_state, "target_provision_state": node.target_provision_state,
            "maintenance": bool(node.maintenance), "fault": node.fault, "last_error": node.last_error}


def power(node: typing.Any) -> dict[str, typing.Any]:
    """Return a node's power as last seen."""
    return {"power_state": node.power_state}
