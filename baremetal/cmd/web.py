"""The HTTP server of a process: waitress, which reads requests in one thread and works on them in several."""

import functools
import resource
import threading
import typing

import waitress.server
from oslo_config import cfg

from baremetal.cmd import plain, streams

#: bytes of an answer that are kept in memory while it is sent; a page of a thousand nodes fits, and needs no file
PAGE = 8 * 2 ** 20
#: connections at once, where the process may have so many: a hundred clients that keep theirs must not shut others out
CONNECTIONS = 2000
#: seconds after which a connection is closed on which nothing comes
IDLE = 60
#: the same where files are sent: an agent writes what it fetches, and its disk may take its time
SLOW = 600


def _connections() -> int:
    """Return how many connections there may be, with half of the process's descriptors left for everything else."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS if hard == resource.RLIM_INFINITY else min(2 * CONNECTIONS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return CONNECTIONS if soft == resource.RLIM_INFINITY else min(CONNECTIONS, soft // 2)


class Listener(typing.NamedTuple):
    """Where a server listens, and for how many requests at once."""

    host: str
    port: int
    threads: int
    idle: int = IDLE


def operators(conf: cfg.ConfigOpts) -> Listener:
    """Return the listener of the whole API."""
    return Listener(str(conf.api.host_ip), conf.api.port, conf.api.threads)


def agents(conf: cfg.ConfigOpts) -> Listener:
    """Return the listener for agents; of the one-process form, which sends them files as well."""
    return Listener(str(conf.api.agents_host_ip), conf.api.agents_port, conf.api.threads, SLOW)


def files(conf: cfg.ConfigOpts) -> Listener:
    """Return the conductor's listener for files; the kernel sends them, so that threads only find them."""
    return Listener(str(conf.deploy.http_host_ip), conf.deploy.http_port, 4, SLOW)


class Web:
    """Serves a WSGI application from a thread of its own."""

    def __init__(self, conf: cfg.ConfigOpts, application: typing.Any, where: Listener | None = None) -> None:
        """``where`` is the operators' listener unless told otherwise."""
        host, port, threads, idle = where or operators(conf)
        # the guards of the application bound bodies by path; the server bounds what it buffers at all
        most = max(conf.api.max_json_body_size, conf.api.max_json_body_size_provision,
                   conf.api.max_json_body_size_inspection) * 1024 + 2 ** 20
        sockets: dict[int, typing.Any] = {}
        self._server = waitress.server.create_server(
            application, map=sockets, host=host, port=port, threads=threads,
            ident=None, max_request_body_size=most, expose_tracebacks=False, clear_untrusted_proxy_headers=True,
            outbuf_overflow=PAGE, channel_timeout=idle, cleanup_interval=idle // 4,
            # poll() knows descriptors above 1023, select() does not
            asyncore_use_poll=True, connection_limit=_connections())
        self._streams = streams.Pool(threads)
        self._streams.serve(self._server.task_dispatcher, sockets)
        for each in sockets.values():
            if isinstance(each, waitress.server.BaseWSGIServer):
                each.channel_class = functools.partial(plain.Channel, self._streams)
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on, also where the system chose it."""
        return int(self._server.effective_port)

    def _run(self) -> None:
        self._server.run()

    def _close(self, woken: threading.Event) -> None:
        woken.wait()
        self._server.close()

    def start(self) -> None:
        """Begin to serve; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections, end the streams and let the running requests end."""
        self._streams.close()
        trigger = getattr(self._server, "trigger", None)
        if trigger and self._thread.is_alive():
            # in the loop's own thread, which may be waiting on just what is closed; not before it has been woken, since
            # what wakes it is closed as well
            woken = threading.Event()
            trigger.pull_trigger(lambda: self._close(woken))
            woken.set()
        else:
            self._server.close()
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=5)
