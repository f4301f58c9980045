"""Long answers on waitress: a thread of its own for each while it lasts, and news of clients that are gone.

Waitress looks at a connection again only when its answer is written; one whose client has gone would keep its thread
for hours. A stream's connection is read on meanwhile, and its end wakes whoever writes the stream.
"""

import collections.abc
import functools
import threading
import typing

import waitress.channel
import waitress.server
import waitress.task

#: in a request's environ: called with what is to be called when the client is gone, it returns a ``Link``
LENT = "baremetal.stream"

#: seconds within which the threads of streams end when the server stops
PATIENCE = 1.0

Wake = collections.abc.Callable[[], None]


class Link:
    """The server's side of one stream, as its writer sees it."""

    def __init__(self, channel: "Channel", wake: Wake) -> None:
        self.gone = False
        self._channel, self._wake = channel, wake

    @property
    def unsent(self) -> int:
        """How many bytes the client has not taken yet."""
        return int(self._channel.total_outbufs_len)

    def end(self) -> None:
        """Wake the writer for good: the client has gone, or the server stops."""
        self.gone = True
        self._wake()


class Pool:
    """The streams of one server: its threads are as many as for requests alone, and one more for each stream."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._links: set[Link] = set()
        self._lock = threading.Condition()
        self._closed = False
        self._dispatcher: typing.Any = None
        #: whether a client that speaks TLS was told of
        self.met_tls = False

    def serve(self, dispatcher: typing.Any, sockets: dict[int, typing.Any]) -> None:
        """Take over the connections of a server that does not run yet."""
        self._dispatcher = dispatcher
        for each in sockets.values():
            if isinstance(each, waitress.server.BaseWSGIServer):
                each.channel_class = functools.partial(Channel, self)

    def begin(self, channel: "Channel", wake: Wake) -> Link:
        """Make the present request of a connection a stream."""
        link = Link(channel, wake)
        with self._lock:
            self._links.add(link)
            self._resize()
        channel.link = link
        channel.server.pull_trigger()     # so that the connection is looked at from now on
        if self._closed or not channel.connected:
            link.end()
        return link

    def remove(self, link: Link) -> None:
        """Forget a stream whose thread has ended its work."""
        with self._lock:
            self._links.discard(link)
            self._resize()
            self._lock.notify_all()

    def close(self) -> None:
        """End all streams and wait for their threads; those that begin later end at once."""
        with self._lock:
            self._closed = True
            links = list(self._links)
        for link in links:
            link.end()
        with self._lock:
            self._lock.wait_for(lambda: not self._links, PATIENCE)

    def _resize(self) -> None:
        if not self._closed:
            self._dispatcher.set_thread_count(self._threads + len(self._links))


class Task(waitress.task.WSGITask):
    """A request that may become a stream."""

    def get_environment(self) -> dict[str, typing.Any]:
        """Return the environ, with what begins a stream."""
        environ: dict[str, typing.Any] = super().get_environment()
        environ[LENT] = functools.partial(self.channel.pool.begin, self.channel)
        return environ


class Channel(waitress.channel.HTTPChannel):
    """A connection that is read on while it carries a stream, so that its end is noticed."""

    task_class = Task
    link: Link | None = None

    def __init__(self, pool: Pool, *args: typing.Any, **named: typing.Any) -> None:
        self.pool = pool
        super().__init__(*args, **named)

    def readable(self) -> bool:
        """Whether the server looks at what comes in; of a stream, up to the next request."""
        if self.link is not None and not self.link.gone:
            return len(self.requests) <= 1 and not (self.will_close or self.close_when_flushed)
        return bool(super().readable())

    def handle_close(self) -> None:
        """Close, and tell the writer of a stream."""
        super().handle_close()
        if self.link is not None:
            self.link.end()

    def service(self) -> None:
        """Answer a request."""
        try:
            super().service()
        finally:
            if self.link is not None:
                self.pool.remove(self.link)
            self.link = None
