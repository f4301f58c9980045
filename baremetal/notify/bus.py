"""Notifications on the message bus, for telemetry and others' programs: off unless ``notification_level`` is set.

What is sent costs its sender an entry of a queue. A bus that is away holds up nobody: what is to be sent waits in the
queue, and what does not fit into it meanwhile is lost; both is said.
"""

import atexit
import collections.abc
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
LAST = 3.0
#: seconds until what a bus that is away has not taken is tried again: at first, and at most
FIRST, LONGEST = 0.5, 15.0
#: faults of one notification; any other one is the bus's
OWN = (TypeError, ValueError, LookupError, AttributeError)
#: who says in the log of oslo.messaging that a notification was not sent, and nowhere else; and who says why
TELLS = "oslo_messaging.notify.messaging"
CHATTER = (TELLS, "oslo.messaging._drivers.impl_rabbit", "oslo.messaging._drivers.amqpdriver")


class Sent(typing.NamedTuple):
    """What waits to be sent."""

    level: str
    ctx: dict[str, typing.Any]
    event_type: str
    payload: dict[str, typing.Any]
    #: whether it is in the envelope of versioned objects, which has topics of its own
    versioned: bool = True


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
        self._lost, self._broken = 0, False
        self._over = threading.Event()

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
        self._put(Sent(LEVELS[level], told, f"baremetal.{which}.{status}", payloads.envelope(known, values)))

    def measured(self, event_type: str, message: dict[str, typing.Any]) -> None:
        """Have what sensors measure sent, as a plain notification, whatever the level. Returns at once."""
        if not self._broken:
            self._put(Sent("info", {}, event_type, message, versioned=False))

    def _put(self, entry: Sent) -> None:
        try:
            self._queue.put_nowait(entry)
        except queue.Full:
            self._lost += 1
            if self._lost & (self._lost - 1) == 0:
                LOG.warning("The message bus does not take notifications: %s are lost so far", self._lost)
        self._begin()

    def stop(self) -> None:
        """Send what waits, and end; a bus that is away is not waited for."""
        atexit.unregister(self.stop)
        with self._lock:
            thread, self._thread = self._thread, None
        self._over.set()
        if thread is not None:
            # a full queue, of a bus that is away, does not keep the process
            with contextlib.suppress(queue.Full):
                self._queue.put(None, timeout=LAST)
                thread.join(LAST)

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                # each thread's own: one that is stuck in sending must hear later that it is over
                self._over = threading.Event()
                self._thread = threading.Thread(target=self._run, args=(self._over,), name="notifications", daemon=True)
                self._thread.start()
                atexit.register(self.stop)

    def _run(self, over: threading.Event) -> None:
        try:
            transport = oslo_messaging.get_notification_transport(self._conf)
            topics = {True: self._conf.versioned_notifications_topics, False: None}
            notifiers = {versioned: oslo_messaging.Notifier(transport, publisher_id=self._publisher, retry=0,
                                                           topics=each)
                         for versioned, each in topics.items()}
        except Exception:
            LOG.exception("No notifications are sent: look at [oslo_messaging_notifications] and transport_url")
            self._least, self._broken = None, True
            return
        with hushed() as said:
            while (entry := self._queue.get()) is not None:
                if not self._deliver(notifiers[entry.versioned], entry, said, over):
                    left = 1 + sum(waiting is not None for waiting in self._drain())
                    LOG.warning("The message bus is away at the end: %s notifications are lost", left)
                    break
        transport.cleanup()

    def _deliver(self, notifier: oslo_messaging.Notifier, entry: Sent, said: "Said",
                 over: threading.Event) -> bool:
        """Send one, however often that must be tried; False where the process ends before the bus is there."""
        pause, event_type = FIRST, entry.event_type
        while (fault := _fault(notifier, entry, said)) is not None:
            if isinstance(fault, OWN):
                LOG.warning("Notification %s was not sent: %s", event_type, type(fault).__name__)
                return True
            if over.is_set():
                return False
            if pause == FIRST:
                LOG.warning("The message bus does not take notifications (%s); up to %s wait until it does. Is it "
                            "there, and is transport_url right?", type(fault).__name__, ROOM)
            over.wait(pause)
            pause = min(2 * pause, LONGEST)
        if pause != FIRST:
            LOG.info("The message bus takes notifications again")
        return True

    def _drain(self) -> collections.abc.Iterator[Sent | None]:
        with contextlib.suppress(queue.Empty):
            while True:
                yield self._queue.get_nowait()


def _fault(notifier: oslo_messaging.Notifier, entry: Sent, said: "Said") -> BaseException | None:
    """Send a notification once; return what kept it from being sent."""
    level, ctx, event_type, payload, _ = entry
    said.fault = None
    try:
        getattr(notifier, level)(ctx, event_type, payload)
    except Exception as error:
        # drivers raise what their libraries do
        return error
    return said.fault


class Said(logging.Filter):
    """Takes what oslo.messaging logs of notifications in this thread: whole payloads, once for each try."""

    def __init__(self) -> None:
        super().__init__()
        self.fault: BaseException | None = None
        self._thread = threading.get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the fault, and have nothing written."""
        if record.thread != self._thread:
            return True
        if record.name == TELLS and record.exc_info:
            self.fault = record.exc_info[1]
        return False


@contextlib.contextmanager
def hushed() -> collections.abc.Iterator[Said]:
    """Hear what oslo.messaging has to say in this thread, instead of the log."""
    said, loggers = Said(), [logging.getLogger(name) for name in CHATTER]
    for logger in loggers:
        logger.addFilter(said)
    try:
        yield said
    finally:
        for logger in loggers:
            logger.removeFilter(said)
