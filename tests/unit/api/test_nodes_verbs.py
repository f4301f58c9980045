"""What of a verb, a power target or a boot device reaches the conductor; which fault wins when several are true."""

from collections.abc import Iterator
from typing import Any

import pytest

from baremetal import errors
from tests.api import inside
from tests.unit.api import door

STEP = {"interface": "deploy", "step": "erase"}
DEPLOY_STEP = STEP | {"args": {}, "priority": 1}

# fmt: off
#: state, body, (verb, params) that the conductor is told
TOLD: list[tuple[str, dict[str, Any], tuple[str, dict[str, Any]]]] = [
    ("enroll",     {"target": "manage"},                                     ("manage", {})),
    ("available",  {"target": "active"},                                     ("deploy", {})),
    ("available",  {"target": "deploy"},                                     ("deploy", {})),
    ("active",     {"target": "deleted"},                                    ("delete", {})),
    ("active",     {"target": "undeploy"},                                   ("delete", {})),
    ("available",  {"target": "active", "configdrive": "http://a/b"},        ("deploy", {"configdrive": "http://a/b"})),
    ("available",  {"target": "active", "configdrive": {"user_data": "x"}},
     ("deploy", {"configdrive": {"user_data": "x"}})),
    ("available",  {"target": "active", "configdrive": '{"meta_data": {}}'},
     ("deploy", {"configdrive": {"meta_data": {}}})),
    ("active",     {"target": "rebuild", "deploy_steps": [DEPLOY_STEP]},
     ("rebuild", {"deploy_steps": [DEPLOY_STEP]})),
    ("manageable", {"target": "clean", "clean_steps": [STEP], "disable_ramdisk": "yes"},
     ("clean", {"clean_steps": [STEP], "disable_ramdisk": True})),
    ("active",     {"target": "service", "service_steps": [STEP]},           ("service", {"service_steps": [STEP]})),
    ("active",     {"target": "rescue", "rescue_password": "hush"},          ("rescue", {"rescue_password": "hush"})),
    ("available",  {"target": "manage", "clean_steps": [], "configdrive": "", "rescue_password": None}, ("manage", {})),
]

#: state, columns, body, version, status: each is wrong in two ways
WINNERS: list[tuple[str, dict[str, Any], dict[str, Any], str, int]] = [
    # an unknown version of the verb before maintenance, before legality
    ("active",     {"maintenance": True}, {"target": "deploy"},                               "1.72",  406),
    # maintenance before legality
    ("enroll",     {"maintenance": True}, {"target": "active"},                               "1.115", 400),
    # the holder, where the state does not allow it
    ("enroll",     door.HELD,             {"target": "active"},                               "1.115", 409),
    # legality before the config drive and the steps
    ("enroll",     {},                    {"target": "service", "service_steps": 5},          "1.115", 400),
    ("enroll",     {},                    {"target": "service"},                              "1.86",  400),
    ("active",     {},                    {"target": "service"},                              "1.86",  406),
    # misplaced steps before the version of the verb
    ("active",     {},                    {"target": "service", "clean_steps": [STEP]},       "1.86",  400),
    # the version of a field before its place
    ("available",  {},                    {"target": "manage", "deploy_steps": [DEPLOY_STEP]}, "1.68", 406),
    ("available",  {},                    {"target": "manage", "disable_ramdisk": True},      "1.69",  406),
    ("active",     {},                    {"target": "service", "disable_ramdisk": True},     "1.107", 406),
    # the form of the steps before protection
    ("active",     {"protected": True},   {"target": "rebuild", "deploy_steps": [STEP]},      "1.115", 400),
    ("active",     {"protected": True},   {"target": "rebuild"},                              "1.115", 403),
    # the form of the steps before maintenance, where that is not asked at once
    ("manageable", {"maintenance": True}, {"target": "clean"},                                "1.115", 400),
    ("manageable", {"retired": True},     {"target": "provide"},                              "1.115", 400),
    ("service failed", {"maintenance": True}, {"target": "abort"},                            "1.115", 409),
]
# fmt: on


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[door.Door]:
    """An API with a conductor's end that notes what it is told."""
    made = door.Door(tmp_path_factory.mktemp("verbs"))
    yield made
    made.close()


@pytest.fixture
def house(opened: door.Door) -> door.Door:
    """The same, told nothing yet."""
    opened.told.clear()
    opened.answers.clear()
    return opened


@pytest.mark.parametrize(("state", "body", "told"), TOLD)
def test_the_conductor_is_told(house: door.Door, state: str, body: dict[str, Any], told: tuple[str, Any]) -> None:
    node = house.node()
    house.write(node, provision_state=state)
    answer = house.ask("PUT", f"/v1/nodes/{node}/states/provision", body=body)
    assert (answer.status, answer.content) == (202, b"")
    assert answer.headers["location"].endswith(f"/v1/nodes/{node}/states")
    assert house.told == [("provision", {"node": node, "verb": told[0], "params": told[1]})]


@pytest.mark.parametrize(("state", "columns", "body", "version", "status"), WINNERS)
def test_one_fault_wins(house: door.Door, state: str, columns: dict[str, Any], body: dict[str, Any],
                        version: str, status: int) -> None:
    node = house.node()
    if "reservation" in columns:
        columns = {**columns, "lease_deadline": house.time.now().replace(year=2999), "lease_since": house.time.now()}
    house.write(node, provision_state=state, **columns)
    answer = house.ask("PUT", f"/v1/nodes/{node}/states/provision", version, body)
    assert answer.status == status, answer.text()
    assert house.told == []


@pytest.mark.parametrize("body", [
    {"target": "rescue", "rescue_password": 5550123}, {"target": "rescue", "rescue_password": {"hush": "hush"}},
    {"target": "active", "configdrive": 5550123}, {"target": "active", "configdrive": {"unicorn": "hush"}},
    {"target": "clean", "clean_steps": [{"interface": "deploy", "step": "x", "args": "hush"}]}])
def test_secrets_are_not_repeated(house: door.Door, body: dict[str, Any]) -> None:
    node = house.node()
    states = {"rescue": "active", "active": "available", "clean": "manageable"}
    house.write(node, provision_state=states[body["target"]])
    answer = house.ask("PUT", f"/v1/nodes/{node}/states/provision", body=body)
    assert answer.status == 400
    assert "hush" not in answer.text()
    assert "5550123" not in answer.text()


@pytest.mark.parametrize(("fault", "status"), [
    (errors.NodeLocked(node="n", holder="h", why="w", since="s"), 409),
    (errors.NoFreeWorker(size=3, host="h"), 503),
    (errors.LimitReached(there=1, what="deploying", option="max_concurrent_deploy", most=1), 503),
    (errors.PowerFailed(target="on", why="no"), 500),
    (ValueError("a secret of the far side"), 500)])
def test_faults_of_the_conductor_arrive(house: door.Door, fault: Exception, status: int) -> None:
    node = house.node()
    house.answers["provision"] = fault
    answer = house.ask("PUT", f"/v1/nodes/{node}/states/provision", body={"target": "manage"})
    assert answer.status == status
    assert "a secret" not in answer.text()
    assert "Traceback" not in answer.text()


def test_power_and_management_reach_the_conductor(house: door.Door) -> None:
    node = house.node()
    path = f"/v1/nodes/{node}"
    house.answers |= {"boot_device_get": {"boot_device": "disk", "persistent": True}, "boot_device_supported": ["pxe"],
                      "validate": {"power": {"result": True, "reason": None}, "boot": {"result": False, "reason": "r"},
                                   "bios": {"result": None, "reason": "none"}}}
    assert house.ask("PUT", f"{path}/states/power", body={"target": "soft power off", "timeout": "5"}).status == 202
    assert house.ask("PUT", f"{path}/management/boot_device", body={"boot_device": "pxe"}).status == 204
    assert house.ask("PUT", f"{path}/management/inject_nmi", body={}).status == 204
    assert house.ask("PUT", f"{path}/states/boot_mode", body={"target": "uefi"}).status == 202
    assert house.ask("PUT", f"{path}/states/secure_boot", body={"target": "off"}).status == 202
    assert house.ask("PUT", f"{path}/states/raid", body={}).status == 204
    assert house.told == [
        ("power", {"node": node, "target": "soft power off", "timeout": 5}),
        ("boot_device_set", {"node": node, "device": "pxe", "persistent": False}),
        ("inject_nmi", {"node": node}), ("boot_mode_set", {"node": node, "target": "uefi"}),
        ("secure_boot_set", {"node": node, "target": False}), ("raid_set", {"node": node, "target_raid_config": {}})]
    assert house.ask("GET", f"{path}/management/boot_device").json() == {"boot_device": "disk", "persistent": True}
    assert house.ask("GET", f"{path}/management/boot_device/supported").json() == {"supported_boot_devices": ["pxe"]}
    shown = {"power": {"result": True}, "boot": {"result": False, "reason": "r"},
             "bios": {"result": None, "reason": "none"}}
    assert house.ask("GET", f"{path}/validate").json() == shown
    assert house.ask("GET", f"/v1/nodes/validate?node={node}").json() == shown


def test_nobody_drives_the_node(house: door.Door) -> None:
    node = house.node()
    house.write(node, conductor_group="elsewhere")
    answer = house.ask("PUT", f"/v1/nodes/{node}/states/power", body={"target": "power on"})
    assert answer.status == 404
    assert "elsewhere" in answer.text()
    assert "fake-hardware" in answer.text()
    assert inside.HOST not in answer.text()
