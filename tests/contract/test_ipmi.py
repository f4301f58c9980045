"""The IPMI driver on servers of the lab: what it changes in the machine, and what it says when the BMC is bad."""

import concurrent.futures
import typing

import pytest
from oslo_config import cfg

from baremetal import config, errors, milestones
from baremetal.clients import ipmi
from baremetal.drivers import load, task, wires
from baremetal.drivers.ipmi import management, power, vendor
from baremetal.lab import machine
from tests.contract import conftest, devices
from tests.services import ipmi_sim

Server = devices.Server


@pytest.fixture
def held(server: Server, conf: cfg.ConfigOpts, lines: wires.Wires) -> task.Task:
    """A task for a node behind a server of the lab."""
    return _held(server, conf, lines)


def _held(server: devices.Device, conf: cfg.ConfigOpts, lines: wires.Wires, **columns: typing.Any) -> task.Task:
    return devices.task_for(server, conf, lines, power.IpmiPower(), management.IpmiManagement(), vendor.IpmiVendor(),
                            **columns)


def _names(held: task.Task) -> list[str]:
    return [milestone["name"] for milestone in held.milestones]


# --- power ---

def test_a_reboot_is_one_boot(held: task.Task, server: Server) -> None:
    server.switch("power on")
    for target in ("rebooting", "soft rebooting"):
        boots = server.machine.boots
        held.power.set(held, target)
        assert server.machine.boots == boots + 1
        devices.until(lambda: server.machine.phase == "running")
    assert _names(held) == [], "who switches says so, once: drivers/switch.py"


def test_a_node_that_must_not_go_off_is_reset(held: task.Task, server: Server) -> None:
    server.switch("power on")
    held.node.disable_power_off = True
    seen: list[str] = []
    server.machine.listen(lambda _machine, event: seen.append(event))
    held.power.set(held, "rebooting")
    assert "reset" in seen and "off" not in seen
    with pytest.raises(errors.BadField, match="power off"):
        held.power.set(held, "power off")
    assert server.machine.power == "on"


#: fault of the BMC, its value, target: what is raised, what its text says
BAD = [
    ("lies",             "off",  "power on",  errors.PowerFailed,    "still reports 'power off'"),
    ("dead",             None,   "power on",  errors.BmcUnreachable, "does not answer"),
    ("refuses-password", None,   "power on",  errors.BmcRefused,     "ipmi_password"),
    ("lies",             "on",   "rebooting", errors.PowerFailed,    "become power off"),
]


@pytest.mark.parametrize(("fault", "value", "target", "kind", "says"), BAD)
def test_a_bad_bmc_is_told(server: Server, fault: str, value: str | None, target: str, kind: type[errors.Fault],
                           says: str) -> None:
    # one that is not there is told within a moment
    hasty = config.build(**{**conftest.PATIENCE, **({"ipmi__command_retry_timeout": 1} if fault == "dead" else {})})
    lines = wires.Wires(hasty)
    held = _held(server, hasty, lines)
    server.fault(fault, value=value)
    with pytest.raises(kind, match=says) as met:
        held.power.set(held, target, 1)
    assert met.value.kind == "hardware"
    assert server.driver_info["ipmi_password"] not in str(met.value)
    lines.close()


@pytest.mark.parametrize(("fault", "value"), [("late", 0.3), ("drops", 10), ("two-tries", None)])
def test_a_poor_bmc_is_borne(server: Server, fault: str, value: float | None) -> None:
    patient = config.build(**{**conftest.PATIENCE, "ipmi__command_retry_timeout": 30})
    lines = wires.Wires(patient)
    held = _held(server, patient, lines)
    server.fault(fault, value=value)
    for target, state in (("power on", "on"), ("power off", "off")):
        held.power.set(held, target, 30)
        assert server.machine.power == state
    lines.close()


class Lossy:
    """A client whose first power commands the BMC says to have taken, and has not."""

    def __init__(self, client: ipmi.Client) -> None:
        self._client, self.lost, self.most = client, 0, 1

    def call(self, where: ipmi.Address, operation: str, **args: typing.Any) -> typing.Any:
        """Ask the BMC, or lose it."""
        if operation == "power_set" and self.lost < self.most:
            self.lost += 1
            return None
        return self._client.call(where, operation, **args)


class LossyWires(wires.Wires):
    """Wires with such a client."""

    @property
    def ipmi(self) -> typing.Any:
        """The same one each time."""
        if not hasattr(self, "_lossy"):
            self._lossy = Lossy(super().ipmi)
        return self._lossy


@pytest.mark.parametrize("target", ["power on", "power off"])
def test_a_lost_command_is_given_again(server: Server, target: str) -> None:
    conf = config.build(**{**conftest.PATIENCE, "conductor__power_state_change_timeout": 10})
    server.switch("power off" if target == "power on" else "power on")
    lossy = LossyWires(conf)
    held = _held(server, conf, lossy)
    held.power.set(held, target)
    lossy.close()
    assert server.power == target
    assert _names(held) == [milestones.REPEATED]


# --- management ---

@pytest.mark.parametrize("mode", ["uefi", "bios"])
@pytest.mark.parametrize("persistent", [True, False])
def test_boot_device_reaches_the_machine(held: task.Task, server: Server, mode: str, persistent: bool) -> None:
    held.node.properties["capabilities"] = f"boot_mode:{mode},cpu_vt:true"
    for device in ("pxe", "disk", "cdrom", "bios", "safe"):
        held.management.set_boot_device(held, device, persistent=persistent)
        assert server.machine.override == machine.Boot(device, persistent, mode)
    held.management.set_boot_device(held, "pxe", persistent=persistent)
    held.power.set(held, "power on")
    assert server.machine.booted == machine.Boot("pxe", persistent, mode)


def test_a_bmc_that_forgets_is_told_at_each_power_on(held: task.Task, server: Server) -> None:
    held.node.driver_info["ipmi_force_boot_device"] = "True"
    held.management.set_boot_device(held, "disk", persistent=True)
    assert server.machine.override == machine.Boot("disk", False, "uefi")
    for _ in range(2):
        server.fleet.do(lambda: server.machine.set_boot(None))
        held.power.set(held, "rebooting")
        assert server.machine.booted == machine.Boot("disk", False, "uefi")
    held.management.set_boot_device(held, "pxe")
    held.power.set(held, "rebooting")
    assert server.machine.booted == machine.Boot("pxe", False, "uefi")
    held.power.set(held, "rebooting")
    assert server.machine.booted == machine.Boot("disk", False, "uefi")


def test_interrupt_light_readings_and_log(held: task.Task, server: Server) -> None:
    server.switch("power on")
    held.management.inject_nmi(held)
    assert server.machine.nmis
    held.management.set_indicator(held, "chassis", "led", "on")
    assert server.machine.light == "on"
    sensors = held.management.sensors(held)
    assert "Temperature" in sensors
    reading = next(iter(sensors["Temperature"].values()))
    assert reading["available"] and isinstance(reading["value"], float | int)
    log = held.management.event_log(held)
    assert log and {"record_id", "timestamp", "event"} <= set(log[0])
    assert {"manufacturer_id", "firmware", "guid"} <= set(held.management.info(held))


#: what the chassis status calls wrong in the lab: its name in words, how bad that is
UNWELL = [("fan", "fan", "Warning"), ("drive", "drive", "Warning"), ("intrusion", "intrusion", "Warning"),
          ("power", "main power", "Critical"), ("overload", "power overload", "Critical")]


@pytest.mark.parametrize(("what", "ailment", "health"), UNWELL)
def test_health_comes_with_the_power(held: task.Task, server: Server, what: str, ailment: str, health: str) -> None:
    server.switch("power on")
    assert (held.power.read(held), held.health, held.ailments) == ("power on", "OK", ())
    server.fault("unwell", value=what)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        assert held.power.read_later(held, pool).result(60) == "power on"
    assert (held.health, held.ailments) == (health, (ailment,))
    assert held.management.health(held) == health
    server.fault("unwell", on=False)
    assert held.management.health(held) == "OK"


# --- vendor ---

def test_raw_bytes_and_restart(held: task.Task, server: Server) -> None:
    held.vendor.call(held, "send_raw", "POST", {"raw_bytes": "0x00 0x02 0x01"})
    assert server.machine.power == "on"
    held.vendor.call(held, "bmc_reset", "POST", {"warm": "false"})
    assert held.power.read(held) == "power on"
    for wrong in ("", "0x01", "1 2", "0x00 0x100", "zap", 7):
        with pytest.raises((errors.BadField, errors.MissingField), match="raw_bytes"):
            held.vendor.call(held, "send_raw", "POST", {"raw_bytes": wrong})


# --- a BMC that this project did not write ---

def test_foreign_bmc(conf: cfg.ConfigOpts, lines: wires.Wires, tmp_path: typing.Any) -> None:
    simulator = ipmi_sim.start(tmp_path)
    try:
        device = devices.Device()
        device.driver_info = {"ipmi_address": simulator.host, "ipmi_port": str(simulator.port),
                              "ipmi_username": simulator.user, "ipmi_password": simulator.password}
        node = devices.node("ipmi", driver_info=device.driver_info)
        held = task.Task(node, load.Drivers(conf).bind(node), task.Surroundings(conf, lines))
        held.power.validate(held)
        for target in ("power on", "rebooting", "power off"):
            held.power.set(held, target)
            assert held.power.read(held) == f"power {simulator.power}"
        held.management.set_boot_device(held, "pxe")
        assert held.management.boot_device(held)[0] == "pxe"
        assert held.management.info(held)["ipmi_version"] == "2.0"
    finally:
        simulator.stop()


def test_the_button_is_pressed_until_the_system_hears_it(server: Server, conf: cfg.ConfigOpts,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(power.PHASES, "soft power off", (power.SOFT._replace(every=2),))
    server.switch("power on")
    lossy = LossyWires(conf)
    lossy.ipmi.most = 3
    held = _held(server, conf, lossy)
    held.power.set(held, "soft power off")
    lossy.close()
    assert server.power == "power off"
    assert _names(held) == [milestones.REPEATED] * 3
