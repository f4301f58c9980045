"""A fleet of simulated servers for the tests of the lab and of the clients that drive it."""

import time
from collections.abc import Callable, Iterator

import pytest

from baremetal.clients import ipmi
from baremetal.lab import fleet, machine
from tests import processes

NETWORK, SIZE = "127.92.0.0", 4
QUICK = machine.Timing(boot=0.05, soft=0.05, cycle=0.05)


@pytest.fixture(scope="session")
def port() -> int:
    """A UDP port for the BMCs."""
    return processes.free_port("127.92.0.1")


@pytest.fixture
def servers(port: int) -> Iterator[fleet.Fleet]:
    """A fleet of four, all off."""
    with fleet.Fleet(fleet.Plan(SIZE, network=NETWORK, port=port, timing=QUICK)) as running:
        yield running


@pytest.fixture
def client() -> Iterator[ipmi.Client]:
    """A client with all the time that a busy machine needs."""
    made = ipmi.Client(timeout=60)
    yield made
    made.close()


@pytest.fixture
def where(servers: fleet.Fleet) -> Callable[[int], ipmi.Address]:
    """The address of a server's BMC, with its credentials."""
    def address(number: int = 0) -> ipmi.Address:
        plan = servers.plan
        return ipmi.Address(plan.address(number), plan.port, plan.user, plan.password)
    return address


def until(true: Callable[[], bool], within: float = 60) -> None:
    """Wait for what comes by itself."""
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)
