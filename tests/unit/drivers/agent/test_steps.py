"""The agent's own steps: told to the engine once each, executed, followed by restarts, asked for anew."""

import typing

import pytest

from baremetal import errors, steps
from baremetal.drivers.agent import direct, learned, talk
from tests.unit.clients.agent import server
from tests.unit.drivers.agent.conftest import Make

DIRECT = direct.DirectDeploy()
ERASE = {"step": "erase_devices", "interface": "deploy", "priority": 10, "abortable": True}
METADATA = {"step": "erase_devices_metadata", "interface": "deploy", "priority": 99, "abortable": True}
FIRMWARE = {"step": "update", "interface": "firmware", "priority": 5, "reboot_requested": True}


def _tell(far: server.Agent, *rows: dict[str, typing.Any], version: str = "1", **more: typing.Any) -> None:
    far.answers["clean.get_clean_steps"] = {"clean_steps": {"generic": list(rows), **more},
                                            "hardware_manager_version": {"generic": version}}


def _step(row: dict[str, typing.Any]) -> steps.Step:
    return steps.Step(row["interface"], row["step"], priority=row["priority"], by=steps.AGENT)


def test_steps_are_learned_with_the_options_priorities(make: Make, far: server.Agent) -> None:
    _tell(far, ERASE, METADATA, FIRMWARE)
    held = make(DIRECT, driver_info={"ipmi_password": "geheim"},
                instance_info={"configdrive": "x", "rescue_password": "y"})
    found = {step.step: step for step in DIRECT.learn(held, "clean")}
    assert {name: step.priority for name, step in found.items()} == {
        "erase_devices": 0, "erase_devices_metadata": 10, "update": 5}
    assert found["erase_devices"].by == steps.AGENT and found["erase_devices"].abortable
    internal = held.node.driver_internal_info
    assert internal["hardware_manager_version"] == {"generic": "1"}
    assert set(internal["agent_cached_clean_steps"]) == {"deploy", "firmware"}
    told = far.asked[0][1]
    assert "geheim" not in str(told) and server.TOKEN not in str(told)
    assert told["node"]["instance_info"] == {"configdrive": "******", "rescue_password": "******"}
    assert told["ports"][0]["address"] == "52:54:00:00:00:01"


def test_a_step_of_two_managers_comes_once(make: Make, far: server.Agent) -> None:
    _tell(far, FIRMWARE, another=[{**FIRMWARE, "priority": 7}])
    found, = DIRECT.learn(make(DIRECT), "clean")
    assert found.priority == 7


#: what the agent tells, words of the fault
WRONG: list[tuple[typing.Any, str]] = [
    (None, "no clean_steps"), ({"clean_steps": []}, "no clean_steps"), ({"clean_steps": {"a": 1}}, "no clean_steps"),
    ({"clean_steps": {"a": [{"step": 1}]}}, "without step or interface"),
    ({"clean_steps": {"a": [{"step": "x", "interface": "raid", "priority": "high"}]}}, "'high'"),
]


@pytest.mark.parametrize(("answer", "says"), WRONG)
def test_nonsense_is_no_list_of_steps(make: Make, far: server.Agent, answer: typing.Any, says: str) -> None:
    far.answers["clean.get_clean_steps"] = answer
    with pytest.raises(errors.StepFailed, match=says):
        DIRECT.learn(make(DIRECT), "clean")


def test_a_step_is_executed(make: Make, far: server.Agent) -> None:
    _tell(far, METADATA)
    held = make(DIRECT)
    step, = DIRECT.learn(held, "clean")
    assert isinstance(DIRECT.execute(held, "clean", step), steps.Wait)
    params = far.asked[1][1]
    assert params["step"]["step"] == "erase_devices_metadata" and params["clean_version"] == {"generic": "1"}
    assert not DIRECT.execute_ready(held, "clean", step)
    assert isinstance(DIRECT.execute_resume(held, "clean", step), steps.Wait)
    far.end(far.results[-1]["id"], {"clean_result": "erased", "clean_step": METADATA})
    assert DIRECT.execute_ready(held, "clean", step)
    assert DIRECT.execute_resume(held, "clean", step) == steps.Done({"by": "agent", "result": "erased"})
    # the same step may stand twice in a plan
    assert isinstance(DIRECT.execute(held, "clean", step), steps.Wait)
    assert [name for name, _ in far.asked].count("clean.execute_clean_step") == 2


def test_a_step_that_fails(make: Make, far: server.Agent) -> None:
    _tell(far, METADATA)
    held = make(DIRECT, options={"agent__deploy_logs_collect": "never"})
    step, = DIRECT.learn(held, "clean")
    DIRECT.execute(held, "clean", step)
    far.end(far.results[-1]["id"], "a disk is gone", status="FAILED")
    with pytest.raises(errors.StepFailed, match="deploy.erase_devices_metadata failed: Error: a disk is gone"):
        DIRECT.execute_resume(held, "clean", step)


def test_a_restart_that_a_step_asks_for(make: Make, far: server.Agent) -> None:
    _tell(far, FIRMWARE)
    held = make(DIRECT, power_state="power on")
    step, = DIRECT.learn(held, "clean")
    DIRECT.execute(held, "clean", step)
    far.end(far.results[-1]["id"], {"clean_result": None, "clean_step": FIRMWARE})
    url = held.node.driver_internal_info["agent_url"]
    assert isinstance(DIRECT.execute_resume(held, "clean", step), steps.Wait)
    assert "agent_url" not in held.node.driver_internal_info and not DIRECT.execute_ready(held, "clean", step)
    assert isinstance(DIRECT.execute(held, "clean", step), steps.Wait), "after a crash, too"
    held.node.driver_internal_info["agent_url"] = url
    assert DIRECT.execute_ready(held, "clean", step)
    assert isinstance(DIRECT.execute_resume(held, "clean", step), steps.Done)
    assert learned.RESTARTING not in held.node.driver_internal_info


def test_a_restart_whose_conductor_dies_before_the_server_is_on_is_done_by_the_next_one(
        make: Make, far: server.Agent) -> None:
    """What is written before the server is switched on says all that is needed to go on."""
    _tell(far, FIRMWARE)
    held = make(DIRECT, power_state="power on")
    step, = DIRECT.learn(held, "clean")
    DIRECT.execute(held, "clean", step)
    far.end(far.results[-1]["id"], {"clean_result": None, "clean_step": FIRMWARE})

    def die() -> None:
        raise SystemExit
    held.save = die     # type: ignore[method-assign]
    with pytest.raises(SystemExit):
        DIRECT.execute_resume(held, "clean", step)
    del held.save
    assert held.power.read(held) == "power off"
    assert isinstance(DIRECT.execute_resume(held, "clean", step), steps.Wait)
    assert held.power.read(held) == "power on"
    assert held.node.driver_internal_info[learned.RESTARTING] == "firmware.update"


def test_an_agent_that_changed_is_asked_again_once(make: Make, far: server.Agent) -> None:
    _tell(far, METADATA)
    held = make(DIRECT)
    step, = DIRECT.learn(held, "clean")
    DIRECT.execute(held, "clean", step)
    far.end(far.results[-1]["id"], status="CLEAN_VERSION_MISMATCH")
    _tell(far, METADATA, version="2")
    assert isinstance(DIRECT.execute_resume(held, "clean", step), steps.Wait)
    assert far.asked[-1][1]["clean_version"] == {"generic": "2"}
    far.end(far.results[-1]["id"], status="CLEAN_VERSION_MISMATCH")
    with pytest.raises(errors.StepFailed, match="says again"):
        DIRECT.execute_resume(held, "clean", step)


def test_a_step_that_the_changed_agent_has_no_more(make: Make, far: server.Agent) -> None:
    _tell(far, METADATA)
    held = make(DIRECT)
    step, = DIRECT.learn(held, "clean")
    DIRECT.execute(held, "clean", step)
    far.end(far.results[-1]["id"], status="CLEAN_VERSION_MISMATCH")
    _tell(far, ERASE)
    with pytest.raises(errors.StepFailed, match="none of them has this step any more"):
        DIRECT.execute_resume(held, "clean", step)


def test_no_agent_is_no_end(make: Make) -> None:
    held = make(DIRECT, up=False)
    assert talk.ready(held)
    with pytest.raises(errors.StepFailed, match="switched off or restarted"):
        DIRECT.execute_resume(held, "clean", _step(METADATA))


def test_cleaning_boots_and_leaves(make: Make) -> None:
    held = make(DIRECT, up=False, provision_state="cleaning")
    assert isinstance(DIRECT.prepare_cleaning(held), steps.Wait) and held.node.power_state == "power on"
    assert not DIRECT.prepare_cleaning_ready(held)
    DIRECT.tear_down_cleaning(held)
    assert held.node.power_state == "power off"
    assert isinstance(DIRECT.prepare_service(held), steps.Wait)
    DIRECT.tear_down_service(held)
    assert held.node.power_state == "power on"
