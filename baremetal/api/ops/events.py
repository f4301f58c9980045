"""``GET /ops/v1/nodes/{ident}/events``: what happens to a node, while it happens, as server-sent events.

The server lends a link to the connection (``baremetal.stream`` in the environ); a server that lends none serves
streams too, and notices gone clients when it writes to them.
"""

import collections.abc
import logging
import typing

import sqlalchemy as sa

from baremetal.api import expose
from baremetal.api.ops import lifetime, timeline, watcher

LOG = logging.getLogger(__name__)

#: in a request's environ: what makes the link of a stream, called with what is to be called when the client is gone
LENT = "baremetal.stream"
#: seconds after which an idle stream says that it lives
HEARTBEAT = 15.0
#: bytes that the client has not taken yet, beyond which it is sent no more for now
UNSENT = 2 ** 17
#: seconds for which it may stay so before it is dropped, and between two looks
PATIENCE, LOOK = 5.0, 0.1
#: what the client does when the stream ends: it comes again after so many milliseconds
FIRST = b"retry: 1000\n\n"
STILL = b": still here\n\n"
#: a proxy in between must not collect
HEADERS = (("Cache-Control", "no-cache"), ("X-Accel-Buffering", "no"))
SCHEMA = {"type": "string", "description": (
    "Server-sent events, each with a JSON object as data. 'snapshot' first: the node's state, power and newest flow as "
    "its timeline shows it. Then, as it happens: 'state', 'power', 'step' (one that began, waits or ended), "
    "'milestone', 'progress' (of the running flow) and 'end' (of a flow, with its state and error). With the id of an "
    "event in the header Last-Event-ID the stream goes on behind it, without a snapshot.")}


class Unlent:
    """The link of a server that lends none."""

    gone, unsent = False, 0


class Feed:
    """The body of the answer: iterated by the server's thread, which may wait here, and closed by it."""

    def __init__(self, call: expose.Call, node: sa.Row[typing.Any]) -> None:
        environ, house = call.request.environ, call.house
        # an operator's goes on when a deployment lends the node
        whose = None if house.enforcer.allows(call.rule, call.context) else watcher.tenants(node)
        self._house = house
        self._listener: watcher.Listener = house.watcher.listen(node.id, environ.get("HTTP_LAST_EVENT_ID"), whose)
        self._link = environ[LENT](self._listener.end) if environ.get(LENT) else Unlent()
        self._life = lifetime.Lifetime(call)
        self._begun = False

    def __iter__(self) -> collections.abc.Iterator[bytes]:
        """Return itself."""
        return self

    def __next__(self) -> bytes:
        """Return what there is to say, as soon as there is something."""
        if not self._begun:
            self._begun = True
            return FIRST
        self._drain()
        if self._link.gone:
            raise StopIteration
        left = self._life.left()
        if not left:
            return self._life.end()
        found = self._listener.take(min(HEARTBEAT, left))
        if not found and self._listener.over:
            raise StopIteration
        return found or STILL

    def _drain(self) -> None:
        """Wait until the client has taken most of what it was sent; one that does not is dropped."""
        end = self._house.clock.tick() + PATIENCE
        while self._link.unsent > UNSENT and not self._link.gone:
            if self._house.clock.tick() > end:
                LOG.info("A client of live events does not take what it is sent; it is dropped")
                raise StopIteration
            self._house.clock.sleep(LOOK)

    def close(self) -> None:
        """Give the place back to others."""
        self._house.watcher.leave(self._listener)


@expose.handler("ops:timeline", answer=SCHEMA, media="text/event-stream")
def show(call: expose.Call, name: str) -> expose.Answer:
    """Tell what happens to a node, while it happens."""
    with call.house.database.read() as connection:
        node = timeline.find(call, connection, name)
    return expose.Answer(stream=Feed(call, node), content_type="text/event-stream", headers=HEADERS)
