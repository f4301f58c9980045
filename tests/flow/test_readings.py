"""What a server's hardware says of itself is kept: read when a node comes under control and after what changes it."""

import pathlib
from typing import Any

import pytest
import sqlalchemy as sa
from oslo_messaging.notify import _impl_test

from baremetal import errors
from baremetal.db import models
from baremetal.drivers.fake import management
from tests.flow import house as building
from tests.flow import parts

ROOT = {"raid_level": "1", "size_gb": 100, "is_root_volume": True, "controller": "c"}


def _kept(house: building.House, table: sa.Table, ident: str) -> dict[str, Any]:
    """Return the kept rows of a node by their name."""
    key = "name" if "name" in table.c else "component"
    with house.database.read() as connection:
        rows = connection.execute(sa.select(table).where(table.c.node_id == house.node(ident).id))
        return {row._mapping[key]: row for row in rows}


def _settings(**wanted: Any) -> dict[str, Any]:
    return {"interface": "bios", "step": "apply_configuration",
            "args": {"settings": [{"name": name, "value": value} for name, value in wanted.items()]}}


def test_firmware_is_read_when_a_node_comes_under_control(house: building.House) -> None:
    ident = house.add()
    house.do(ident, "manage")
    found = _kept(house, models.FIRMWARE, ident)
    assert {name: (row.initial_version, row.current_version, row.last_version_flashed) for name, row in found.items()
            } == {"bios": ("1.0", "1.0", None), "bmc": ("1.0", "1.0", None)}
    assert found["bmc"].model == "fake-bmc"
    house.later(60)
    step = {"interface": "firmware", "step": "update", "args": {"settings": [
        {"component": "bmc", "url": "http://firmware/bmc/2.0"}]}}
    assert house.do(ident, "clean", clean_steps=[step]).provision_state == "manageable"
    later = _kept(house, models.FIRMWARE, ident)
    assert (later["bmc"].initial_version, later["bmc"].current_version, later["bmc"].last_version_flashed) == (
        "1.0", "2.0", "2.0")
    assert later["bmc"].updated_at > later["bmc"].created_at
    # what did not change was not touched
    assert later["bios"].updated_at is None


def test_bios_settings_are_read_after_each_step_that_changes_them(house: building.House) -> None:
    ident = house.add("manageable")
    house.do(ident, "clean", clean_steps=[_settings(boot_timeout=5, hyperthreading="on")])
    found = _kept(house, models.BIOS_SETTINGS, ident)
    assert {name: row.value for name, row in found.items()} == {"boot_timeout": "5", "hyperthreading": "on"}
    assert (found["boot_timeout"].upper_bound, found["hyperthreading"].allowable_values) == (600, '["on","off"]')
    house.later(60)
    house.do(ident, "clean", clean_steps=[_settings(boot_timeout=5, hyperthreading="off", colour="blue")])
    later = _kept(house, models.BIOS_SETTINGS, ident)
    assert later["boot_timeout"] == found["boot_timeout"]
    assert later["hyperthreading"].updated_at is not None
    assert later["colour"].attribute_type is None
    house.do(ident, "clean", clean_steps=[{"interface": "bios", "step": "factory_reset"}])
    assert _kept(house, models.BIOS_SETTINGS, ident) == {}


def test_read_where_a_step_waits_first(house: building.House) -> None:
    ident = house.add("manageable", driver_info={"fake_waits": {"bios.apply_configuration": 60}})
    assert house.do(ident, "clean", clean_steps=[_settings(boot_timeout=1)]).provision_state == "clean wait"
    assert _kept(house, models.BIOS_SETTINGS, ident) == {}
    house.managers["one"].resume(house.ctx, ident)
    house.settle()
    assert house.node(ident).provision_state == "manageable"
    assert set(_kept(house, models.BIOS_SETTINGS, ident)) == {"boot_timeout"}


def test_what_cannot_be_read_fails_nothing_and_is_told(house: building.House) -> None:
    ident = house.add(driver_info={"fake_faults": {"bios.read": "no such register"}})
    assert house.do(ident, "manage").provision_state == "manageable"
    [told] = house.rows(models.HISTORY, node_id=house.node(ident).id, severity="ERROR")
    assert (told.event_type, "no such register" in told.event) == ("monitoring", True)
    assert set(_kept(house, models.FIRMWARE, ident)) == {"bios", "bmc"}


class Odd(parts.Plain):
    """A BIOS whose words fit nowhere."""

    kind = "bios"

    def read(self, _task: Any) -> list[dict[str, Any]]:
        """Return too much of everything."""
        return [{"name": "n" * 300, "value": ["a", 1], "lower_bound": 10 ** 12, "read_only": "perhaps",
                 "attribute_type": "\0t", "allowable_values": "on", "zap": 1},
                {"name": "void", "value": None}]


def test_odd_words_are_cut_to_what_is_stored(house: building.House) -> None:
    house.conductor("one", bios=Odd())
    ident = house.add()
    assert house.do(ident, "manage").provision_state == "manageable"
    found = _kept(house, models.BIOS_SETTINGS, ident)
    row = found["n" * 255]
    assert (row.value, row.lower_bound, row.read_only, row.attribute_type, row.allowable_values) == (
        "['a', 1]", None, None, "t", None)
    assert found["void"].value is None


def test_raid_is_built_at_cleaning_and_at_deploy(house: building.House) -> None:
    ident = house.add("manageable", target_raid_config={"logical_disks": [ROOT]})
    node = house.do(ident, "clean", clean_steps=[{"interface": "raid", "step": "create_configuration"}])
    assert node.raid_config["logical_disks"] == [ROOT]
    assert node.properties["local_gb"] == 100
    node = house.do(ident, "clean", clean_steps=[{"interface": "raid", "step": "delete_configuration"}])
    assert (node.provision_state, node.raid_config, node.target_raid_config) == (
        "manageable", {}, {"logical_disks": [ROOT]})
    house.set(ident, provision_state="available", target_raid_config={})
    step = {"interface": "raid", "step": "apply_configuration", "priority": 110,
            "args": {"raid_config": {"logical_disks": [ROOT]}}}
    node = house.do(ident, "deploy", deploy_steps=[step])
    assert (node.provision_state, node.target_raid_config, node.raid_config["logical_disks"]) == (
        "active", {"logical_disks": [ROOT]}, [ROOT])


def test_a_raid_that_nobody_wants_is_not_built(house: building.House) -> None:
    ident = house.add("manageable")
    node = house.do(ident, "clean", clean_steps=[{"interface": "raid", "step": "create_configuration"}])
    assert node.provision_state == "clean failed"
    assert "PUT states/raid" in node.last_error


def test_lamps_sensors_and_log_of_the_fake(house: building.House) -> None:
    ident, desk = house.add("manageable"), house.managers["one"].table()
    assert desk["indicators"](house.ctx, node=ident)["system"]["led"]["states"] == ["blinking", "off", "on"]
    assert desk["indicator_get"](house.ctx, node=ident, component="system", indicator="led") == "on"
    desk["indicator_set"](house.ctx, node=ident, component="system", indicator="led", state="blinking")
    assert desk["indicator_get"](house.ctx, node=ident, component="system", indicator="led") == "blinking"
    with pytest.raises(errors.BadField, match="only be read"):
        desk["indicator_set"](house.ctx, node=ident, component="chassis", indicator="led-0", state="on")
    with pytest.raises(errors.BadField, match="blinking, off, on"):
        desk["indicator_set"](house.ctx, node=ident, component="system", indicator="led", state="unknown")
    with pytest.raises(errors.NotFound, match="led@nic"):
        desk["indicator_get"](house.ctx, node=ident, component="nic", indicator="led")
    assert "Temperature" in desk["sensors"](house.ctx, node=ident)
    assert desk["event_log"](house.ctx, node=ident)[0]["severity"] == "ok"
    assert "raid_level" in desk["logical_disk_properties"](house.ctx, driver="fake-hardware")


def test_health_is_taken_from_what_a_controller_tells_by_the_way(house: building.House) -> None:
    ident = house.add("active", power_state="power on", driver_info={"fake_health": "Warning"})
    silent = house.add("active", power_state="power on")
    for _ in range(2):
        house.sweep("power sync").run()
    assert (house.node(ident).health, house.node(silent).health) == ("Warning", None)
    [told] = house.rows(models.HISTORY, node_id=house.node(ident).id)
    assert (told.severity, told.event_type) == ("INFO", "monitoring")
    house.set(ident, driver_info={"fake_health": "Critical"})
    house.sweep("power sync").run()
    assert house.node(ident).health == "Critical"
    assert house.rows(models.HISTORY, node_id=house.node(ident).id)[-1].severity == "ERROR"
    assert house.node(ident).reservation is None


def test_health_and_another_power_come_together(house: building.House) -> None:
    class Off(parts.Power):
        def read(self, task: Any) -> str:
            task.health = "OK"
            return "power off"

    house.conductor("one", power=Off())
    ident = house.add("active", power_state=None)
    house.sweep("power sync").run()
    assert (house.node(ident).health, house.node(ident).power_state) == ("OK", "power off")


@pytest.mark.parametrize("watched", [True, False])
def test_health_at_the_beginning(tmp_path: Any, watched: bool) -> None:
    house = building.House(f"sqlite:///{tmp_path / 's.sqlite'}", conductor__enable_health_monitoring=watched)
    ident = house.add(driver_info={"fake_health": "OK"})
    assert house.do(ident, "manage").health == ("OK" if watched else None)
    house.sweep("power sync").run()
    assert house.node(ident).health == ("OK" if watched else None)
    house.close()


class Knowing(management.FakeManagement):
    """A controller that knows how its server boots."""

    def boot_mode(self, _task: Any) -> str:
        """Return it."""
        return "uefi"

    def secure_boot(self, _task: Any) -> bool:
        """Fail."""
        raise errors.StepFailed(interface="management", step="secure_boot", why="the firmware is silent")


def test_how_a_server_boots_is_read_with_the_rest(house: building.House) -> None:
    house.conductor("one", management=Knowing())
    ident = house.add()
    node = house.do(ident, "manage")
    assert (node.provision_state, node.boot_mode, node.secure_boot) == ("manageable", "uefi", None)
    assert "firmware is silent" in house.rows(models.HISTORY, node_id=node.id, severity="ERROR")[0].event


def test_sensors_have_the_last_word_on_health_where_they_are_asked(tmp_path: Any) -> None:
    house = building.House(f"sqlite:///{tmp_path / 's.sqlite'}", conductor__health_sensors_interval=600)

    class Sensing(management.FakeManagement):
        def health(self, _task: Any) -> str:
            return said[0]

    said = ["Critical"]
    house.conductor("one", management=Sensing())
    ident = house.add("active", power_state="power on", driver_info={"fake_health": "Warning"})
    house.sweep("power sync").run()
    assert house.node(ident).health == "Warning"
    for health in ("Critical", "OK"):
        said[0] = health
        house.sweep("health").run()
        assert house.node(ident).health == health
        if health == "Critical":
            house.sweep("power sync").run()
            assert house.node(ident).health == "Critical", "what comes with the power makes it only worse"
    house.close()


def test_sensors_are_not_asked_unless_configured(house: building.House) -> None:
    assert house.sweep("health").interval == 0


def test_what_sensors_measure_is_sent_of_deployed_nodes(tmp_path: pathlib.Path) -> None:
    _impl_test.reset()
    house = building.House(f"sqlite:///{tmp_path / 'flow.sqlite'}", sensor_data__send_sensor_data=True,
                           sensor_data__data_types=["fan"])
    house.conductors["one"].means.conf.set_override("driver", ["test"], "oslo_messaging_notifications")
    ident = house.add("active", name="n-1")
    house.add("available")
    house.add("active", driver_info={"fake_faults": {"management.sensors": "no sensors"}})
    house.add("active", maintenance=True)
    sweep = house.sweep("sensors")
    assert sweep.interval == 600
    sweep.run()
    house.tell()
    (_ctx, told, priority, _retry), = _impl_test.NOTIFICATIONS
    message = told["payload"]
    assert (told["event_type"], priority) == ("hardware.fake-hardware.metrics", "INFO")
    assert (message["event_type"], message["node_uuid"], message["node_name"]) == (
        "hardware.fake-hardware.metrics.update", ident, "n-1")
    assert list(message["payload"]) == ["Fan"] and message["payload"]["Fan"]["Fan 1"]["value"] == 4200
    house.close()
    _impl_test.reset()


def test_sensors_are_asked_for_only_when_wanted(house: building.House) -> None:
    assert house.sweep("sensors").interval == 0
