"""The conductor's end of RPC: one oslo.messaging method that carries all work by name."""

import collections.abc
import logging
import threading
import typing

import oslo_messaging
from oslo_config import cfg

from baremetal import context, errors
from baremetal.rpc import wire

LOG = logging.getLogger(__name__)

#: seconds in which a broker hears that no more calls are taken, once none runs
PATIENCE = 5.0

Work = collections.abc.Callable[..., typing.Any]


class Endpoint:
    """Receives ``call(work, ctx, args)`` and answers with a result or a fault, never with an exception."""

    target = oslo_messaging.Target(version=wire.VERSION)

    def __init__(self, table: dict[str, Work]) -> None:
        self._table = table
        self._lock = threading.Lock()
        #: calls that run
        self.running = 0

    def call(self, _oslo_context: object, work: str, ctx: dict[str, typing.Any],
             args: dict[str, typing.Any]) -> dict[str, typing.Any]:
        """Do ``work`` for the caller that ``ctx`` describes."""
        with self._lock:
            self.running += 1
        try:
            return self._do(work, ctx, args)
        finally:
            with self._lock:
                self.running -= 1

    def _do(self, work: str, ctx: dict[str, typing.Any], args: dict[str, typing.Any]) -> dict[str, typing.Any]:
        caller = context.Context.from_wire(ctx)
        try:
            if work not in self._table:
                raise errors.Unsupported(driver="of this conductor's release", what=f"RPC {work}")
            return wire.answer(self._table[work](caller, **args))
        except errors.Fault as fault:
            LOG.info("%s refused %s: %s", caller.request_id, work, fault.text)
            return wire.refusal(fault)
        except Exception as error:
            LOG.exception("%s broke %s", caller.request_id, work)
            return wire.defect(error, work, caller.request_id)


class Server:
    """Listens for one conductor, under its host name."""

    def __init__(self, conf: cfg.ConfigOpts, transport: typing.Any, host: str, table: dict[str, Work]) -> None:
        target = oslo_messaging.Target(topic=wire.TOPIC, server=host)
        self._endpoint = Endpoint(table)
        self._server = oslo_messaging.get_rpc_server(transport, target, [self._endpoint])

    def start(self) -> None:
        """Begin to listen; returns at once."""
        self._server.start()

    def stop(self) -> None:
        """Take no more calls and wait for those that run; not for a broker that does not even hear that."""
        ending = threading.Thread(target=self._end, name="rpc end", daemon=True)
        ending.start()
        while True:
            ending.join(PATIENCE)
            if not ending.is_alive():
                return
            if not self._endpoint.running:
                LOG.warning("The message broker does not answer; it finds out by itself that we have gone")
                return

    def _end(self) -> None:
        self._server.stop()
        self._server.wait()
