"""The one thread of an API process that reads the database for all live event streams, while there are any.

It tells each listener what is new for it. A listener's queue is bounded: who does not keep up is dropped and may come
again, from where it was.
"""

import collections
import dataclasses
import logging
import threading
import typing

import orjson
import sqlalchemy as sa
from oslo_config import cfg

from baremetal import clock, errors
from baremetal.api.ops import cursor, progress, timeline
from baremetal.db import engine, watching

LOG = logging.getLogger(__name__)

#: seconds between two readings
TICK = 0.5
#: seconds between two events that say nothing but that more of the same is done
STEADY = 1.0
#: events that wait for one listener at most, and their bytes
MOST, MOST_BYTES = 1000, 2 ** 23
#: bytes that are taken at once, but for one event that is larger
TAKEN = 2 ** 16
#: flows of a node that a listener who comes again may have missed; who missed more begins anew
MISSED = 20
#: seconds after which one who found all places taken may try again
RETRY = 10

#: owner and lessee of a node
Tenants = tuple[str | None, str | None]


class Listener:
    """Who listens to one node: what is on its way to it."""

    def __init__(self, node: int, tenants: Tenants | None, since: int, told: cursor.Cursor | None) -> None:
        self.node, self.tenants, self.since, self.cursor = node, tenants, since, told
        self.over = False
        self.shown: dict[str, typing.Any] = {}
        self.shown_at = float("-inf")
        self._waiting: collections.deque[bytes] = collections.deque()
        self._bytes = 0
        self._changed = threading.Condition()

    def put(self, name: str, document: dict[str, typing.Any], ident: str | None = None) -> None:
        """Queue an event; the cursor stands behind it already, unless ``ident`` says where it stood."""
        ident = ident or str(self.cursor)
        event = b"id: %b\nevent: %b\ndata: %b\n\n" % (ident.encode(), name.encode(), orjson.dumps(document))
        with self._changed:
            # what comes after one that was left out must be left out, too
            self.over = self.over or len(self._waiting) >= MOST or self._bytes > MOST_BYTES
            if not self.over:
                self._waiting.append(event)
                self._bytes += len(event)
            self._changed.notify()

    def take(self, within: float) -> bytes:
        """Return what has come; nothing when nothing comes in time, or it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self.over, within)
            found: list[bytes] = []
            while self._waiting and sum(map(len, found)) < TAKEN:
                found.append(self._waiting.popleft())
            taken = b"".join(found)
            self._bytes -= len(taken)
            return taken

    def end(self) -> None:
        """Say that nobody listens any more, or that there is nothing more to hear."""
        with self._changed:
            self.over = True
            self._changed.notify()


@dataclasses.dataclass
class Found:
    """What one reading brought, for all nodes."""

    nodes: dict[int, typing.Any]
    flows: dict[int, list[typing.Any]]
    parts: timeline.Parts


def tenants(node: sa.Row[typing.Any]) -> Tenants:
    """Return by what it is judged which project may listen."""
    return node.owner, node.lessee


class Watcher:
    """Reads for all listeners of this process."""

    def __init__(self, conf: cfg.ConfigOpts, database: engine.Database, time: clock.Clock) -> None:
        self._database, self._time, self._most = database, time, conf.api.max_streams
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._listeners: list[Listener] = []
        self._thread: threading.Thread | None = None
        #: streams that read for themselves
        self._others = 0
        #: flow: how long its steps took the last time
        self._took: dict[int, progress.Known] = {}

    def listen(self, node: int, last: str | None, whose: Tenants | None = None) -> Listener:
        """Return a listener to a node, from the event of that id on; raises ``StreamsTaken``.

        It ends when the node is not ``whose`` it was any more; None: the caller may listen whoever's it is.
        """
        told = cursor.Cursor.read(last) if last else None
        with self._database.read() as connection:
            known = watching.known(connection, node, MISSED)
        lost = told is not None and told.flow not in known and (told.flow or len(known) == MISSED)
        if told is not None and (told.node != node or lost):
            told = None
        since = told.flow if told is not None else known[0] if known else 0
        made = Listener(node, whose, since, told)
        with self._lock:
            self._require_place()
            self._listeners.append(made)
            self._wake.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
                self._thread.start()
        return made

    def _require_place(self) -> None:
        if len(self._listeners) + self._others >= self._most:
            raise errors.StreamsTaken(most=self._most, retry_after=RETRY)

    def enter(self) -> None:
        """Take the place of a stream that reads for itself; raises ``StreamsTaken``."""
        with self._lock:
            self._require_place()
            self._others += 1

    def go(self) -> None:
        """Give such a place back."""
        with self._lock:
            self._others -= 1

    def leave(self, listener: Listener) -> None:
        """Forget a listener; the last one ends the reading. May be called twice."""
        listener.end()
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)
            self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.clear()
            with self._lock:
                present = [listener for listener in self._listeners if not listener.over]
                if not self._listeners:
                    self._thread = None
                    self._took.clear()
                    return
            try:
                if present:
                    self._tell(present)
            except engine.TROUBLE as error:
                LOG.warning("Live events wait for the database (%s)", type(error).__name__)
            except Exception:
                # streams end and are asked for again; requests go on whatever happens here
                LOG.exception("Live events broke; all streams are ended")
                for listener in present:
                    listener.end()
            self._time.wait(self._wake, TICK)

    def _tell(self, listeners: list[Listener]) -> None:
        """Read once, and tell each listener what is new for it."""
        since: dict[int, int] = {}
        for listener in listeners:
            since[listener.node] = min(listener.since, since.get(listener.node, listener.since))
        found = self._read(since)
        now = self._time.now()
        for listener in listeners:
            node = found.nodes.get(listener.node)
            if node is None or listener.tenants not in (None, tenants(node)):
                listener.end()      # deleted, or another project's; who asks again is told so
                continue
            flows = [flow for flow in found.flows.get(listener.node, ()) if flow.id >= listener.since]
            took = self._took.get(flows[-1].id, {}) if flows else {}
            self._inform(listener, cursor.View(node, flows, found.parts, now, took))

    def _read(self, since: watching.Since) -> Found:
        """Read all nodes at once. Flows first: one that has ended is then shown with the state that came of it."""
        with self._database.read() as connection:
            flows = watching.flows(connection, since)
            nodes = watching.nodes(connection, since)
            parts = timeline.parts(connection, flows)
            for flow in flows:
                if flow.finished_at is None and flow.id not in self._took:
                    self._took[flow.id] = timeline.took(connection, flow)
        of_node: dict[int, list[typing.Any]] = collections.defaultdict(list)
        for flow in flows:
            of_node[flow.node_id].append(flow)
        return Found({node.id: node for node in nodes}, of_node, parts)

    def _inform(self, listener: Listener, view: cursor.View) -> None:
        """Tell one listener what is new for it."""
        if listener.cursor is None:
            listener.cursor = cursor.Cursor(listener.node)
            listener.put(*listener.cursor.snapshot(view))
        else:
            behind = str(listener.cursor)
            for name, document in listener.cursor.advance(view):
                if name == "end" and document["flow"] == view.flows[-1].uuid:
                    self._progress(listener, view, behind)
                listener.put(name, document)
                behind = str(listener.cursor)
        listener.since = listener.cursor.flow
        if view.flows and view.flows[-1].finished_at is None:
            self._progress(listener, view)

    def _progress(self, listener: Listener, view: cursor.View, before_end: str | None = None) -> None:
        """Tell how far the newest flow is, when that has changed and it is time to say so; the last time at its end.

        Who hears that and then no more has not heard of the end: ``before_end`` is the id before it.
        """
        flow = view.flows[-1]
        found = progress.of(view.parts.picture(flow), view.now, view.took)
        told = {name: found[name] for name in ("phase", "step", "steps_done", "steps_total", "percent", "bytes")}
        steady = all(told[name] == listener.shown.get(name) for name in ("phase", "step", "steps_done", "steps_total"))
        soon = steady and before_end is None and self._time.tick() - listener.shown_at < STEADY
        if told == listener.shown or soon:
            return
        listener.shown, listener.shown_at = told, self._time.tick()
        listener.put("progress", {"flow": flow.uuid, "verb": flow.verb, **found}, before_end)
