"""The service is stopped while a worker waits for an agent that never answers."""

import logging
import socket
from typing import Any

import pytest

from baremetal import clock, steps
from baremetal.clients import agent
from tests.flow import agents, ramdisk
from tests.flow import house as building


class Deaf(ramdisk.Deploy):
    """Its agent calls, and its own API never answers."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def learn(self, task: Any, kind: str) -> list[steps.Step]:
        """Ask, for ever."""
        self.did("learn")
        task.wires.agent.call(agent.Address(self.url, "t" * 43, None), f"{kind}.get_{kind}_steps")
        return []


def test_a_hanging_call_does_not_keep_the_service_from_ending(house: building.House,
                                                              caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deploy = Deaf(f"http://127.0.0.1:{deaf.getsockname()[1]}")
        house.conductor("one", deploy=deploy)
        ident = house.add("available")
        house.do(ident, "deploy")
        token = agents.lookup(house, ident)
        said = {"callback_url": ramdisk.URL, "agent_version": "1", "agent_token": token}
        house.managers["one"].table()["heartbeat"](house.ctx, node=ident, beat=said)
        deaf.settimeout(60)
        connection, _ = deaf.accept()
        with connection:
            connection.settimeout(60)
            assert connection.recv(1)       # it asks, and nobody answers
            began = clock.REAL.tick()
            house.conductors["one"].stop()
            # its own time-outs are minutes
            assert clock.REAL.tick() - began < 30
    assert house.node(ident).provision_state == "deploying" and house.flow(ident).state == "running"
    assert [record for record in caplog.records if record.exc_info] == []
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    whole = ramdisk.Deploy()
    house.conductor("one", deploy=whole)
    house.sweep("takeover").run()
    house.settle()
    assert house.node(ident).provision_state == "active", "the journal goes on at the next start"
    assert "learn" in whole.calls
