"""``GET /ops/v1/nodes/{node}/sensors`` and ``/eventlog``: what a node's controller measures, and what it has logged.

The controller is asked each time; its words are passed on, so that what it does not tell is null.
"""

import typing

from baremetal.api import expose, types
from baremetal.api.nodes import find
from baremetal.api.ops import answers
from baremetal.api.ops.answers import Document, Key

# fmt: off
SENSOR = Document({
    "type":      Key(types.TEXT, "Kind of sensor: Temperature, Fan, Voltage, Power Supply …"),
    "name":      Key(types.TEXT, "Its name, as the controller has it."),
    "value":     Key(types.ANYTHING, "What it reads; a number where it measures something."),
    "units":     Key(types.TEXT, "What its number counts.", null=True),
    "states":    Key([types.TEXT], "What it says in words, where it does."),
    "health":    Key(types.TEXT, "ok, warning, critical or failed, by its own limits.", null=True),
    "available": Key(types.FLAG, "Whether it could be read just now."),
})
SENSORS = Document({
    "health":  Key(types.TEXT, "The worst health of them all.", null=True),
    "sensors": Key([SENSOR], "Every sensor, by kind and name."),
})
ENTRY = Document({
    "record_id":     Key(answers.NUMBER, "Number of the entry in the log."),
    "timestamp":     Key(types.TEXT, "When, by the controller's clock; null where that was not set.", null=True),
    "sensor_type":   Key(types.TEXT, "Kind of sensor that it came from.", null=True),
    "sensor_number": Key(answers.NUMBER, "Number of that sensor.", null=True),
    "event":         Key(types.TEXT, "What happened, in words; null where only the maker knows.", null=True),
    "asserted":      Key(types.FLAG, "Whether it began; false: it ended.", null=True),
    "severity":      Key(types.TEXT, "ok, warning, critical or failed.", null=True),
    "raw":           Key(types.TEXT, "The entry as the controller stored it, in hexadecimal digits.", null=True),
})
EVENTLOG = Document({"entries": Key([ENTRY], "The log, oldest entry first.")})
# fmt: on
#: what a sensor may say of its health, the worst last
HEALTHS = ("ok", "warning", "critical", "failed")


def _ask(call: expose.Call, name: str, work: str) -> typing.Any:
    found = find.one(call, name, *find.DRIVEN_BY)
    return call.rpc(find.host(call, found), work, node=found.uuid)


@expose.handler("ops:hardware", answer=answers.schema(SENSORS))
def sensors(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Read a node's sensors."""
    found = _ask(call, name, "sensors")
    shown = [{"type": sort, "name": label, "value": facts.get("value"), "units": facts.get("units"),
              "states": list(facts.get("states") or ()), "health": facts.get("health"),
              "available": bool(facts.get("available", True))}
             for sort, group in sorted(found.items()) for label, facts in sorted(group.items())]
    told = [HEALTHS.index(sensor["health"]) for sensor in shown if sensor["health"] in HEALTHS]
    return {"health": HEALTHS[max(told)] if told else None, "sensors": shown}


@expose.handler("ops:hardware", answer=answers.schema(EVENTLOG))
def eventlog(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Read the event log of a node's controller."""
    return {"entries": [{key: entry.get(key) for key in ENTRY.keys} for entry in _ask(call, name, "event_log")]}
