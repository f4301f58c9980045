"""What both ends of RPC agree on: topic, version, and how an answer or a fault is written down."""

import socket
import sys
import typing

import oslo_messaging
from oslo_config import cfg

from baremetal import errors
from baremetal.rpc import local

TOPIC = "baremetal.conductor"
#: grows with each method or argument that is added; a conductor serves all callers of its major version
VERSION = "1.0"


def transport(conf: cfg.ConfigOpts) -> typing.Any:
    """Return the transport that ``transport_url`` names."""
    made = oslo_messaging.get_rpc_transport(conf, allowed_remote_exmods=[])
    amqp: typing.Any = sys.modules.get("oslo_messaging._drivers.amqpdriver")
    if amqp is not None:
        # It wakes 1, 2, 4 … ms after each message, to send acknowledgements that others may have left to it. Calls
        # are acknowledged as they arrive: there are none, and the looks cost a tenth of a power change.
        amqp.ACK_REQUEUE_EVERY_SECONDS_MIN = amqp.ACK_REQUEUE_EVERY_SECONDS_MAX
    return local.instead(made)


def answer(result: typing.Any) -> dict[str, typing.Any]:
    """Return a result as it crosses the wire."""
    return {"ok": result}


def refusal(fault: errors.Fault) -> dict[str, typing.Any]:
    """Return a fault as it crosses the wire."""
    return {"fault": errors.to_wire(fault)}


def defect(error: BaseException, where: str, request_id: str) -> dict[str, typing.Any]:
    """Return what the caller may know of an unexpected exception: its name, never its text or traceback."""
    return refusal(errors.Internal(name=type(error).__name__, where=where, host=socket.gethostname(),
                                   request_id=request_id))


def read(reply: dict[str, typing.Any]) -> typing.Any:
    """Return what an answer holds, or raise the fault that it is."""
    if "fault" in reply:
        raise errors.from_wire(reply["fault"])
    return reply["ok"]
