"""A flow and its lines, as they are in memory and as they are stored. Writing them is ``journal.py``'s."""

import dataclasses
import datetime
import typing
import uuid

from baremetal import steps
from baremetal.db import flows, record

# fmt: off
PLANNED, STARTED, WAITING = "planned", "started", "waiting"
DONE, FAILED, UNDONE      = "done", "failed", "undone"
# fmt: on

#: ``awaits`` of a flow that only lets time pass: at its deadline it goes on instead of failing
TIMER = "time to pass"

#: the interface name of steps that the verb itself does
VERB = "verb"


@dataclasses.dataclass
class Line:
    """One step of a plan, and how far it came."""

    step: steps.Step
    #: event to raise when this line begins: the flow comes into another phase
    enter: str | None = None
    position: int = 0
    state: str = PLANNED
    attempts: int = 0
    error: str | None = None
    #: what is shown of it in the timeline
    facts: dict[str, typing.Any] = dataclasses.field(default_factory=dict)
    #: whether this very process began it, so that nobody else can have
    ours: bool = False
    started_at: datetime.datetime | None = None

    def to_row(self) -> dict[str, typing.Any]:
        """Return the line as it is stored."""
        return {"position": self.position, "step": record.dump({**self.step.to_wire(), "enter": self.enter}),
                "state": self.state, "attempts": self.attempts, "started_at": self.started_at}

    @classmethod
    def from_row(cls, row: typing.Any) -> "Line":
        """Rebuild a stored line; keys that a newer release has written are ignored."""
        facts = record.load(row.step)
        known = {f.name for f in dataclasses.fields(steps.Step)}
        return cls(steps.Step(**{k: v for k, v in facts.items() if k in known}), facts.get("enter"), row.position,
                   row.state, row.attempts, row.error, record.load(row.facts), started_at=row.started_at)


@dataclasses.dataclass
class Flow:
    """One run of one verb on one node."""

    verb: str
    params: dict[str, typing.Any]
    lines: list[Line]
    uuid: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    #: None until it is stored
    ident: int | None = None
    state: str = flows.RUNNING
    #: an abort was asked for; it happens as soon as the present step lets it
    abort_after: bool = False
    deadline: datetime.datetime | None = None
    awaits: str | None = None
    #: the conductor that worked on it last, and its process
    conductor: str = ""
    epoch: int = 0
    #: when its waiting was written or last renewed
    updated_at: datetime.datetime | None = None

    def present(self) -> Line | None:
        """Return the line at which the flow stands: one that failed, else the first that is not done."""
        ranked = sorted(self.lines, key=lambda line: line.error is None)
        return next((line for line in ranked if line.error is not None or line.state != DONE), None)
