"""``GET /ops/v1/nodes/{ident}/timeline``: what was done with a node, step by step, and what is awaited until when."""

import collections
import datetime
import typing

import sqlalchemy as sa

import baremetal.db.events
from baremetal import clock, errors
from baremetal.api import access, expose, resource, types, versions
from baremetal.api.ops import answers, progress
from baremetal.api.ops.answers import Document, Key
from baremetal.db import record, timeline

#: most flows that one answer shows
MOST = 100
Rows = collections.abc.Sequence[sa.Row[typing.Any]]

# fmt: off
MILESTONE = Document({
    "name":             Key(types.TEXT, "What was seen."),
    "at":               Key(types.TIME, "When."),
    "seconds":          Key(answers.SECONDS, "How long after the flow began."),
    "facts":            Key(answers.FREE, "What belongs to it; secrets are masked."),
})
STEP = Document({
    "position":         Key(answers.NUMBER, "Place in the plan, from 0."),
    "interface":        Key(types.TEXT, "Interface whose step it is; 'verb' for steps of the verb itself."),
    "step":             Key(types.TEXT, "Its name."),
    "state":            Key(types.TEXT, "planned, started, waiting, done, failed or undone."),
    "attempts":         Key(answers.NUMBER, "How often it was begun; more than once after a conductor was lost."),
    "started_at":       Key(types.TIME, "When it was begun last.", null=True),
    "finished_at":      Key(types.TIME, "When it ended.", null=True),
    "duration_seconds": Key(answers.SECONDS, "How long it took, or has taken until now.", null=True),
    "facts":            Key(answers.FREE, "What it has told; secrets are masked."),
    "error":            Key(types.TEXT, "Why it failed.", null=True),
})
FLOW = Document({
    "uuid":             Key(types.UUID, "Its identity."),
    "verb":             Key(types.TEXT, "What was asked for."),
    "state":            Key(types.TEXT, "running, waiting, held, done, failed or aborted."),
    "conductor":        Key(types.TEXT, "Conductor that works or worked on it last."),
    "user":             Key(types.TEXT, "Who asked for it.", null=True),
    "request_id":       Key(types.TEXT, "Id of that request in the logs.", null=True),
    "created_at":       Key(types.TIME, "When it began."),
    "updated_at":       Key(types.TIME, "When it last got on."),
    "finished_at":      Key(types.TIME, "When it ended.", null=True),
    "duration_seconds": Key(answers.SECONDS, "How long it took, or has taken until now."),
    "awaits":           Key(types.TEXT, "What it waits for.", null=True),
    "deadline":         Key(types.TIME, "Until when it waits for that.", null=True),
    "error":            Key(types.TEXT, "Why it failed.", null=True),
    "steps":            Key([STEP], "Its plan, and how far it came."),
    "milestones":       Key([MILESTONE], "What was seen meanwhile."),
    "progress":         Key(progress.PROGRESS, "How far it has come."),
})
HOLD = Document({
    "holder":           Key(types.TEXT, "Conductor that holds the node."),
    "why":              Key(types.TEXT, "For what.", null=True),
    "since":            Key(types.TIME, "Since when.", null=True),
    "until":            Key(types.TIME, "When its lease ends unless it is renewed."),
})
AWAITED = Document({
    "what":             Key(types.TEXT, "What is awaited."),
    "until":            Key(types.TIME, "Until when.", null=True),
    "flow":             Key(types.UUID, "The flow that waits."),
})
SET = Document({
    "at":               Key(types.TIME, "When."),
    "user":             Key(types.TEXT, "By whom.", null=True),
})
TIMELINE = Document({
    "node":                   Key(types.UUID, "The node."),
    "name":                   Key(types.TEXT, "Its name.", null=True),
    "provision_state":        Key(types.TEXT, "Where in its life it is."),
    "target_provision_state": Key(types.TEXT, "Where it is on its way to.", null=True),
    "since":                  Key(types.TIME, "When the provision state last changed.", null=True),
    "power_state":            Key(types.TEXT, "Power as last seen.", null=True),
    "maintenance":            Key(types.FLAG, "Whether it is out of service."),
    "maintenance_reason":     Key(types.TEXT, "Why.", null=True),
    "maintenance_set":        Key(SET, "When and by whom that was done last, while events are kept.", null=True),
    "fault":                  Key(types.TEXT, "The fault that put it into maintenance.", null=True),
    "last_error":             Key(types.TEXT, "What went wrong last, and what to do.", null=True),
    "held":                   Key(HOLD, "Who holds it now.", null=True),
    "awaited":                Key(AWAITED, "What is awaited now.", null=True),
    "flows":                  Key([FLOW], "The newest flows, the newest one first."),
})
# fmt: on


@expose.handler("ops:timeline", params={"limit": expose.Param(types.Number(1, MOST), default=10)},
                answer=answers.schema(TIMELINE))
def show(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show what was done with a node, step by step, and what is awaited until when."""
    with call.house.database.read() as connection:
        node = find(call, connection, name)
        return document(connection, node, call.house.clock.now(), call.params["limit"])


def find(call: expose.Call, connection: sa.Connection, name: str) -> sa.Row[typing.Any]:
    """Return the node of that UUID or name; raises ``BadField``, ``NotFound`` and ``Forbidden``."""
    column = "uuid" if types.is_uuid(name) else "name"
    if column == "name" and not types.is_name(name, versions.HIGHEST):
        raise errors.BadField(field="node", value=resource.shorten(name),
                              wanted="It must be the UUID or name of a node.")
    node = timeline.node(connection, column, name)
    if node is None:
        raise errors.NotFound(what="Node", ident=name)
    access.judge(call, call.rule, access.Owned("Node", name, node.owner, node.lessee))
    return node


def document(connection: sa.Connection, node: sa.Row[typing.Any], now: datetime.datetime,
             limit: int) -> dict[str, typing.Any]:
    """Return a node's timeline with its newest flows."""
    flows = timeline.flows(connection, node.id, limit)
    earlier = timeline.earlier(connection, [flow for flow in flows if flow.finished_at is None])
    return {**_document(node, now, flows_of(flows, earlier, parts(connection, [*flows, *earlier]), now)),
            "maintenance_set": _maintenance(connection, node)}


def _maintenance(connection: sa.Connection, node: sa.Row[typing.Any]) -> dict[str, typing.Any] | None:
    """Return when and by whom a node was put into the maintenance that it is in, where events say so."""
    found = baremetal.db.events.maintenance(connection, node.uuid) if node.maintenance else None
    facts = record.load(found.facts) if found is not None else {}
    # a fault that came with a move was told as a move; what was told of maintenance before is of another one
    if found is None or not facts.get("maintenance") or facts.get("fault") != node.fault:
        return None
    return {"at": clock.iso(found.at), "user": found.user}


def parts(connection: sa.Connection, flows: Rows) -> "Parts":
    """Return what belongs to flows."""
    ids = list({flow.id for flow in flows})
    return Parts(timeline.steps(connection, ids), timeline.milestones(connection, ids)) if ids else Parts([], [])


def took(connection: sa.Connection, flow: sa.Row[typing.Any]) -> progress.Known:
    """Return how long the steps of a flow took the last time that the node did the same."""
    earlier = timeline.earlier(connection, [flow])
    return progress.known(parts(connection, earlier).picture(earlier[0])) if earlier else {}


class Parts:
    """Steps and milestones of several flows, by flow."""

    def __init__(self, steps: Rows, milestones: Rows) -> None:
        self.steps: dict[int, list[typing.Any]] = collections.defaultdict(list)
        self.milestones: dict[int, list[typing.Any]] = collections.defaultdict(list)
        for step in steps:
            self.steps[step.flow_id].append(step)
        for milestone in milestones:
            self.milestones[milestone.flow_id].append(milestone)

    def picture(self, flow: typing.Any) -> progress.Picture:
        """Return the picture of a flow."""
        return progress.Picture.of_rows(flow, self.steps.get(flow.id, ()), self.milestones.get(flow.id, ()))


def _document(node: sa.Row[typing.Any], now: datetime.datetime,
              flows: list[dict[str, typing.Any]]) -> dict[str, typing.Any]:
    """Return the answer."""
    held = node.reservation is not None and node.lease_deadline is not None and node.lease_deadline > now
    waiting = next((flow for flow in flows if flow["awaits"]), None)
    return {
        "node": node.uuid, "name": node.name, "provision_state": node.provision_state,
        "target_provision_state": node.target_provision_state, "since": clock.iso(node.provision_updated_at),
        "power_state": node.power_state, "maintenance": bool(node.maintenance),
        "maintenance_reason": node.maintenance_reason, "fault": node.fault, "last_error": node.last_error,
        "held": {"holder": node.reservation, "why": node.lease_why, "since": clock.iso(node.lease_since),
                 "until": clock.iso(node.lease_deadline)} if held else None,
        "awaited": {"what": waiting["awaits"], "until": waiting["deadline"], "flow": waiting["uuid"]}
        if waiting else None,
        "flows": flows,
    }


def flows_of(flows: Rows, earlier: Rows, found: Parts, now: datetime.datetime) -> list[dict[str, typing.Any]]:
    """Return flows with what belongs to each."""
    known = {flow.verb: progress.known(found.picture(flow)) for flow in earlier}
    return [whole(flow, found, known.get(flow.verb, {}), now) for flow in flows]


def whole(flow: sa.Row[typing.Any], found: Parts, known: progress.Known,
          now: datetime.datetime) -> dict[str, typing.Any]:
    """Return a flow as it is answered, with all that belongs to it."""
    return {**_flow(flow, now), "steps": [step(row, now) for row in found.steps.get(flow.id, ())],
            "milestones": [milestone(row, flow) for row in found.milestones.get(flow.id, ())],
            "progress": progress.of(found.picture(flow), now, known)}


def _flow(flow: sa.Row[typing.Any], now: datetime.datetime) -> dict[str, typing.Any]:
    asker, over = record.load(flow.context), flow.finished_at is not None
    return {
        "uuid": flow.uuid, "verb": flow.verb, "state": flow.state, "conductor": flow.conductor,
        "user": asker.get("user"), "request_id": asker.get("request_id"), "created_at": clock.iso(flow.created_at),
        "updated_at": clock.iso(flow.updated_at), "finished_at": clock.iso(flow.finished_at),
        "duration_seconds": _seconds(flow.created_at, flow.finished_at or now),
        "awaits": None if over else flow.awaits, "deadline": None if over else clock.iso(flow.deadline),
        "error": flow.error,
    }


def step(row: sa.Row[typing.Any], now: datetime.datetime) -> dict[str, typing.Any]:
    """Return a step as it is answered."""
    plan = record.load(row.step)
    return {
        "position": row.position, "interface": plan.get("interface", ""), "step": plan.get("step", ""),
        "state": row.state, "attempts": row.attempts, "started_at": clock.iso(row.started_at),
        "finished_at": clock.iso(row.finished_at),
        "duration_seconds": _seconds(row.started_at, row.finished_at or now), "facts": _facts(row.facts),
        "error": row.error,
    }


def milestone(row: sa.Row[typing.Any], flow: sa.Row[typing.Any]) -> dict[str, typing.Any]:
    """Return a milestone as it is answered."""
    return {"name": row.name, "at": clock.iso(row.at), "seconds": _seconds(flow.created_at, row.at),
            "facts": _facts(row.facts)}


def _facts(text: str | None) -> dict[str, typing.Any]:
    """Return facts with secrets masked: a driver may note whatever its machine tells."""
    shown, _secrets = record.split("facts", record.load(text))
    return record.load(shown)


def _seconds(since: datetime.datetime | None, until: datetime.datetime) -> float | None:
    return None if since is None else max(0.0, round((until - since).total_seconds(), 3))
