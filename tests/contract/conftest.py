"""Fixtures of the contract tests: a fleet of the lab, a configuration with short patience, the right device."""

from collections.abc import Callable, Iterator

import pytest
from oslo_config import cfg

from baremetal import config
from baremetal.drivers import interface, wires
from baremetal.lab import fleet
from tests import processes
from tests.contract import devices

#: a BMC that is slow because the machine is busy is borne; one test does not make it rest for the next
PATIENCE = {"ipmi__command_retry_timeout": 20, "ipmi__breaker_failures": 100,
            "conductor__power_state_change_timeout": 60, "conductor__soft_power_off_timeout": 60}


@pytest.fixture(scope="session")
def owned() -> Iterator[fleet.Fleet]:
    """A fleet of two servers."""
    plan = fleet.Plan(2, network=processes.free_network(), port=devices.PORT, timing=devices.QUICK)
    with fleet.Fleet(plan) as started:
        yield started


@pytest.fixture
def conf() -> cfg.ConfigOpts:
    """The options of the conductor."""
    return config.build(**PATIENCE)


@pytest.fixture
def lines(conf: cfg.ConfigOpts) -> Iterator[wires.Wires]:
    """Wires of this test alone."""
    opened = wires.Wires(conf)
    yield opened
    opened.close()


@pytest.fixture
def server(owned: fleet.Fleet) -> Iterator[devices.Server]:
    """A server of the lab, off and healthy before and after."""
    device = devices.Server(owned)
    device.switch("power off")
    owned.do(lambda: (device.machine.set_boot(None), device.machine.shine(0)))
    yield device
    for name in device.server.bmc.faults.describe():
        device.fault(name, on=False)


#: driver_info key that an implementation needs: the fixture that has it
DEVICES = {"ipmi_address": "server"}


@pytest.fixture
def device(request: pytest.FixtureRequest) -> Callable[[interface.Interface], devices.Device]:
    """Gives the device that an implementation can be tried on."""
    def choose(implementation: interface.Interface) -> devices.Device:
        keys = [key for key in implementation.needs if key in DEVICES]
        if implementation.needs and not keys:
            pytest.fail(f"no device has {', '.join(implementation.needs)}: add one to the lab and to DEVICES")
        return request.getfixturevalue(DEVICES[keys[0]]) if keys else devices.Device()
    return choose
