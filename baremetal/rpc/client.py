"""The API's end of RPC."""

import typing

import oslo_messaging
from oslo_config import cfg
from oslo_messaging import exceptions

from baremetal import context, errors
from baremetal.rpc import wire


class Client:
    """Calls conductors by host name; faults come back as faults."""

    def __init__(self, conf: cfg.ConfigOpts, transport: typing.Any) -> None:
        self._within = conf.rpc_response_timeout
        target = oslo_messaging.Target(topic=wire.TOPIC, version=wire.VERSION)
        self._client = oslo_messaging.get_rpc_client(transport, target)

    def call(self, ctx: context.Context, host: str, work: str, **args: typing.Any) -> typing.Any:
        """Have conductor ``host`` do ``work`` and return its answer.

        Raises the fault the conductor raised, or ``ConductorSilent`` when nothing comes back in time.
        """
        target = self._client.prepare(server=host, timeout=self._within)
        try:
            return wire.read(target.call({}, "call", work=work, ctx=ctx.to_wire(), args=args))
        except (exceptions.MessagingTimeout, exceptions.MessageDeliveryFailure,
                exceptions.MessageUndeliverable) as error:
            raise errors.ConductorSilent(host=host, method=work, seconds=self._within) from error
