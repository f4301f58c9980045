"""``GET /ops/v1/events``: what happens to anything, while it happens, as server-sent events; for portals.

The table of events is the truth; each stream reads on in it by itself, at any API process. A project hears of its own
nodes and what belongs to them.
"""

import collections.abc
import dataclasses
import typing

import orjson
import sqlalchemy as sa

import baremetal.db.events
from baremetal import clock, errors
from baremetal.api import access, expose, types
from baremetal.api.ops import events, lifetime, place, timeline
from baremetal.db import engine
from baremetal.notify import happening

#: seconds between two readings
TICK = 0.5
#: events that are read at once
MOST = 200
SCHEMA = {"type": "string", "description": (
    "Server-sent events, each with a JSON object as data: 'id', 'at', 'kind' (node, port, portgroup, chassis …), "
    "'action' (create, update, delete; of nodes also provision, power, maintenance, console), 'uuid', 'name', "
    "'node_uuid', 'user', 'request_id' and 'facts'; the event's name is its kind. 'hello' first: the stream begins "
    "now, what there is must be asked for. With the id of an event in the header Last-Event-ID the stream goes on "
    "behind it; when that is too long ago 'hello' says so by 'missed': true.")}
PARAMS = {
    "kind": expose.Param(types.Chosen(*happening.KINDS)),
    "action": expose.Param(types.Chosen(*happening.ACTIONS)),
    "node": expose.Param(types.TEXT),
}
#: columns that are told as they are
PLAIN = ("id", "kind", "action", "uuid", "name", "node_uuid", "user", "request_id")
#: those of them that say who did it: a node's history tells that its owner only
WHO = ("user", "request_id")


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What of all that happens is told in a stream; what is empty or None limits nothing."""

    kinds: frozenset[str]
    actions: frozenset[str]
    node: str | None
    project: str | None

    def has(self, row: typing.Any) -> bool:
        """Return whether an event is among it."""
        return bool((not self.kinds or row.kind in self.kinds) and (not self.actions or row.action in self.actions)
                    and (self.node is None or row.node_uuid == self.node)
                    and (self.project is None or self.project in (row.owner, row.lessee)))


class Feed:
    """The body of the answer: iterated by the server's thread, which may wait here, and closed by it."""

    def __init__(self, call: expose.Call, wanted: Wanted) -> None:
        environ = call.request.environ
        self._call, self._house, self._wanted = call, call.house, wanted
        self._over = False
        self._given = place.Place.read(environ.get("HTTP_LAST_EVENT_ID"))
        self._place: place.Place | None = None
        lent = environ.get(events.LENT)
        call.house.watcher.enter()
        try:
            self._link = lent(self._end) if lent else events.Unlent()
        except BaseException:
            call.house.watcher.go()
            raise
        self._life, self._said, self._entered = lifetime.Lifetime(call), call.house.clock.tick(), True

    def __iter__(self) -> collections.abc.Iterator[bytes]:
        """Return itself."""
        return self

    def __next__(self) -> bytes:
        """Return what there is to say, as soon as there is something."""
        ticker = self._house.clock
        while not (self._over or self._link.gone):
            if not self._life.left():
                return self._life.end()
            found = self._news()
            if not found and ticker.tick() - self._said >= events.HEARTBEAT:
                # the client goes on behind what it was not told, too
                found = b"id: %b\n%b" % (str(self._begun).encode(), events.STILL)
            if found:
                self._said = ticker.tick()
                return found
            ticker.sleep(TICK)
        raise StopIteration

    def _news(self) -> bytes:
        if self._link.unsent > events.UNSENT:
            return b""
        try:
            with self._house.database.read() as connection:
                first = events.FIRST + self._begin(connection) if self._place is None else b""
                rows = baremetal.db.events.after(connection, self._begun.lowest, place.MASKED + MOST)
        except engine.TROUBLE:
            return b""      # it is asked for again
        return first + b"".join(self._told(row) for row in rows if not self._begun.told(row.id))

    @property
    def _begun(self) -> place.Place:
        assert self._place is not None, "a stream begins with its place"
        return self._place

    def _begin(self, connection: sa.Connection) -> bytes:
        """Find the place to begin at; where that is not the one asked for, say so."""
        newest, given = baremetal.db.events.newest(connection), self._given
        kept = given is not None and baremetal.db.events.oldest(connection) <= given.highest + 1
        if given is not None and kept and given.highest <= newest:
            self._place = given
            return b""
        self._place = place.Place(newest)
        data = orjson.dumps({"at": clock.iso(self._house.clock.now()), "missed": given is not None})
        return b"id: %b\nevent: hello\ndata: %b\n\n" % (str(self._place).encode(), data)

    def _told(self, row: sa.Row[typing.Any]) -> bytes:
        """Return one event, and note that it was told."""
        self._begun.tell(row.id)
        if not self._wanted.has(row):
            return b""
        known = row._mapping
        document = {**{name: known[name] for name in PLAIN}, "at": clock.iso(row.at),
                    "facts": orjson.Fragment(row.facts or "{}")}
        if not self._owns(row):
            document["facts"] = _lent(row)
            if row.user is None or row.user != self._call.context.user:
                document |= dict.fromkeys(WHO)
        return b"id: %b\nevent: %b\ndata: %b\n\n" % (
            str(self._begun).encode(), row.kind.encode(), orjson.dumps(document))

    def _owns(self, row: sa.Row[typing.Any]) -> bool:
        """Return whether all of an event is for the caller: of what is lent to it, it hears what documents show it."""
        owned = access.Owned("Node", row.uuid, row.owner, row.lessee)
        return self._wanted.project is None or access.permits(self._call, "ops:timeline", owned)

    def _end(self) -> None:
        self._over = True

    def close(self) -> None:
        """Give the place back to others."""
        if self._entered:
            self._entered = False
            self._house.watcher.go()


def _lent(row: sa.Row[typing.Any]) -> dict[str, typing.Any]:
    """Return the facts of an event but for errors, which documents show to who owns the node."""
    return {name: value for name, value in orjson.loads(row.facts or "{}").items() if name != "last_error"}


@expose.handler("ops:events", params=PARAMS, answer=SCHEMA, media="text/event-stream")
def show(call: expose.Call) -> expose.Answer:
    """Tell what happens, while it happens."""
    if not call.house.conf.api.events_kept_seconds:
        raise errors.Invalid(text="This service keeps no events: its option [api]events_kept_seconds is 0. What "
                                  "happens to one node is at /ops/v1/nodes/{node}/events.")
    wanted = Wanted(frozenset(call.params["kind"] or ()), frozenset(call.params["action"] or ()), _node(call),
                    access.project(call, "ops:events:list_all"))
    return expose.Answer(stream=Feed(call, wanted), content_type="text/event-stream", headers=events.HEADERS)


def _node(call: expose.Call) -> str | None:
    """Return the UUID of the node that the stream is limited to."""
    name = call.params["node"]
    if name is None:
        return None
    with call.house.database.read() as connection:
        return str(timeline.find(call, connection, name).uuid)
