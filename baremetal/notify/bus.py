"""Notifications on the message bus, for telemetry and others' programs: off unless ``notification_level`` is set.

What is sent costs its sender an entry of a queue. A bus that is away holds up nobody: what does not fit into the queue
meanwhile is lost, and that is said.
"""

import atexit
import contextlib
import logging
import queue
import threading
import typing

import oslo_messaging
from oslo_config import cfg

from baremetal import context
from baremetal.notify import payloads

LOG = logging.getLogger(__name__)

#: levels, the least important first; as which oslo.messaging sends each
LEVELS = {"debug": "debug", "info": "info", "warning": "warn", "error": "error", "critical": "critical"}
_RANK = {level: rank for rank, level in enumerate(LEVELS)}
START, END, ERROR, SUCCESS = "start", "end", "error", "success"
#: what waits to be sent at most
ROOM = 10_000
#: seconds within which what waits is sent at the end
LAST = 5.0

Sent = tuple[str, dict[str, typing.Any], str, dict[str, typing.Any]]


class Bus:
    """Sends notifications of one process; ``service`` is api or conductor."""

    def __init__(self, conf: cfg.ConfigOpts, service: str) -> None:
        self._conf, self._publisher = conf, f"ironic-{service}.{conf.host}"
        level = conf.notification_level
        #: least important level that is sent; None: nothing is
        self._least = None if level is None else _RANK[level]
        self._queue: queue.Queue[Sent | None] = queue.Queue(ROOM)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._lost = 0

    @property
    def on(self) -> bool:
        """Whether anything is sent at all."""
        return self._least is not None

    def send(self, which: str, status: str, values: typing.Mapping[str, typing.Any], ctx: context.Context) -> None:
        """Have ``baremetal.<which>.<status>`` sent; ``which`` is object and action. Returns at once."""
        level = "error" if status == ERROR else "info"
        if self._least is None or _RANK[level] < self._least:
            return
        known = which if which in payloads.PAYLOADS else which.partition(".")[0]
        told = {"request_id": ctx.request_id, "user": ctx.user, "project_id": ctx.project}
        entry = (LEVELS[level], told, f"baremetal.{which}.{status}", payloads.envelope(known, values))
        try:
            self._queue.put_nowait(entry)
        except queue.Full:
            self._lost += 1
            if self._lost & (self._lost - 1) == 0:
                LOG.warning("The message bus does not take notifications: %s are lost so far", self._lost)
        self._begin()

    def stop(self) -> None:
        """Send what waits, and end."""
        atexit.unregister(self.stop)
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            # a full queue, of a bus that is away, does not keep the process
            with contextlib.suppress(queue.Full):
                self._queue.put(None, timeout=LAST)
                thread.join(LAST)

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="notifications", daemon=True)
                self._thread.start()
                atexit.register(self.stop)

    def _run(self) -> None:
        try:
            transport = oslo_messaging.get_notification_transport(self._conf)
            notifier = oslo_messaging.Notifier(transport, publisher_id=self._publisher,
                                               topics=self._conf.versioned_notifications_topics)
        except Exception:
            LOG.exception("No notifications are sent: look at [oslo_messaging_notifications] and transport_url")
            self._least = None
            return
        while (entry := self._queue.get()) is not None:
            level, ctx, event_type, payload = entry
            try:
                getattr(notifier, level)(ctx, event_type, payload)
            except Exception as error:
                # drivers raise what their libraries do; the next one may get through
                LOG.warning("Notification %s was not sent: %s", event_type, type(error).__name__)
        transport.cleanup()
