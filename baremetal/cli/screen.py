"""How events look: a line for each thing that has ended, and a bar for each flow that runs. Pure: text in, text out."""

import dataclasses
import datetime
import typing
import unicodedata

from baremetal.cli import stream

# fmt: off
#: provision state: what a person does when a flow has failed and left the node there
REMEDIES = {
    "enroll":          "Correct its driver_info, then: baremetal node manage {node}",
    "deploy failed":   "When the cause is gone: baremetal node deploy {node}, or baremetal node undeploy {node}",
    "clean failed":    "When the cause is gone: baremetal node maintenance unset {node}; baremetal node manage {node}",
    "inspect failed":  "When the cause is gone: baremetal node inspect {node}, or baremetal node manage {node}",
    "rescue failed":   "When the cause is gone: baremetal node rescue {node}, or baremetal node unrescue {node}",
    "unrescue failed": "When the cause is gone: baremetal node unrescue {node}",
    "adopt failed":    "Correct the node, then: baremetal node adopt {node}",
    "service failed":  "When the cause is gone: baremetal node service {node}, or baremetal node abort {node}",
    "error":           "When the cause is gone: baremetal node undeploy {node}",
}
#: unit: bytes of it
UNITS = (("GB", 10 ** 9), ("MB", 10 ** 6), ("kB", 10 ** 3), ("B", 1))
# fmt: on
#: seconds without a sign after which that is worth a word
QUIET = 10.0
#: columns of a bar
BAR = 20


@dataclasses.dataclass(frozen=True)
class Signs:
    """The characters of bars and arrows."""

    full: str
    empty: str
    arrow: str

    @classmethod
    def of(cls, encoding: str | None) -> "Signs":
        """Return those that a terminal of this encoding can show."""
        try:
            "█░→".encode(encoding or "ascii")
        except (UnicodeEncodeError, LookupError):
            return cls("#", ".", "->")
        return cls("█", "░", "→")


@dataclasses.dataclass
class Show:
    """What is known of one node, to be shown."""

    name: str
    signs: Signs
    state: str = ""
    flow: str = ""
    verb: str = ""
    progress: dict[str, typing.Any] | None = None
    #: tick at which the progress came
    at: float = 0.0
    #: highest percentage of this flow: a plan that grows does not take a bar back
    highest: float = 0.0
    lost: bool = False

    def lines(self, event: stream.Event, now: float) -> list[str]:
        """Take an event in; return the lines that tell it."""
        take = KINDS.get(event.name)
        return [clean(line) for line in take(self, event.data, now)] if take else []

    def _snapshot(self, data: dict[str, typing.Any], now: float) -> list[str]:
        self.state = data["provision_state"]
        flow = data.get("flow")
        found = [f"{self.state}, {data['power_state'] or 'power unknown'}"]
        self.progress = None
        if flow is None:
            return [*found, "nothing was done with it yet"]
        told = [(milestone["at"], self._milestone(milestone, now)) for milestone in flow["milestones"]]
        told += [(step["finished_at"], self._step(step, now)) for step in flow["steps"] if step["finished_at"]]
        if flow["finished_at"]:
            return [*found, f"last: {flow['verb']} {flow['state']} after {seconds(flow['duration_seconds'])}"]
        self._progress({"flow": flow["uuid"], "verb": flow["verb"], **flow["progress"]}, now)
        return [*found, f"{flow['verb']} since {seconds(flow['duration_seconds'])}",
                *(line for _at, lines in sorted(told, key=lambda each: str(each[0])) for line in lines)]

    def _state(self, data: dict[str, typing.Any], _now: float) -> list[str]:
        was, self.state = self.state, data["provision_state"]
        return [f"{was} {self.signs.arrow} {self.state}"] if was != self.state else []

    def _power(self, data: dict[str, typing.Any], _now: float) -> list[str]:
        return [data["power_state"] or "power unknown"]

    def _step(self, data: dict[str, typing.Any], _now: float) -> list[str]:
        if data["state"] not in ("done", "failed", "undone"):
            return []
        took = f" ({seconds(data['duration_seconds'])})" if data["duration_seconds"] is not None else ""
        error = f": {data['error']}" if data["error"] else ""
        return [f"{clock_time(data['finished_at'])}  {data['interface']}.{data['step']} {data['state']}{took}{error}"]

    def _milestone(self, data: dict[str, typing.Any], _now: float) -> list[str]:
        if "bytes" in data["facts"]:
            return []       # the bar shows it
        command = data["facts"].get("command")
        name = f"{data['name']} {command}" if isinstance(command, str) else data["name"]
        return [f"{clock_time(data['at'])}  {name} (+{seconds(data['seconds'])})"]

    def _progress(self, data: dict[str, typing.Any], now: float) -> list[str]:
        if data["flow"] != self.flow:
            self.highest = 0.0
        self.flow, self.verb, self.progress, self.at = data["flow"], data["verb"], data, now
        self.highest = max(self.highest, data["percent"])
        return []

    def _end(self, data: dict[str, typing.Any], _now: float) -> list[str]:
        self.progress = None
        found = [f"{data['verb']} {data['state']} after {seconds(data['duration_seconds'])}: {data['provision_state']}"]
        return found if data["state"] == "done" else [*found, *why(self.name, data)]

    def _lost(self, data: dict[str, typing.Any], _now: float) -> list[str]:
        said, self.lost = not self.lost, True
        return [f"no connection ({data['why']}); trying again"] if said else []

    def _back(self, _data: dict[str, typing.Any], _now: float) -> list[str]:
        self.lost = False
        return ["connected again"]

    def bar(self, columns: int, now: float) -> str | None:
        """Return the bar of the flow that runs, within so many columns; None when none does."""
        if self.progress is None:
            return None
        shown, since = self.progress, max(0.0, now - self.at)
        full = int(BAR * self.highest / 100)
        parts = [f"{self.name} [{self.signs.full * full}{self.signs.empty * (BAR - full)}] {self.highest:3.0f} %",
                 f"{self.verb}: {shown['phase']}"]
        if shown["bytes"] is not None:
            speed = f" at {size(shown['bytes_per_second'])}/s" if shown["bytes_per_second"] else ""
            whole = f" of {size(shown['total'])}" if shown["total"] else ""
            parts.append(f"{size(shown['bytes'])}{whole}{speed}")
        left = (shown["estimate_seconds"] or 0.0) - since
        if left >= 1.0:
            parts.append(f"{about(left)} left")
        else:
            parts.append(f"for {seconds(shown['elapsed_seconds'] + since)}")
        if shown["silent_seconds"] + since > QUIET:
            parts.append(f"nothing seen for {seconds(shown['silent_seconds'] + since)}")
        while len(parts) > 2 and width("  ".join(parts)) > columns:
            parts.pop(2)        # of what is left the last one matters most: time, or silence
        return cut(clean("  ".join(parts)), columns)

    def phase(self) -> tuple[str, str] | None:
        """Return what goes on, for those who are told only when that changes."""
        return None if self.progress is None else (self.flow, self.progress["phase"])


#: event: what takes it in
KINDS: dict[str, typing.Callable[[Show, dict[str, typing.Any], float], list[str]]] = {
    "snapshot": Show._snapshot, "state": Show._state, "power": Show._power, "step": Show._step,
    "milestone": Show._milestone, "progress": Show._progress, "end": Show._end, stream.LOST: Show._lost,
    stream.BACK: Show._back,
}


def why(node: str, data: dict[str, typing.Any]) -> list[str]:
    """Return why a flow has failed, and what to do."""
    found = [text for text in (data.get("last_error") or data.get("error"),) if text]
    remedy = REMEDIES.get(data["provision_state"])
    if remedy:
        found.append(remedy.format(node=node))
    return found


def seconds(value: float) -> str:
    """Return a length of time for people."""
    if value < 59.5:
        return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def about(value: float) -> str:
    """Return a length of time that nobody knows better than to the second."""
    return f"{value:.0f} s" if value < 59.5 else seconds(value)


def size(value: float) -> str:
    """Return a number of bytes for people."""
    name, unit = next((each for each in UNITS if value >= each[1]), UNITS[-1])
    return f"{value / unit:.1f} {name}" if unit > 1 else f"{value:.0f} {name}"


def clock_time(moment: str) -> str:
    """Return the time of day, here, of a moment that the API has told."""
    return datetime.datetime.fromisoformat(moment).astimezone().strftime("%H:%M:%S")


def moment(text: str | None, now: datetime.datetime) -> str:
    """Return when something was or will be: the time here to the second, and how far away that is."""
    if text is None:
        return "some time"
    when = datetime.datetime.fromisoformat(text).astimezone()
    away = (now - when).total_seconds()
    there = f"{when:%H:%M:%S}" if when.date() == now.astimezone().date() else f"{when:%Y-%m-%d %H:%M:%S}"
    far = roughly(abs(away))
    return f"{there} ({f'{far} ago' if away >= 0 else f'in {far}'})" if far else f"{there} (now)"


def roughly(value: float) -> str:
    """Return a length of time in its greatest unit; nothing for less than a second."""
    for name, unit in (("days", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0)):
        if value >= unit:
            many = int(value / unit)
            return f"{many} {'day' if name == 'days' and many == 1 else name}"
    return ""


def clean(text: str) -> str:
    """Return text on one line, without characters that steer a terminal: machines have told it."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def width(text: str) -> int:
    """Return the columns that text takes."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else not unicodedata.combining(sign) for sign in text)


def cut(text: str, columns: int) -> str:
    """Return the beginning of a text that fits."""
    while width(text) > columns:
        text = text[:-1]
    return text
