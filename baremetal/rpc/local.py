"""The transport ``fake://`` within one process, without its pauses: who listens is woken by what arrives.

oslo.messaging's own looks every 50 ms, so that each call takes as long, and an idle service wakes 20 times a second.
Queues, targets, encoding and time-outs are its own. Knows no work and no fault.
"""

import threading
import typing

import oslo_messaging
from oslo_messaging._drivers import base, impl_fake

from baremetal import clock


class Exchange(impl_fake.FakeExchange):
    """Queues with a bell."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        #: rings, with the queues' own lock, when a message lies in one of them or a listener is to stop
        self.bell = threading.Condition(self._queues_lock)

    def deliver_message(self, *args: typing.Any, **kwargs: typing.Any) -> None:
        """Lay a message into its queues and wake who listens."""
        with self.bell:
            super().deliver_message(*args, **kwargs)
            self.bell.notify_all()


class Exchanges(impl_fake.FakeExchangeManager):
    """All exchanges of this process, by name."""

    _exchanges: typing.ClassVar[dict[str, Exchange]] = {}

    def get_exchange(self, name: str | None) -> Exchange:
        """Return an exchange, made when it is first asked for."""
        name = self._default_exchange if name is None else name
        with self._exchanges_lock:
            if name not in self._exchanges:
                self._exchanges[name] = Exchange(name)
            return self._exchanges[name]


class Listener(impl_fake.FakeListener):
    """Waits for messages to targets of one exchange."""

    def __init__(self, exchanges: Exchanges, targets: list[oslo_messaging.Target]) -> None:
        super().__init__(exchanges, targets)
        self._exchange = exchanges.get_exchange(targets[0].exchange)

    @base.batch_poll_helper
    def poll(self, timeout: float | None = None) -> impl_fake.FakeIncomingMessage | None:
        """Return the next message; None after ``timeout`` seconds, or when this listener was stopped."""
        until = None if timeout is None else clock.REAL.tick() + timeout
        with self._exchange.bell:
            while not self._stopped.is_set():
                for target in self._targets:
                    ctxt, message, replies, requeue = self._exchange.poll(target, self._pool)
                    if message is not None:
                        return impl_fake.FakeIncomingMessage(ctxt, message, replies, requeue)
                left = None if until is None else until - clock.REAL.tick()
                if left is not None and left <= 0:
                    break
                self._exchange.bell.wait(left)
        return None

    def stop(self) -> None:
        """Take no more messages."""
        super().stop()
        with self._exchange.bell:
            self._exchange.bell.notify_all()


class Driver(impl_fake.FakeDriver):
    """oslo.messaging's driver within a process, with listeners that are woken."""

    def __init__(self, *args: typing.Any, **kwargs: typing.Any) -> None:
        super().__init__(*args, **kwargs)
        self._exchange_manager = Exchanges(self._default_exchange)

    def listen(self, target: oslo_messaging.Target, batch_size: int, batch_timeout: float | None
               ) -> base.PollStyleListenerAdapter:
        """Return what listens to a server's queue and to that of its topic."""
        exchange = target.exchange or self._default_exchange
        listener = Listener(self._exchange_manager, [
            oslo_messaging.Target(topic=target.topic, server=server, exchange=exchange)
            for server in (target.server, None)])
        return base.PollStyleListenerAdapter(listener, batch_size, batch_timeout)


def instead(transport: typing.Any) -> typing.Any:
    """Return ``transport``; where it is within this process only, with our driver."""
    had = transport._driver
    if type(had) is not impl_fake.FakeDriver:
        return transport
    return oslo_messaging.transport.RPCTransport(Driver(had.conf, had._url, had._default_exchange,
                                                        had._allowed_remote_exmods))
