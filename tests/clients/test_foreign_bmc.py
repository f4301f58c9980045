"""An IPMI BMC that this project did not write (OpenIPMI's ipmi_sim) is enrolled, managed, switched on and off."""

import uuid

import pytest

from tests.services import ipmi_sim


@pytest.fixture
def bmc(workdir):
    """A running ipmi_sim."""
    started = ipmi_sim.start(workdir)
    yield started
    started.stop()


def test_ipmi_sim_is_enrolled_managed_and_switched(cli, bmc):
    name = f"foreign-{uuid.uuid4().hex[:6]}"
    cli("node", "create", "--driver", "ipmi", "--name", name, "--driver-info", f"ipmi_address={bmc.host}",
        "--driver-info", f"ipmi_port={bmc.port}", "--driver-info", f"ipmi_username={bmc.user}",
        "--driver-info", f"ipmi_password={bmc.password}")
    try:
        cli("node", "manage", name, "--wait", "180")
        assert cli.json("node", "show", name)["power_state"] == "power off" and bmc.power == "off"
        cli("node", "power", "on", name, "--power-timeout", "180")
        cli.until(name, "power_state", "power on")
        assert bmc.power == "on"
        cli("node", "boot", "device", "set", name, "pxe")
        assert any("boot" in line and "pxe" in line for line in bmc.log), bmc.log
        cli("node", "power", "off", name, "--power-timeout", "180")
        cli.until(name, "power_state", "power off")
        assert bmc.power == "off"
        cli("node", "reboot", name)
        cli.until(name, "power_state", "power on")
        assert bmc.power == "on"
    finally:
        cli("node", "maintenance", "set", name)
        cli("node", "delete", name)
