"""The HTTP server of a process: waitress, which reads requests in one thread and works on them in several."""

import resource
import threading
import typing

import waitress.server
from oslo_config import cfg

#: bytes of an answer that are kept in memory while it is sent; a page of a thousand nodes fits, and needs no file
PAGE = 8 * 2 ** 20
#: connections at once, where the process may have so many: a hundred clients that keep theirs must not shut others out
CONNECTIONS = 2000
#: seconds after which a connection is closed on which nothing comes
IDLE = 60


def _connections() -> int:
    """Return how many connections there may be, with half of the process's descriptors left for everything else."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS if hard == resource.RLIM_INFINITY else min(2 * CONNECTIONS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return CONNECTIONS if soft == resource.RLIM_INFINITY else min(CONNECTIONS, soft // 2)


class Web:
    """Serves a WSGI application from a thread of its own."""

    def __init__(self, conf: cfg.ConfigOpts, application: typing.Any) -> None:
        # the guards of the application bound bodies by path; the server bounds what it buffers at all
        most = max(conf.api.max_json_body_size, conf.api.max_json_body_size_provision,
                   conf.api.max_json_body_size_inspection) * 1024 + 2 ** 20
        self._server = waitress.server.create_server(
            application, host=str(conf.api.host_ip), port=conf.api.port, threads=conf.api.threads,
            ident=None, max_request_body_size=most, expose_tracebacks=False, clear_untrusted_proxy_headers=True,
            outbuf_overflow=PAGE, channel_timeout=IDLE, cleanup_interval=IDLE // 4,
            # poll() knows descriptors above 1023, select() does not
            asyncore_use_poll=True, connection_limit=_connections())
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    def _run(self) -> None:
        self._server.run()

    def start(self) -> None:
        """Begin to serve; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections and let the running requests end."""
        trigger = getattr(self._server, "trigger", None)
        if trigger and self._thread.is_alive():
            # in the loop's own thread, which may be waiting on just what is closed
            trigger.pull_trigger(self._server.close)
        else:
            self._server.close()
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=5)
