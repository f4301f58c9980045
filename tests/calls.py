"""Asks over a real broker whether a conductor takes calls: it seems alive earlier, and also when it was just killed."""

import time

from baremetal import config, context, errors
from baremetal.rpc import client, wire
from tests import processes


def wait_for(transport_url: str, host: str) -> None:
    """Return once conductor ``host`` answers."""
    conf = config.build(transport_url=transport_url, rpc_response_timeout=10)
    transport = wire.transport(conf)
    caller, end = client.Client(conf, transport), time.monotonic() + processes.PATIENCE
    try:
        while not _answers(caller, host):
            assert time.monotonic() < end, f"conductor {host} takes no calls"
            time.sleep(0.1)
    finally:
        transport.cleanup()


def _answers(caller: client.Client, host: str) -> bool:
    try:
        caller.call(context.Context(), host, "validate", node="x")
    except errors.NotFound:
        return True
    except (errors.ConductorUnreached, errors.ConductorSilent):
        return False
    raise AssertionError(f"conductor {host} knows a node x")
