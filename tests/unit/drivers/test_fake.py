"""The fakes as other people's tests know them, and how they are made slow, failing, waiting."""

import concurrent.futures
import typing

import pytest

from baremetal import clock, config, errors, states, steps
from baremetal.drivers import interface, load, task, wires
from tests.contract import devices

DRIVERS = load.Drivers(config.build())


def _task(options: dict[str, typing.Any] | None = None, **info: typing.Any) -> task.Task:
    conf = config.build(**(options or {}))
    node = devices.node("fake-hardware", driver_info=info)
    return task.Task(node, DRIVERS.bind(node), task.Surroundings(conf, wires.Wires(conf), clock.MovedClock()))


ANYWHERE = {"bios.apply_configuration": 0, "bios.factory_reset": 0, "firmware.update": 0}
#: kind of step: interface.step and priority, as known, and those of BIOS, firmware and RAID wherever they make sense
STEPS = {
    "clean": {"vendor.log_passthrough": 1, "bios.cache_bios_settings": 0, "raid.create_configuration": 0,
              "raid.delete_configuration": 0, **ANYWHERE},
    "deploy": {"deploy.deploy": 100, "raid.apply_configuration": 0, **ANYWHERE},
    "service": {"vendor.log_passthrough": 0, "vendor.trigger_servicewait": 0, "raid.create_configuration": 0,
                "raid.delete_configuration": 0, "raid.apply_configuration": 0, **ANYWHERE},
    "verify": {},
}


@pytest.mark.parametrize("kind", STEPS)
def test_steps_are_the_known_ones(kind: str) -> None:
    found = [step for bound in _task().interfaces.values() for step in steps.of(bound, kind)]
    assert {f"{step.interface}.{step.step}": step.priority for step in found} == STEPS[kind]


def test_power_is_unknown_until_set_and_ends_where_told() -> None:
    held = _task()
    assert held.power.read(held) is None
    for target, (state, _since) in states.POWER_TARGETS.items():
        held.power.set(held, target)
        assert held.power.read(held) == held.node.power_state == state


def test_boot_device_is_pxe_and_modes_are_as_the_node_says() -> None:
    held = _task()
    assert held.management.supported_boot_devices(held) == ["pxe"]
    assert held.management.boot_device(held) == ("pxe", False)
    with pytest.raises(errors.BadField, match="disk"):
        held.management.set_boot_device(held, "disk", persistent=True)
    assert (held.management.boot_mode(held), held.management.secure_boot(held)) == ("uefi", False)
    held.node.boot_mode = "bios"
    assert held.management.boot_mode(held) == "bios"
    with pytest.raises(errors.Invalid, match="has no secure boot"):
        held.management.set_secure_boot(held, enabled=True)
    held.node.boot_mode, held.node.secure_boot = "uefi", True
    with pytest.raises(errors.Invalid, match="Secure boot is on"):
        held.management.set_boot_mode(held, "bios")


def test_a_bare_node_is_valid() -> None:
    held = _task()
    for kind in interface.KINDS:
        held.interfaces[kind].validate(held)


#: vendor method: background, exclusive
METHODS = {"log_passthrough": (True, True), "second_method": (True, True), "third_method_sync": (False, True),
           "fourth_method_shared_lock": (True, False)}


def test_vendor_methods_are_the_known_ones() -> None:
    held = _task()
    found = held.vendor.methods()
    assert {name: (m.background, m.exclusive) for name, m in found.items()} == METHODS
    assert all(m.http == ("POST",) for m in found.values())
    assert found["third_method_sync"].to_wire() == {
        "http_methods": ["POST"], "async": False, "description": found["third_method_sync"].says, "attach": False,
        "require_exclusive_lock": True}
    assert held.vendor.call(held, "third_method_sync", "POST", {"bar": "meow"}) is True
    assert held.vendor.call(held, "second_method", "POST", {"bar": "zap"}) is False
    held.vendor.call(held, "log_passthrough", "POST", {"anything": 1})


#: method, HTTP method, parameters: fault, words
CALLS: list[tuple[str, str, dict[str, typing.Any], type[errors.Fault], str]] = [
    ("first_method", "POST", {}, errors.Invalid, "No vendor method 'first_method'.*second_method"),
    ("second_method", "GET", {"bar": "x"}, errors.Invalid, "by POST"),
    ("second_method", "POST", {}, errors.MissingField, "bar"),
    ("second_method", "POST", {"bar": "x", "foo": 1}, errors.UnknownField, "foo"),
]


@pytest.mark.parametrize(("name", "http", "parameters", "kind", "says"), CALLS)
def test_wrong_vendor_calls_are_refused(name: str, http: str, parameters: dict[str, typing.Any],
                                        kind: type[errors.Fault], says: str) -> None:
    held = _task()
    with pytest.raises(kind, match=says):
        held.vendor.call(held, name, http, parameters)


def test_options_make_a_kind_slow() -> None:
    held = _task({"fake__power_delay": [3], "fake__deploy_delay": [2, 4]})
    held.power.set(held, "power on")
    assert held.clock.tick() == 3
    held.deploy.deploy(held)
    assert 5 <= held.clock.tick() <= 7


def test_a_node_makes_one_operation_slow() -> None:
    held = _task({"fake__power_delay": [3]}, fake_delays={"power.set": 10, "deploy.deploy": [1, 2]})
    held.power.set(held, "power on")
    assert held.clock.tick() == 10
    held.power.read(held)
    assert held.clock.tick() == 13
    assert held.deploy.deploy(held) == steps.Done()
    assert 14 <= held.clock.tick() <= 15


def test_a_node_makes_one_operation_fail() -> None:
    held = _task(fake_faults={"deploy.deploy": "the disk is on fire", "power.set": "no power in the rack"})
    with pytest.raises(errors.StepFailed, match="deploy.deploy failed: the disk is on fire"):
        held.deploy.deploy(held)
    with pytest.raises(errors.PowerFailed, match="power on: no power in the rack"):
        held.power.set(held, "power on")
    assert held.node.power_state is None
    assert held.deploy.prepare(held) == steps.Done()


def test_a_node_makes_one_step_wait() -> None:
    held = _task(fake_waits={"deploy.deploy": 60, "inspect.inspect": 5})
    answer = held.deploy.deploy(held)
    assert isinstance(answer, steps.Wait) and answer.within == 60
    assert isinstance(held.inspect.inspect(held), steps.Wait)
    assert held.deploy.tear_down(held) == steps.Done()


#: driver_info that cannot be played
WRONG: list[dict[str, typing.Any]] = [
    {"fake_delays": 3}, {"fake_delays": {"power.set": "long"}}, {"fake_delays": {"power.set": [1]}},
    {"fake_delays": {"power.set": [1, -2]}}, {"fake_faults": {"power.set": 7}}, {"fake_waits": {"deploy.deploy": True}},
]


@pytest.mark.parametrize("info", WRONG)
def test_what_cannot_be_played_is_refused(info: dict[str, typing.Any]) -> None:
    held = _task(**info)
    with pytest.raises(errors.DriverInfoWrong, match=next(iter(info))):
        held.deploy.validate(held)


def test_reading_later_needs_no_thread_unless_it_takes_time() -> None:
    class Counting(concurrent.futures.ThreadPoolExecutor):
        used = 0

        def submit(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
            self.used += 1
            return super().submit(*args, **kwargs)

    with Counting(1) as pool:
        held = _task(fake_faults={"power.read": "gone"})
        with pytest.raises(errors.StepFailed, match="gone"):
            held.power.read_later(held, pool).result(1)
        assert pool.used == 0
        slow = _task(fake_delays={"power.read": 1})
        assert slow.power.read_later(slow, pool).result(1) is None
        assert pool.used == 1


def test_bios_settings_are_kept_until_reset() -> None:
    held = _task()
    bios = held.bios
    bios.apply_configuration(held, [{"name": "turbo", "value": "on"}, {"name": "a", "value": 1}])
    assert bios.read(held) == [{"name": "a", "value": 1}, {"name": "turbo", "value": "on"}]
    bios.factory_reset(held)
    assert bios.read(held) == []
    with pytest.raises(errors.BadField, match="settings"):
        bios.apply_configuration(held, {"turbo": "on"})  # type: ignore[arg-type]


def test_firmware_has_the_version_that_came_last() -> None:
    held = _task()
    versions = {found["component"]: found["current_version"] for found in held.firmware.components(held)}
    assert versions == {"bios": "1.0", "bmc": "1.0"}
    held.firmware.update(held, [{"component": "bmc", "url": "http://firmware/bmc/2.5"}])
    assert [found["current_version"] for found in held.firmware.components(held)] == ["1.0", "2.5"]
    with pytest.raises(errors.BadField, match="One of bios, bmc"):
        held.firmware.update(held, [{"component": "nic", "url": "http://firmware/1"}])


@pytest.mark.parametrize("settings", [[], "bios", [{"component": "bios"}], [{"component": "bios", "url": 5}], ["bios"]])
def test_firmware_says_what_settings_are(settings: typing.Any) -> None:
    held = _task()
    with pytest.raises(errors.BadField, match="component"):
        held.firmware.update(held, settings)


ROOT = {"raid_level": "1", "size_gb": 100, "is_root_volume": True}
REST = {"raid_level": "5", "size_gb": "MAX"}


def test_raid_is_noted_as_it_was_wanted() -> None:
    held = _task()
    with pytest.raises(errors.MissingField, match="PUT states/raid"):
        held.raid.create_configuration(held)
    held.raid.apply_configuration(held, {"logical_disks": [ROOT, REST]}, create_nonroot_volumes=False)
    node = held.node
    assert node.target_raid_config == {"logical_disks": [ROOT, REST]}
    assert node.raid_config["logical_disks"] == [ROOT]
    assert node.raid_config["last_updated"]
    assert (node.properties["local_gb"], node.properties["capabilities"]) == (100, "raid_level:1")
    held.raid.create_configuration(held)
    assert node.raid_config["logical_disks"] == [ROOT, REST]
    held.raid.delete_configuration(held)
    assert node.raid_config == {}
