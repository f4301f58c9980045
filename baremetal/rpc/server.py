"""The conductor's end of RPC: one oslo.messaging method that carries all work by name."""

import collections.abc
import logging
import typing

import oslo_messaging
from oslo_config import cfg

from baremetal import context, errors
from baremetal.rpc import wire

LOG = logging.getLogger(__name__)

Work = collections.abc.Callable[..., typing.Any]


class Endpoint:
    """Receives ``call(work, ctx, args)`` and answers with a result or a fault, never with an exception."""

    target = oslo_messaging.Target(version=wire.VERSION)

    def __init__(self, table: dict[str, Work]) -> None:
        self._table = table

    def call(self, _oslo_context: object, work: str, ctx: dict[str, typing.Any],
             args: dict[str, typing.Any]) -> dict[str, typing.Any]:
        """Do ``work`` for the caller that ``ctx`` describes."""
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
        self._server = oslo_messaging.get_rpc_server(transport, target, [Endpoint(table)])

    def start(self) -> None:
        """Begin to listen; returns at once."""
        self._server.start()

    def stop(self) -> None:
        """Take no more calls and wait for those that run."""
        self._server.stop()
        self._server.wait()
