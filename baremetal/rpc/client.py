"""The API's end of RPC."""

import collections
import collections.abc
import contextlib
import threading
import typing

import oslo_messaging
from oslo_config import cfg
from oslo_messaging import exceptions

from baremetal import context, errors
from baremetal.rpc import wire

#: tries to reach the message bus beside the first one; the first two are a second apart
RETRIES = 1
#: of the threads that serve requests, how many may wait for conductors at once, and how many for the same one: those
#: that are left serve what needs no conductor, when one is dead or its BMCs are
SHARE, SHARE_OF_ONE = 0.75, 0.5
#: seconds for which a call waits until it may wait
PATIENCE = 1.0
#: seconds for which the first calls of a process wait for the message bus
UNREACHED = 3.0


class Client:
    """Calls conductors by host name; faults come back as faults."""

    def __init__(self, conf: cfg.ConfigOpts, transport: typing.Any) -> None:
        self._within = conf.rpc_response_timeout
        self._way_back = WayBack(transport)
        self._waiting = Waiting(conf.api.threads)
        target = oslo_messaging.Target(topic=wire.TOPIC, version=wire.VERSION)
        self._client = oslo_messaging.get_rpc_client(
            transport, target, retry=RETRIES, transport_options=oslo_messaging.TransportOptions(at_least_once=True))

    def call(self, ctx: context.Context, host: str, work: str, **args: typing.Any) -> typing.Any:
        """Have conductor ``host`` do ``work`` and return its answer.

        Raises the fault the conductor raised; ``ConductorUnreached`` when it was not even asked, ``ConductorSilent``
        when nothing comes back in time, ``TooManyCalls`` when too many others wait for that already.
        """
        target = self._client.prepare(server=host, timeout=self._within)
        with self._waiting.place(host, work):
            if not self._way_back.open(UNREACHED):
                raise errors.ConductorUnreached(host=host, method=work)
            try:
                return wire.read(target.call({}, "call", work=work, ctx=ctx.to_wire(), args=args))
            except (exceptions.MessageDeliveryFailure, exceptions.MessageUndeliverable) as error:
                raise errors.ConductorUnreached(host=host, method=work) from error
            except exceptions.MessagingTimeout as error:
                raise errors.ConductorSilent(host=host, method=work, seconds=self._within) from error


class WayBack:
    """The queue in which answers arrive, made once and by a thread of its own.

    oslo.messaging tries that for ever; a call in the middle of it would hang, and be done when nobody waits any more.
    """

    def __init__(self, transport: typing.Any) -> None:
        #: only brokers have it
        self._make = getattr(transport._driver, "_get_reply_q", None)
        self._lock = threading.Lock()
        self._maker: threading.Thread | None = None

    def open(self, seconds: float) -> bool:
        """Return whether answers can arrive, after at most ``seconds``."""
        if self._make is None:
            return True
        with self._lock:
            if self._maker is None:
                self._maker = threading.Thread(target=self._make, name="way back", daemon=True)
                self._maker.start()
        if self._maker.is_alive():
            self._maker.join(seconds)
        return not self._maker.is_alive()


class Waiting:
    """How many calls wait for an answer at once, in all and for each conductor."""

    def __init__(self, threads: int) -> None:
        self._most, self._most_of_one = max(1, int(threads * SHARE)), max(1, int(threads * SHARE_OF_ONE))
        self.patience = PATIENCE
        self._there: collections.Counter[str] = collections.Counter()
        self._left = threading.Condition()

    @contextlib.contextmanager
    def place(self, host: str, work: str) -> collections.abc.Iterator[None]:
        """Have a place among the waiting for this block; raises ``TooManyCalls`` when none becomes free soon."""
        with self._left:
            if not self._left.wait_for(lambda: self._free(host), self.patience):
                raise errors.TooManyCalls(host=host, method=work, there=self._there[host])
            self._there[host] += 1
        try:
            yield
        finally:
            with self._left:
                self._there[host] -= 1
                if not self._there[host]:
                    del self._there[host]
                self._left.notify_all()

    def _free(self, host: str) -> bool:
        return self._there[host] < self._most_of_one and self._there.total() < self._most
