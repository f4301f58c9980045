"""Servers as hardware, over the API and the wires: software RAID by their agents, lamps, sensors, log, health."""

import time
import typing

from tests.deploy_faults import conftest

MIRROR = {"raid_level": "1", "size_gb": 100, "controller": "software", "is_root_volume": True}
REST = {"raid_level": "0", "size_gb": "MAX", "controller": "software"}


def test_software_raid_is_built_carries_the_system_and_goes(ward: conftest.Ward) -> None:
    place = ward.place
    name = place.server()
    place.patch(name, "add", raid_interface="agent")
    place.call("PUT", f"/v1/nodes/{name}/states/raid", {"logical_disks": [MIRROR, REST]})
    node = place.do(name, "clean", "manageable", clean_steps=[
        {"interface": "raid", "step": "delete_configuration"}, {"interface": "raid", "step": "create_configuration"}])
    assert node["raid_config"]["logical_disks"] == [MIRROR, REST]
    assert node["properties"]["local_gb"] == 100
    assert [disk["name"] for disk in place.truth(name)["disks"]] == ["/dev/sda", "/dev/sdb", "/dev/md0", "/dev/md1"]
    place.do(name, "provide", "available")
    place.info(name, place.image)
    # another one, at the deploy itself
    small = {"logical_disks": [{**MIRROR, "size_gb": 50}]}
    node = place.do(name, "active", "active", deploy_steps=[
        {"interface": "raid", "step": "apply_configuration", "priority": 90, "args": {"raid_config": small}}])
    assert node["raid_config"]["logical_disks"] == node["target_raid_config"]["logical_disks"] == [
        {**MIRROR, "size_gb": 50}]
    assert [disk["name"] for disk in place.truth(name)["disks"]] == ["/dev/sda", "/dev/sdb", "/dev/md0"]
    _until(lambda: place.truth(name)["system"].get("device") == "/dev/md0")


def test_a_raid_that_cannot_be_is_refused_before_the_server_boots(ward: conftest.Ward) -> None:
    place = ward.place
    name = place.server()
    place.patch(name, "add", raid_interface="agent")
    boots = place.truth(name)["boots"]
    answer = place.ask("PUT", f"/v1/nodes/{name}/states/provision", {"target": "clean", "clean_steps": [
        {"interface": "raid", "step": "create_configuration"}]})
    assert (answer.status_code, "PUT states/raid" in answer.text) == (400, True)
    assert place.truth(name)["boots"] == boots
    assert place.node(name)["provision_state"] == "manageable"


def test_what_the_agent_refuses_fails_the_cleaning_in_its_words(ward: conftest.Ward) -> None:
    place = ward.place
    name = place.server()
    place.patch(name, "add", raid_interface="agent")
    five = {**REST, "raid_level": "5"}
    place.call("PUT", f"/v1/nodes/{name}/states/raid", {"logical_disks": [MIRROR, five]})
    place.begin(name, "clean", clean_steps=[{"interface": "raid", "step": "create_configuration"}])
    _until(lambda: place.node(name)["provision_state"] == "clean failed")
    node = place.node(name)
    assert "level 5 with only 2 block devices" in node["last_error"]
    assert node["raid_config"] == {}


def test_lamp_sensors_and_log_of_a_controller(ward: conftest.Ward) -> None:
    place = ward.place
    name = place.server()
    [lamp] = place.call("GET", f"/v1/nodes/{name}/management/indicators")["indicators"]
    assert (lamp["name"], lamp["states"], lamp["readonly"]) == ("led@chassis", ["blinking", "off", "on"], False)
    where = f"/v1/nodes/{name}/management/indicators/led@chassis"
    for state in ("on", "blinking", "off"):
        place.call("PUT", where, {"state": state})
        assert place.call("GET", where)["state"] == place.truth(name)["light"] == state
    sensors = place.call("GET", f"/ops/v1/nodes/{name}/sensors")
    assert sensors["health"] == "ok"
    assert {sensor["type"] for sensor in sensors["sensors"]} >= {"Temperature"}
    entries = place.call("GET", f"/ops/v1/nodes/{name}/eventlog")["entries"]
    assert all(set(entry) >= {"record_id", "event", "severity"} for entry in entries)


def _until(true: typing.Callable[[], object], within: float = 240) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.1)
