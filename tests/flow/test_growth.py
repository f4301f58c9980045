"""Plans that grow when an agent is up; its steps, how they end, and who goes on then."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from baremetal import errors
from baremetal.db import models
from tests.flow import agents, ramdisk
from tests.flow import house as building

ERASE = ramdisk.step("erase_devices_metadata", 10, abortable=True)
OFF = ramdisk.step("erase_devices", 0)
RAID = ramdisk.step("create_configuration", 90, "raid")
#: the agent knows a step that the interface has, too
OWN = ramdisk.step("boot_instance", 99)


def _house(house: building.House, *has: Any, **more: Any) -> ramdisk.Deploy:
    deploy = ramdisk.Deploy(*has, **more)
    house.conductor("one", deploy=deploy)
    return deploy


def _soon(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "it does not come"
        time.sleep(0.01)


def test_deploy_learns_and_runs_what_the_agent_brings(house: building.House) -> None:
    deploy = _house(house, RAID, OFF, OWN)
    ident = house.add("available")
    house.do(ident, "deploy")
    assert house.node(ident).provision_state == "wait call-back"
    assert house.steps(ident) == [
        ("deploy.prepare", "done"), ("deploy.deploy", "waiting"), ("deploy.write_image", "planned"),
        ("deploy.boot_instance", "planned")]
    agents.up(house, ident)
    node = house.node(ident)
    assert (node.provision_state, node.reservation) == ("wait call-back", None)
    assert house.steps(ident) == [
        ("deploy.prepare", "done"), ("deploy.deploy", "done"), ("raid.create_configuration", "waiting"),
        ("deploy.write_image", "planned"), ("deploy.boot_instance", "planned")]
    assert [step["step"] for step in node.driver_internal_info["deploy_steps"]] == [
        "prepare", "deploy", "create_configuration", "write_image", "boot_instance"]
    assert node.driver_internal_info["agent_cached_deploy_steps"]["all"] == [
        "create_configuration", "erase_devices", "boot_instance"]
    assert deploy.until is not None
    deploy.until.set_result({})
    house.settle()
    assert house.node(ident).provision_state == "active"
    assert deploy.calls == ["prepare", "deploy", "learn", "execute create_configuration", "resume create_configuration",
                            "write_image", "boot_instance"]
    names = [row.name for row in house.rows(models.MILESTONES)]
    assert names == ["agent looked up", "agent called back", "agent's steps known"]


def test_automated_cleaning_boots_the_ramdisk_even_without_steps_of_interfaces(house: building.House) -> None:
    deploy = _house(house, ERASE, OFF, at_once=True)
    ident = house.add("manageable", driver_info={"fake_waits": {}})
    house.do(ident, "provide")
    assert house.node(ident).provision_state == "clean wait"
    agents.up(house, ident)
    _soon(lambda: house.node(ident).provision_state == "available")
    own = [call for call in deploy.calls if "log" not in call]
    assert own == ["prepare_cleaning", "learn", "execute erase_devices_metadata", "resume erase_devices_metadata",
                   "tear_down_cleaning"]
    assert "agent_cached_clean_steps" in house.node(ident).driver_internal_info


def test_node_that_says_meanwhile_that_it_is_not_cleaned_is_left_all_the_same(house: building.House) -> None:
    deploy = _house(house)
    ident = house.add("manageable")
    house.do(ident, "provide")
    house.set(ident, automated_clean=False)
    agents.up(house, ident)
    assert house.node(ident).provision_state == "available"
    assert deploy.calls == ["prepare_cleaning", "learn", "tear_down_cleaning"]


def test_delete_tears_down_then_cleans(house: building.House) -> None:
    deploy = _house(house, ERASE, at_once=True)
    ident = house.add("active", instance_info={"image_source": "x"}, driver_internal_info={"agent_url": "old"})
    house.do(ident, "delete")
    assert deploy.calls == ["clean_up", "tear_down", "prepare_cleaning"]
    agents.up(house, ident)
    _soon(lambda: house.node(ident).provision_state == "available")
    assert house.flow(ident).state == "done"
    assert house.path(ident)[:4] == ["active", "deleting", "cleaning", "clean wait"]


@pytest.mark.parametrize(("verb", "before", "key", "after"), [
    ("clean", "manageable", "clean_steps", "manageable"), ("service", "active", "service_steps", "active")])
def test_request_keeps_its_order_and_may_name_what_nobody_knows_yet(house: building.House, verb: str, before: str,
                                                                    key: str, after: str) -> None:
    deploy = _house(house, ERASE, ramdisk.step("burn", 0, "raid"), at_once=True)
    ident = house.add(before)
    wanted = [{"interface": "raid", "step": "burn", "args": {"level": 1}},
              {"interface": "deploy", "step": "erase_devices_metadata"},
              {"interface": "raid", "step": "burn"}]
    house.do(ident, verb, **{key: wanted})
    assert [name for name, _state in house.steps(ident)][1:4] == [
        "raid.burn", "deploy.erase_devices_metadata", "raid.burn"]
    agents.up(house, ident)
    _soon(lambda: house.node(ident).provision_state == after)
    assert [call for call in deploy.calls if call.startswith("execute")] == [
        "execute burn [('level', 1)]", "execute erase_devices_metadata", "execute burn"]


def test_step_that_the_agent_does_not_have_either_fails_and_says_what_there_is(house: building.House) -> None:
    deploy = _house(house, ERASE, OFF)
    ident = house.add("manageable")
    house.do(ident, "clean", clean_steps=[{"interface": "deploy", "step": "polish"}])
    agents.up(house, ident)
    node = house.node(ident)
    assert node.provision_state == "clean failed"
    assert ("The deploy interface 'ramdisk' of node" in node.last_error and "has no clean step 'polish'" in
            node.last_error)
    assert "The agent in the ramdisk has: erase_devices_metadata, erase_devices." in node.last_error
    assert deploy.calls[-1] == "tear_down_cleaning"


@pytest.mark.parametrize("item", [{"interface": "moon", "step": "x"}, {"interface": "deploy", "step": "polish"}])
def test_what_can_never_be_known_is_refused_at_once(house: building.House, item: dict[str, str]) -> None:
    _house(house)
    ident = house.add("manageable")
    with pytest.raises(errors.Invalid):
        house.start(ident, "clean", clean_steps=[item], disable_ramdisk=True)
    assert house.node(ident).provision_state == "manageable"


def test_deploy_request_changes_agents_steps(house: building.House) -> None:
    """One is left out, one is added, one that is asked for above all waits for the agent all the same."""
    deploy = _house(house, RAID, OFF, ramdisk.step("first_thing"), at_once=True)
    ident = house.add("available")
    house.do(ident, "deploy", deploy_steps=[
        {"interface": "raid", "step": "create_configuration", "args": {}, "priority": 0},
        {"interface": "deploy", "step": "erase_devices", "args": {}, "priority": 30},
        {"interface": "deploy", "step": "first_thing", "args": {}, "priority": 500}])
    agents.up(house, ident)
    _soon(lambda: house.node(ident).provision_state == "active")
    assert deploy.calls == ["prepare", "deploy", "learn", "execute first_thing", "resume first_thing", "write_image",
                            "execute erase_devices", "resume erase_devices", "boot_instance"]


def test_heartbeat_that_finds_nothing_ready_only_renews_the_deadline(house: building.House) -> None:
    deploy = _house(house, RAID)
    ident = house.add("available")
    house.do(ident, "deploy")
    token = agents.up(house, ident)
    # another process: nobody here watches the agent
    house.conductor("one", deploy=deploy)
    deploy.ended = False
    was, before = vars(house.node(ident)), house.rows(models.HISTORY)
    seen = house.rows(models.MILESTONES)
    for _ in range(5):
        house.later(1000)
        agents.beat(house, ident, token)
        assert (house.flow(ident).deadline - house.clock.now()).total_seconds() == 1800
        house.sweep("takeover").run()
    assert deploy.calls.count("ready") == 5
    assert vars(house.node(ident)) == was
    assert (house.rows(models.HISTORY), house.rows(models.MILESTONES)) == (before, seen)
    deploy.ended = True
    agents.beat(house, ident, token)
    assert house.node(ident).provision_state == "active"


def test_heartbeat_while_this_process_watches_asks_nobody(house: building.House) -> None:
    deploy = _house(house, RAID)
    ident = house.add("available")
    house.do(ident, "deploy")
    token = agents.up(house, ident)
    house.later(100)
    agents.beat(house, ident, token)
    assert "ready" not in deploy.calls
    assert (house.flow(ident).deadline - house.clock.now()).total_seconds() == 1800


def test_agent_that_calls_but_does_not_answer_runs_into_the_deadline(house: building.House) -> None:
    deploy = _house(house, RAID)
    ident = house.add("available")
    house.do(ident, "deploy")
    token = agents.up(house, ident)
    house.conductor("one", deploy=deploy)
    deploy.fails["ready"] = errors.AgentUnreachable(url=ramdisk.URL, command="commands", why="silence")
    house.later(1000)
    agents.beat(house, ident, token)
    house.later(1000)
    house.sweep("takeover").run()
    house.settle()
    node = house.node(ident)
    assert node.provision_state == "deploy failed"
    assert "the end of create_configuration was awaited for 1800 s" in node.last_error


def test_what_the_agent_says_of_a_failure_is_shown(house: building.House) -> None:
    deploy = _house(house, RAID)
    ident = house.add("available")
    house.do(ident, "deploy")
    agents.up(house, ident)
    deploy.broken = "no such controller"
    assert deploy.until is not None
    deploy.until.set_exception(errors.AgentFailed(url=ramdisk.URL, command="x", why="y"))
    house.settle()
    node = house.node(ident)
    assert node.provision_state == "deploy failed"
    assert "no such controller" in node.last_error
    assert deploy.calls[-1] == "clean_up"


def test_step_goes_on_waiting_after_its_restart(house: building.House) -> None:
    deploy = _house(house, RAID)
    ident = house.add("available")
    house.do(ident, "deploy")
    old = agents.up(house, ident)
    deploy.reboots = True
    assert deploy.until is not None
    deploy.until.set_result({})
    house.settle()
    assert house.node(ident).provision_state == "wait call-back"
    with pytest.raises(errors.HeartbeatRefused):
        agents.beat(house, ident, old)
    agents.up(house, ident)
    assert house.node(ident).provision_state == "active"


def test_agent_that_restarts_in_the_middle_of_its_step_fails_it_at_once(house: building.House) -> None:
    deploy = _house(house, RAID)
    ident = house.add("available")
    house.do(ident, "deploy")
    agents.up(house, ident)
    assert agents.lookup(house, ident) == "******"
    house.settle()
    assert house.node(ident).provision_state == "wait call-back", "anybody can ask; the agent lives"
    deploy.alive = False
    assert agents.lookup(house, ident) == "******"
    house.settle()
    node = house.node(ident)
    assert node.provision_state == "deploy failed"
    assert "raid.create_configuration failed: the agent restarted meanwhile" in node.last_error
    assert deploy.calls[-2:] == ["lives", "clean_up"]


def test_boot_that_is_awaited_is_not_doubted(house: building.House) -> None:
    deploy = _house(house, RAID)
    deploy.alive = False
    ident = house.add("available")
    house.do(ident, "deploy")
    agents.lookup(house, ident)
    assert agents.lookup(house, ident) == "******"
    house.settle()
    assert house.node(ident).provision_state == "wait call-back" and "lives" not in deploy.calls


def test_future_that_completes_late_wakes_nobody(house: building.House) -> None:
    """The step was aborted, or a heartbeat came first; then the future completes."""
    deploy = _house(house, ERASE)
    ident = house.add("manageable")
    house.do(ident, "provide")
    agents.up(house, ident)
    house.do(ident, "abort")
    assert house.node(ident).provision_state == "clean failed"
    was = vars(house.node(ident)), house.rows(models.FLOWS), house.rows(models.STEPS)
    assert deploy.until is not None
    deploy.until.set_result({})
    house.settle()
    assert (vars(house.node(ident)), house.rows(models.FLOWS), house.rows(models.STEPS)) == was


def test_wake_survives_a_full_pool_and_a_held_node(house: building.House) -> None:
    deploy = _house(house, RAID)
    ident = house.add("available")
    house.do(ident, "deploy")
    agents.up(house, ident)
    shared = house.conductors["one"].means
    pool, size = shared.pool, shared.pool.size
    pool.size = 0
    assert deploy.until is not None
    deploy.until.set_result({})
    time.sleep(0.1)
    with house.database.write() as connection:
        connection.execute(models.NODES.update().values(
            reservation="other", lease_token="t", lease_epoch=1, lease_why="x", lease_since=house.clock.now(),
            lease_deadline=house.clock.now().replace(year=2100)))
    pool.size = size
    time.sleep(0.2)
    assert house.node(ident).provision_state == "wait call-back"
    with house.database.write() as connection:
        connection.execute(models.NODES.update().values(reservation=None, lease_token=None))
    _soon(lambda: house.node(ident).provision_state == "active")


def test_process_that_ends_wakes_nobody(house: building.House) -> None:
    deploy = _house(house, RAID)
    ident = house.add("available")
    house.do(ident, "deploy")
    agents.up(house, ident)
    house.conductors["one"].stop()
    assert deploy.until is not None
    deploy.until.set_exception(errors.AgentUnreachable(url=ramdisk.URL, command="x", why="we end"))
    time.sleep(0.1)
    assert house.node(ident).provision_state == "wait call-back"
    house.conductor("one", deploy=deploy)


@pytest.mark.parametrize(("verb", "before", "after", "calls"), [
    ("deploy", "available", "deploy failed", ["clean_up", "tear_down"]),
    ("provide", "manageable", "clean failed", ["tear_down_cleaning"])])
def test_abort_while_the_ramdisk_boots(house: building.House, verb: str, before: str, after: str,
                                       calls: list[str]) -> None:
    deploy = _house(house)
    ident = house.add(before)
    house.do(ident, verb)
    deploy.calls.clear()
    assert house.do(ident, "abort").provision_state == after
    assert deploy.calls == calls
