"""How far a flow has come, in words and numbers, from its steps and what was seen. Pure: no database, no clock."""

import collections.abc
import dataclasses
import datetime
import typing

from baremetal import milestones
from baremetal.api import types
from baremetal.api.ops import answers
from baremetal.api.ops.answers import Document, Key
from baremetal.db import flows, record

# fmt: off
PROGRESS = Document({
    "phase":            Key(types.TEXT, "What it is at, in words; of a flow that has ended, how it ended."),
    "step":             Key(types.TEXT, "The step it is at, as interface.step.", null=True),
    "percent":          Key(answers.SECONDS, "How much of it is done, from 0 to 100; never 100 before its end."),
    "steps_done":       Key(answers.NUMBER, "Steps that are done."),
    "steps_total":      Key(answers.NUMBER, "Steps of the plan as it is now; it grows when an agent tells its own."),
    "bytes":            Key(answers.NUMBER, "Bytes of the image that went over the wire in this phase.", null=True),
    "total":            Key(answers.NUMBER, "Bytes of the whole image.", null=True),
    "bytes_per_second": Key(answers.SECONDS, "How fast, over the last signs of it.", null=True),
    "elapsed_seconds":  Key(answers.SECONDS, "How long the flow has taken until now, or took."),
    "estimate_seconds": Key(answers.SECONDS, "How long it will still take, judged by the node's last flow of this verb "
                                             "and by the bytes that are left; null when nothing is known.", null=True),
    "expected":         Key(types.TEXT, "The milestone that normally comes next.", null=True),
    "last_sign_at":     Key(types.TIME, "When something was seen of it last."),
    "silent_seconds":   Key(answers.SECONDS, "For how long nothing was seen; 0 once it has ended."),
})

#: milestone: what goes on after it
AFTER = {
    milestones.POWER_OFF: "server is off",
    milestones.FETCHING:  "getting the image",
    milestones.FETCHED:   "preparing the boot",
    milestones.FILES:     "preparing the boot",
    milestones.DEVICE:    "switching the server on",
    milestones.POWER_ON:  "waiting for DHCP",
    milestones.ADDRESS:   "waiting for the boot loader",
    milestones.LOADER:    "waiting for the boot script",
    milestones.SCRIPT:    "loading the kernel",
    milestones.KERNEL:    "loading the ramdisk",
    milestones.RAMDISK:   "agent starting",
    milestones.REPORT:    "reading the inspection report",
    milestones.LOOKUP:    "agent starting",
    milestones.HEARTBEAT: "asking the agent for its steps",
    milestones.STEPS:     "agent is ready",
    milestones.COMMAND:   "agent at work",
    milestones.COMMANDED: "agent has answered",
    milestones.SENDING:   "writing the image",
    milestones.SENT:      "finishing the image",
    milestones.AGAIN:     "booting once more",
    milestones.REPEATED:  "switching the power once more",
    milestones.RESTARTED: "controller restarting",
}
#: milestone: the one that normally comes next; a boot's stand in milestones.BOOT
NEXT = {
    **dict(zip(milestones.BOOT, milestones.BOOT[1:], strict=False)),
    milestones.FETCHING: milestones.FETCHED, milestones.FETCHED: milestones.FILES, milestones.FILES: milestones.DEVICE,
    milestones.POWER_OFF: milestones.POWER_ON, milestones.AGAIN: milestones.POWER_ON,
    milestones.HEARTBEAT: milestones.STEPS, milestones.COMMAND: milestones.COMMANDED,
    milestones.SENDING: milestones.SENT,
}
#: step: (what it does, seconds that it takes where nothing better is known)
STEPS = {
    "deploy.deploy":                  ("preparing the boot", 120.0),
    "deploy.write_image":             ("writing the image", 90.0),
    "deploy.write_image_by_map":      ("writing the image", 60.0),
    "deploy.prepare_instance_boot":   ("preparing the installed system's boot", 15.0),
    "deploy.tear_down_agent":         ("agent shutting down", 15.0),
    "deploy.switch_to_tenant_network": ("switching the network", 2.0),
    "deploy.boot_instance":           ("starting the installed system", 5.0),
    "deploy.prepare":                 ("preparing", 5.0),
    "deploy.prepare_cleaning":        ("preparing the boot", 120.0),
    "deploy.tear_down_cleaning":      ("switching off", 15.0),
    "deploy.prepare_service":         ("preparing the boot", 120.0),
    "deploy.tear_down_service":       ("switching off", 15.0),
    "deploy.erase_devices":           ("erasing the disks", 600.0),
    "deploy.erase_devices_metadata":  ("erasing the disks' metadata", 15.0),
    "inspect.inspect":                ("preparing the boot", 120.0),
    "inspect.leave":                  ("switching off", 15.0),
    "rescue.rescue":                  ("preparing the boot", 120.0),
    "verb.verify":                    ("asking the controller", 5.0),
}
#: seconds that a step takes of which nothing is known
USUAL = 5.0
#: milestone: the share of a boot that is over when it is seen
BOOTED = {
    milestones.FILES: 0.04, milestones.DEVICE: 0.06, milestones.POWER_ON: 0.1, milestones.ADDRESS: 0.2,
    milestones.LOADER: 0.22, milestones.SCRIPT: 0.24, milestones.KERNEL: 0.3, milestones.RAMDISK: 0.45,
    milestones.LOOKUP: 0.9, milestones.HEARTBEAT: 0.95, milestones.STEPS: 0.98,
}
#: milestones whose facts count bytes
COUNTED = (milestones.FETCHING, milestones.SENDING)
#: seconds over which speed is measured
WINDOW = 10.0
#: a step that takes longer than it should stands here
NEARLY = 0.97
#: bounds of how a machine's steps compare with usual times: simulated ones take a hundredth
FASTEST, SLOWEST = 0.01, 2.0
#: beginning of the names of steps that write an image
WRITING = "deploy.write_image"
ENDINGS = {flows.DONE: "done", flows.FAILED: "failed", flows.ABORTED: "aborted"}
# fmt: on


@dataclasses.dataclass(frozen=True)
class Step:
    """One step of the plan."""

    name: str
    state: str
    started_at: datetime.datetime | None = None
    finished_at: datetime.datetime | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took, once it is done."""
        if self.state != "done" or self.started_at is None or self.finished_at is None:
            return None
        return max(0.0, (self.finished_at - self.started_at).total_seconds())


@dataclasses.dataclass(frozen=True)
class Sign:
    """Something that was seen."""

    name: str
    at: datetime.datetime
    facts: dict[str, typing.Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Picture:
    """A flow with its plan and what was seen, oldest first."""

    state: str
    began: datetime.datetime
    ended: datetime.datetime | None
    steps: collections.abc.Sequence[Step]
    signs: collections.abc.Sequence[Sign]

    @classmethod
    def of_rows(cls, flow: typing.Any, steps: typing.Iterable[typing.Any],
                seen: typing.Iterable[typing.Any]) -> "Picture":
        """Return the picture of a flow as it is stored."""
        plan = []
        for row in steps:
            wire = record.load(row.step)
            plan.append(Step(f"{wire.get('interface', '')}.{wire.get('step', '')}", row.state, row.started_at,
                             row.finished_at))
        signs = [Sign(row.name, row.at, record.load(row.facts)) for row in seen]
        return cls(flow.state, flow.created_at, flow.finished_at, plan, signs)

    def present(self) -> Step | None:
        """Return the step it is at: the one that failed, else the first that is not done."""
        failed = next((step for step in self.steps if step.state == "failed"), None)
        return failed or next((step for step in self.steps if step.state not in ("done", "undone")), None)


Known = dict[str, float]


def known(earlier: Picture | None) -> Known:
    """Return how long steps took in an earlier flow of the same verb on the same node."""
    if earlier is None or earlier.state != flows.DONE:
        return {}
    return {step.name: seconds for step in earlier.steps if (seconds := step.seconds) is not None}


def of(picture: Picture, now: datetime.datetime, took: Known) -> dict[str, typing.Any]:
    """Return the progress of a flow as it is answered; ``took`` is what ``known`` made of an earlier one."""
    until = picture.ended or now
    present = picture.present() if picture.ended is None or picture.state != flows.DONE else None
    last = picture.signs[-1] if picture.signs else None
    if last and present and present.started_at and last.at < present.started_at:
        last = None     # the step has begun since: what was seen before says nothing of it
    told = _bytes(picture, present, until)
    share = _share(present, last, told, took, until)
    signed = max([picture.began, *(step.started_at for step in picture.steps if step.started_at),
                  *(step.finished_at for step in picture.steps if step.finished_at),
                  *(sign.at for sign in picture.signs[-1:])])
    over = picture.ended is not None
    return {
        "phase": ENDINGS.get(picture.state, picture.state) if over else _phase(picture, present, last),
        "step": present.name if present else None, "percent": _percent(picture, present, share, took),
        "steps_done": sum(step.state == "done" for step in picture.steps), "steps_total": len(picture.steps),
        **(told if not over else dict.fromkeys(told)),
        "elapsed_seconds": _round((until - picture.began).total_seconds()),
        "estimate_seconds": None if over else _estimate(picture, present, share, told, took, now),
        "expected": None if over or last is None else NEXT.get(last.name),
        "last_sign_at": signed.isoformat() + "+00:00",
        "silent_seconds": 0.0 if over else _round((now - signed).total_seconds()),
    }


def _phase(picture: Picture, present: Step | None, last: Sign | None) -> str:
    if picture.state == flows.HELD:
        return "held until somebody lets it go on"
    if last is not None:
        words = AFTER.get(last.name, last.name)
        if last.name == milestones.COMMAND and isinstance(last.facts.get("command"), str):
            words += f" ({last.facts['command'][:60]})"
        return words
    if present is None:
        return "ending"
    if present.state == "planned":
        return "beginning"
    found = STEPS.get(present.name)
    return found[0] if found else present.name.partition(".")[2].replace("_", " ")


def _bytes(picture: Picture, present: Step | None, until: datetime.datetime) -> dict[str, typing.Any]:
    """Return bytes, total and speed of the image, when the newest sign that counts belongs to what goes on now.

    Signs come every few seconds; when none has come for longer, what was seen is spread over the silence, too.
    """
    told: dict[str, typing.Any] = {"bytes": None, "total": None, "bytes_per_second": None}
    since = present.started_at if present and present.started_at else picture.began
    counted = [sign for sign in picture.signs if sign.name in COUNTED and sign.at >= since
               and _whole(sign.facts.get("bytes")) is not None]
    if present is None or not counted or picture.signs[-1].name not in (*COUNTED, milestones.COMMAND):
        return told
    newest = counted[-1]
    told["bytes"], told["total"] = _whole(newest.facts["bytes"]), _whole(newest.facts.get("total"))
    oldest = next((sign for sign in counted if sign.name == newest.name
                   and (newest.at - sign.at).total_seconds() <= WINDOW), newest)
    seconds = (newest.at - oldest.at).total_seconds()
    went = newest.facts["bytes"] - oldest.facts["bytes"]
    if _age(newest, until) > WINDOW and seconds > 0:
        seconds = (until - oldest.at).total_seconds()
    if seconds > 0 and went >= 0:
        told["bytes_per_second"] = _round(went / seconds)
    return told


def _age(sign: Sign, until: datetime.datetime) -> float:
    return max(0.0, (until - sign.at).total_seconds())


def _whole(value: typing.Any) -> int | None:
    """Return a number of bytes; facts come from agents, and are what they are."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _share(present: Step | None, last: Sign | None, told: dict[str, typing.Any], took: Known,
           until: datetime.datetime) -> float:
    """Return how much of the present step is over, from 0 to ``NEARLY``."""
    if present is None or present.started_at is None:
        return 0.0
    if told["bytes"] is not None and told["total"]:
        # an image is fetched before the boot of the same step; it is sent by a step of its own
        most = BOOTED[milestones.FILES] if last is not None and last.name == milestones.FETCHING else NEARLY
        return min(told["bytes"] / told["total"], 1.0) * most
    if last is not None and last.name == milestones.SENT:
        return NEARLY       # an agent writes while it fetches
    by_time = (until - present.started_at).total_seconds() / max(_weight(present, took), 0.001)
    if last is not None and last.name in BOOTED:
        return min(max(by_time, BOOTED[last.name]), _next_share(BOOTED[last.name]))
    return min(max(by_time, 0.0), NEARLY)


def _next_share(share: float) -> float:
    """Return the share at which the next milestone of a boot stands: time alone does not carry over it."""
    return min((other for other in BOOTED.values() if other > share), default=NEARLY)


def _weight(step: Step, took: Known) -> float:
    """Return the seconds that a step takes, as far as that is known."""
    return took.get(step.name, STEPS.get(step.name, ("", USUAL))[1])


def _percent(picture: Picture, present: Step | None, share: float, took: Known) -> float:
    if picture.state == flows.DONE:
        return 100.0
    whole = sum(_weight(step, took) for step in picture.steps)
    done = sum(_weight(step, took) for step in picture.steps if step.state == "done")
    if present is not None:
        done += _weight(present, took) * share
    return _round(min(100 * done / whole, 99.9), 1) if whole > 0 else 0.0


def _estimate(picture: Picture, present: Step | None, share: float, told: dict[str, typing.Any],
              took: Known, now: datetime.datetime) -> float | None:
    """Return the seconds that are left, or None: without an earlier flow only an image that is sent tells enough."""
    if not took and not any(sign.name in (milestones.SENDING, milestones.SENT) for sign in picture.signs):
        return None
    pace = _pace(picture)
    rest = [step for step in picture.steps if step.state == "planned" and step is not present]
    left = sum(_likely(step, took, pace) for step in rest)
    if told["bytes_per_second"] and told["total"]:
        counted = next(sign for sign in reversed(picture.signs) if sign.name in COUNTED)
        if present is not None and counted.name == milestones.FETCHING:
            left += _likely(present, took, pace) * (1 - BOOTED[milestones.FILES])
        of_image = max(0, told["total"] - told["bytes"]) / told["bytes_per_second"]
        age = _age(counted, now)
        return _round(left + max(0.0, of_image - (age if age <= WINDOW else 0.0)), 0)
    if present is None:
        return _round(left, 0)
    if not took and told["total"]:
        return None         # how fast it is will be known with the next sign
    return _round(left + _likely(present, took, pace) * (1 - share), 0)


def _likely(step: Step, took: Known, pace: float) -> float:
    """Return the seconds that a step will take: as before, or as usual on a machine of this pace."""
    return took[step.name] if step.name in took else _weight(step, took) * pace


def _pace(picture: Picture) -> float:
    """Return how the steps that are done compare with usual times; writing depends on the image, not the machine."""
    done = [(step.seconds, STEPS[step.name][1]) for step in picture.steps
            if step.seconds is not None and step.name in STEPS and not step.name.startswith(WRITING)]
    if not done:
        return 1.0
    return min(max(sum(seconds for seconds, _usual in done) / sum(usual for _seconds, usual in done), FASTEST), SLOWEST)


def _round(value: float, digits: int = 3) -> float:
    return max(0.0, round(value, digits))
