"""The API's end of RPC: what it says of conductors that are slow, and how many calls may wait for them."""

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from baremetal import config, context, errors
from baremetal.rpc import client, server, wire

#: of four threads, three may wait for conductors and two for the same one
THREADS = 4


class Conductors:
    """Two conductors whose work ``slow`` takes until the gate opens, and their client."""

    def __init__(self) -> None:
        self.conf = config.build(api__threads=THREADS, rpc_response_timeout=120)
        transport = wire.transport(self.conf)
        self.gate, self.begun = threading.Event(), threading.Semaphore(0)
        self.hosts = [f"host-{uuid.uuid4()}" for _ in range(2)]
        self.servers = [server.Server(self.conf, transport, host, {"slow": self._slow, "quick": self._quick})
                        for host in self.hosts]
        for one in self.servers:
            one.start()
        self.client = client.Client(self.conf, transport)
        self.results: list[Any] = []
        self.callers: list[threading.Thread] = []

    def _slow(self, _caller: context.Context) -> str:
        self.begun.release()
        self.gate.wait(120)
        return "done"

    def _quick(self, _caller: context.Context) -> str:
        return "done"

    def call_slow(self, host: str) -> None:
        """Call in a thread of its own; returns when the conductor is at it."""
        self.callers.append(threading.Thread(target=lambda: self.results.append(
            self.client.call(context.Context(), host, "slow"))))
        self.callers[-1].start()
        assert self.begun.acquire(timeout=60)

    def close(self) -> None:
        """Let all come back."""
        self.gate.set()
        for caller in self.callers:
            caller.join(60)
        for one in self.servers:
            one.stop()


@pytest.fixture
def conductors() -> Iterator[Conductors]:
    """Two conductors."""
    made = Conductors()
    yield made
    made.close()


def test_one_slow_conductor_takes_half_of_the_threads_at_most(conductors: Conductors) -> None:
    slow, other = conductors.hosts
    conductors.call_slow(slow)
    conductors.call_slow(slow)
    with pytest.raises(errors.TooManyCalls, match=f"2 requests wait for conductor {slow}"):
        conductors.client.call(context.Context(), slow, "quick")
    assert conductors.client.call(context.Context(), other, "quick") == "done"


def test_some_threads_never_wait_for_conductors(conductors: Conductors) -> None:
    slow, other = conductors.hosts
    for host in (slow, slow, other):
        conductors.call_slow(host)
    with pytest.raises(errors.TooManyCalls):
        conductors.client.call(context.Context(), other, "quick")
    conductors.close()
    assert conductors.results == ["done"] * 3
    assert conductors.client._waiting._there == {}


def test_a_place_that_becomes_free_soon_is_waited_for(conductors: Conductors) -> None:
    conductors.client._waiting.patience = 60.0      # a busy machine's second is short
    slow = conductors.hosts[0]
    conductors.call_slow(slow)
    conductors.call_slow(slow)
    threading.Timer(0.2, conductors.gate.set).start()
    assert conductors.client.call(context.Context(), slow, "quick") == "done"


def test_a_conductor_that_does_not_answer_may_do_it_all_the_same(conductors: Conductors) -> None:
    conductors.conf.set_override("rpc_response_timeout", 1)
    hasty = client.Client(conductors.conf, conductors.client._client.transport)
    with pytest.raises(errors.ConductorSilent, match="may do it all the same"):
        hasty.call(context.Context(), conductors.hosts[0], "slow")
