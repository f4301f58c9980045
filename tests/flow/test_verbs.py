"""Every verb on fake hardware, from its call to its end; and what each one refuses."""

from typing import Any

import pytest

from baremetal import errors, states
from baremetal.db import models
from tests.flow import house as building
from tests.flow import parts


def test_life(house: building.House) -> None:
    """A node's usual life, with the states it passes through."""
    ident = house.add(driver_internal_info={"agent_url": "http://x", "hardware_manager_version": "1"})
    assert house.do(ident, "manage").provision_state == "manageable"
    assert house.do(ident, "provide").provision_state == "available"
    house.set(ident, instance_uuid="5" * 36, instance_name="shop", instance_info={"image_source": "http://i"})
    node = house.do(ident, "deploy", configdrive="aaa")
    assert (node.provision_state, node.target_provision_state, node.reservation) == ("active", None, None)
    assert node.instance_info == {"configdrive": "aaa", "image_source": "http://i", "image_type": "whole-disk"}
    assert node.driver_internal_info["is_whole_disk_image"] is True
    assert "deploy_steps" not in node.driver_internal_info
    node = house.do(ident, "delete")
    assert (node.provision_state, node.instance_info, node.instance_uuid, node.instance_name) == (
        "available", {}, None, None)
    assert node.driver_internal_info == {"hardware_manager_version": "1"}
    assert house.path(ident) == ["enroll", "verifying", "manageable", "cleaning", "available", "deploying", "active",
                                 "deleting", "cleaning", "available"]
    assert {flow.state for flow in house.rows(models.FLOWS)} == {"done"}
    assert {step.state for step in house.rows(models.STEPS)} == {"done"}


#: (state before, verb, params, states after it)
CYCLES: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("enroll", "manage", {}, ["verifying", "manageable"]),
    ("available", "manage", {}, ["manageable"]),
    ("clean failed", "manage", {}, ["manageable"]),
    ("inspect failed", "manage", {}, ["manageable"]),
    ("adopt failed", "manage", {}, ["manageable"]),
    ("manageable", "provide", {}, ["cleaning", "available"]),
    ("manageable", "inspect", {}, ["inspecting", "manageable"]),
    ("inspect failed", "inspect", {}, ["inspecting", "manageable"]),
    ("manageable", "adopt", {}, ["adopting", "active"]),
    ("adopt failed", "adopt", {}, ["adopting", "active"]),
    ("manageable", "clean", {"clean_steps": [{"interface": "vendor", "step": "log_passthrough"}]},
     ["cleaning", "manageable"]),
    ("available", "deploy", {}, ["deploying", "active"]),
    ("deploy failed", "deploy", {}, ["deploying", "active"]),
    ("active", "rebuild", {}, ["deploying", "active"]),
    ("deploy failed", "rebuild", {}, ["deploying", "active"]),
    ("error", "rebuild", {}, ["deploying", "active"]),
    *[(state, "delete", {}, ["deleting", "cleaning", "available"]) for state in (
        "active", "wait call-back", "deploy failed", "error", "rescue", "rescue wait", "rescue failed",
        "unrescue failed", "service wait", "service failed")],
    *[(state, "rescue", {"rescue_password": "pw"}, ["rescuing", "rescue"]) for state in (
        "active", "rescue", "rescue failed", "unrescue failed", "service failed")],
    *[(state, "unrescue", {}, ["unrescuing", "active"]) for state in ("rescue", "rescue failed", "unrescue failed")],
    *[(state, "service", {"service_steps": [{"interface": "vendor", "step": "log_passthrough"}]},
       ["servicing", "active"]) for state in ("active", "service hold", "service failed")],
    ("service failed", "abort", {}, ["active"]),
    ("clean wait", "abort", {}, ["clean failed"]),
    ("clean hold", "abort", {}, ["clean failed"]),
    ("inspect wait", "abort", {}, ["inspect failed"]),
    ("wait call-back", "abort", {}, ["deploy failed"]),
    ("deploy hold", "abort", {}, ["deploy failed"]),
    ("rescue wait", "abort", {}, ["rescue failed"]),
    ("service wait", "abort", {}, ["service failed", "active"]),
    ("service hold", "abort", {}, ["service failed", "active"]),
    ("clean hold", "unhold", {}, ["clean wait"]),
    ("deploy hold", "unhold", {}, ["wait call-back"]),
    ("service hold", "unhold", {}, ["service wait"]),
]


@pytest.mark.parametrize(("before", "verb", "params", "after"), CYCLES)
def test_verb_from_state(house: building.House, before: str, verb: str, params: dict[str, Any],
                         after: list[str]) -> None:
    ident = house.add(before)
    node = house.do(ident, verb, **params)
    assert house.path(ident) == [before, *after]
    assert node.provision_state == after[-1]
    assert node.target_provision_state == states.target(after[-1])
    assert node.reservation is node.lease_token is None
    assert not node.maintenance


def test_cycles_hold_every_verb_of_the_table() -> None:
    verbs = {event for event, _since in states.VERBS.values()}
    wanted = {(state, event) for state, event in states.NEXT
              if event in verbs and states.kind(state) != states.MOVING}
    assert {(before, verb) for before, verb, _params, _after in CYCLES} == wanted


@pytest.mark.parametrize("state", states.STATES)
def test_verbs_refused_change_nothing(house: building.House, state: str) -> None:
    """Every pair of state and verb that the table does not have."""
    ident = house.add(state)
    before = vars(house.node(ident))
    for event in sorted({event for event, _since in states.VERBS.values()}):
        if states.after(state, event) is None or states.kind(state) == states.MOVING:
            with pytest.raises((errors.VerbRefused, errors.NodeLocked)) as refused:
                house.start(ident, event)
            assert ident in refused.value.text
    assert vars(house.node(ident)) == before
    assert house.rows(models.FLOWS) == house.rows(models.HISTORY) == []


def test_refused_verb_names_what_is_possible(house: building.House) -> None:
    with pytest.raises(errors.VerbRefused, match="'active' is not possible. Possible now: adopt, clean, inspect"):
        house.start(house.add("manageable"), "deploy")


def test_moving_node_is_locked_even_when_nobody_holds_it(house: building.House) -> None:
    with pytest.raises(errors.NodeLocked):
        house.start(house.add("cleaning"), "manage")


#: (state, columns, verb, params, fault)
REFUSED: list[tuple[str, dict[str, Any], str, dict[str, Any], type[errors.Fault]]] = [
    ("manageable", {"retired": True}, "provide", {}, errors.Invalid),
    ("active", {"protected": True, "protected_reason": "mine"}, "rebuild", {}, errors.NodeProtected),
    ("active", {"protected": True}, "delete", {}, errors.NodeProtected),
    ("available", {"maintenance": True}, "deploy", {}, errors.NodeInMaintenance),
    ("active", {"maintenance": True}, "rebuild", {}, errors.NodeInMaintenance),
    ("active", {"maintenance": True}, "rescue", {"rescue_password": "x"}, errors.NodeInMaintenance),
    ("rescue", {"maintenance": True}, "unrescue", {}, errors.NodeInMaintenance),
    ("active", {"maintenance": True}, "service", {"service_steps": [{}]}, errors.NodeInMaintenance),
    ("manageable", {"maintenance": True}, "clean", {"clean_steps": [{}]}, errors.NodeInMaintenance),
    ("service failed", {"maintenance": True}, "abort", {}, errors.Conflict),
    ("active", {}, "rescue", {"rescue_password": "  "}, errors.MissingField),
    ("manageable", {}, "clean", {"clean_steps": []}, errors.MissingField),
    ("active", {}, "service", {}, errors.MissingField),
    ("available", {"driver_info": {"fake_delays": 3}}, "deploy", {}, errors.DriverInfoWrong),
    ("manageable", {"driver_info": {"fake_delays": 3}}, "provide", {}, errors.DriverInfoWrong),
    ("manageable", {}, "burn", {}, errors.Invalid),
    ("available", {}, "deploy",
     {"deploy_steps": [{"interface": "deploy", "step": "deploy", "args": {}, "priority": 0}]}, errors.Invalid),
    ("available", {}, "deploy",
     {"deploy_steps": [{"interface": "deploy", "step": "nope", "args": {}, "priority": 9}]}, errors.Invalid),
]


@pytest.mark.parametrize(("state", "columns", "verb", "params", "fault"), REFUSED)
def test_refused_before_anything_changes(house: building.House, state: str, columns: dict[str, Any], verb: str,
                                         params: dict[str, Any], fault: type[errors.Fault]) -> None:
    ident = house.add(state, **columns)
    before = vars(house.node(ident))
    with pytest.raises(fault):
        house.start(ident, verb, **params)
    assert vars(house.node(ident)) == before
    assert house.conductors["one"].means.pool.busy == 0


def test_provide_in_maintenance_is_configured(tmp_path: Any) -> None:
    house = building.House(f"sqlite:///{tmp_path / 'a.sqlite'}", conductor__allow_provisioning_in_maintenance=False)
    with pytest.raises(errors.NodeInMaintenance):
        house.start(house.add("manageable", maintenance=True), "provide")
    house.close()


def test_unknown_node(house: building.House) -> None:
    with pytest.raises(errors.NotFound):
        house.start("0" * 36, "manage")


def test_delete_of_a_retired_node_ends_in_manageable(house: building.House) -> None:
    assert house.do(house.add("active", retired=True), "delete").provision_state == "manageable"


@pytest.mark.parametrize(("wish", "option", "steps"), [
    (None, False, 1), (False, True, 1), (True, False, 4), (None, True, 4)])
def test_automated_cleaning_may_be_off(tmp_path: Any, *, wish: bool | None, option: bool, steps: int) -> None:
    house = building.House(f"sqlite:///{tmp_path / 'a.sqlite'}", conductor__automated_clean=option)
    ident = house.add("active", automated_clean=wish)
    assert house.do(ident, "delete").provision_state == "available"
    assert house.path(ident) == ["active", "deleting", "cleaning", "available"]
    assert len(house.steps(ident)) == steps
    house.close()


def test_manage_reads_the_power_and_fails_back_to_enroll(house: building.House) -> None:
    power = parts.Power("power on")
    house.conductor("one", power=power)
    ident = house.add()
    assert house.do(ident, "manage").power_state == "power on"
    power.fails["read"] = parts.GONE
    other = house.add(last_error="old")
    node = house.do(other, "manage")
    assert (node.provision_state, node.target_provision_state) == ("enroll", None)
    assert "127.0.0.9" in node.last_error
    assert house.path(other) == ["enroll", "verifying", "enroll"]
    history = house.rows(models.HISTORY, node_id=node.id)
    assert [(e.severity, e.event_type, e.user) for e in history] == [
        ("INFO", "verify", "alice"), ("ERROR", "verify", "alice")]


def test_last_error_goes_when_a_verb_begins_and_stays_when_a_node_only_moves(house: building.House) -> None:
    ident = house.add("clean failed", last_error="bad")
    assert house.do(ident, "manage").last_error == "bad"
    assert house.do(ident, "inspect").last_error is None


def test_inspection_times(house: building.House) -> None:
    ident = house.add("manageable", driver_info={"fake_delays": {"inspect.inspect": 5}})
    node = house.do(ident, "inspect")
    assert node.inspection_started_at is None
    assert node.inspection_finished_at == house.clock.now()


def test_rescue_password_is_kept_as_a_secret_and_forgotten(house: building.House) -> None:
    ident = house.add("active")
    assert house.do(ident, "rescue", rescue_password="open sesame").instance_info == {"rescue_password": "open sesame"}
    stored = [str(tuple(row)) for table in (models.FLOWS, models.HISTORY, models.STEPS) for row in house.rows(table)]
    assert not [row for row in stored if "sesame" in row]
    assert house.do(ident, "unrescue").instance_info == {}


#: (state, verb, params, operation that fails, state after it, in maintenance with fault)
FAILURES: list[tuple[str, str, dict[str, Any], str, str, str | None]] = [
    ("enroll", "manage", {}, "power.read", "enroll", None),
    ("manageable", "provide", {}, "deploy.prepare_cleaning", "clean failed", "clean failure"),
    ("manageable", "provide", {}, "vendor.log_passthrough", "clean failed", "clean failure"),
    ("manageable", "provide", {}, "deploy.tear_down_cleaning", "clean failed", "clean failure"),
    ("manageable", "clean", {"clean_steps": [{"interface": "vendor", "step": "log_passthrough"}]},
     "vendor.log_passthrough", "clean failed", "clean failure"),
    ("manageable", "inspect", {}, "inspect.inspect", "inspect failed", None),
    ("manageable", "adopt", {}, "deploy.take_over", "adopt failed", None),
    ("available", "deploy", {}, "deploy.prepare", "deploy failed", None),
    ("available", "deploy", {}, "deploy.deploy", "deploy failed", None),
    ("active", "rebuild", {}, "deploy.deploy", "deploy failed", None),
    ("active", "delete", {}, "deploy.clean_up", "error", None),
    ("active", "delete", {}, "deploy.tear_down", "error", None),
    ("rescue", "delete", {}, "rescue.clean_up", "error", None),
    ("active", "delete", {}, "vendor.log_passthrough", "clean failed", "clean failure"),
    ("active", "rescue", {"rescue_password": "x"}, "rescue.rescue", "rescue failed", None),
    ("rescue", "unrescue", {}, "rescue.unrescue", "unrescue failed", None),
    ("active", "service", {"service_steps": [{"interface": "vendor", "step": "log_passthrough"}]},
     "vendor.log_passthrough", "service failed", "service failure"),
]


@pytest.mark.parametrize(("state", "verb", "params", "operation", "after", "fault"), FAILURES)
def test_each_step_failing_in_turn(house: building.House, state: str, verb: str, params: dict[str, Any],
                                   operation: str, after: str, fault: str | None) -> None:
    """The node says what failed, stands in the state of failure, and can be used again when that is mended."""
    ident = house.add(state, driver_info={"fake_faults": {operation: "smoke came out"}})
    node = house.do(ident, verb, **params)
    assert node.provision_state == after
    assert "smoke came out" in node.last_error
    assert (node.fault, bool(node.maintenance)) == (fault, fault is not None)
    assert (node.maintenance_reason is not None) == (fault is not None)
    assert node.reservation is None
    assert not node.clean_step and not node.deploy_step and not node.service_step
    assert house.flow(ident).state == "failed"
    assert "smoke came out" in house.flow(ident).error
    assert house.rows(models.HISTORY, node_id=node.id)[-1].severity == "ERROR"
    # mended, each verb comes to its good end from there
    house.set(ident, driver_info={}, maintenance=False, fault=None)
    back = {"clean failed": "manage", "error": "delete", "service failed": "service"}.get(after, verb)
    assert states.kind(house.do(ident, back, **params).provision_state) == states.STABLE
    assert house.node(ident).last_error is None or back == "manage"


def test_defect_of_a_driver_is_no_secret_and_no_riddle(house: building.House) -> None:
    deploy = parts.Deploy()
    deploy.fails["third"] = ValueError("the password is hunter2")
    house.conductor("one", deploy=deploy)
    node = house.do(house.add("available"), "deploy")
    assert node.provision_state == "deploy failed"
    assert "hunter2" not in node.last_error
    assert "deploy.third" in node.last_error and "ValueError" in node.last_error
    assert house.ctx.request_id in node.last_error


def test_failed_flow_undoes_its_steps_and_cleans_up(house: building.House) -> None:
    deploy = parts.Deploy()
    deploy.fails["third"] = errors.StepFailed(interface="deploy", step="third", why="no")
    house.conductor("one", deploy=deploy)
    ident = house.add("available")
    house.do(ident, "deploy")
    assert deploy.calls == ["prepare", "first", "second", "third", "unfirst", "clean_up"]
    assert house.steps(ident) == [("deploy.prepare", "done"), ("deploy.first", "undone"), ("deploy.second", "done"),
                                  ("deploy.third", "failed")]


def test_failing_clean_up_is_told_too(house: building.House) -> None:
    deploy = parts.Deploy()
    deploy.fails["third"] = errors.StepFailed(interface="deploy", step="third", why="no")
    deploy.fails["clean_up"] = errors.StepFailed(interface="deploy", step="clean_up", why="never")
    deploy.fails["unfirst"] = errors.StepFailed(interface="deploy", step="unfirst", why="gone")
    house.conductor("one", deploy=deploy)
    node = house.do(house.add("available"), "deploy")
    assert node.provision_state == "deploy failed"
    assert all(word in node.last_error for word in ("no.", "never", "gone"))


def test_long_errors_are_cut(house: building.House) -> None:
    ident = house.add("manageable", driver_info={"fake_faults": {"inspect.inspect": "x" * 9000}})
    assert len(house.do(ident, "inspect").last_error) == house.conf.log_in_db_max_size


def test_full_pool_changes_nothing(tmp_path: Any) -> None:
    house = building.House(f"sqlite:///{tmp_path / 'a.sqlite'}", conductor__workers_pool_size=3)
    deploy = parts.Deploy()
    reached, go_on = deploy.gate("prepare")
    house.conductor("one", deploy=deploy)
    busy = [house.add("available") for _ in range(2)]
    for ident in busy:
        house.start(ident, "deploy")
    assert reached.wait(60)
    ident = house.add("available")
    before = vars(house.node(ident))
    with pytest.raises(errors.NoFreeWorker):
        house.start(ident, "deploy")
    with pytest.raises(errors.NoFreeWorker):
        house.managers["one"].power(house.ctx, ident, "power on")
    assert vars(house.node(ident)) == before
    go_on.set()
    house.settle()
    assert house.do(ident, "deploy").provision_state == "active"
    house.close()


def test_as_many_at_once_as_allowed(tmp_path: Any) -> None:
    house = building.House(f"sqlite:///{tmp_path / 'a.sqlite'}", conductor__max_concurrent_deploy=1,
                           conductor__max_concurrent_clean=1)
    house.add("wait call-back")
    house.add("clean wait")
    for state, verb in (("available", "deploy"), ("active", "rebuild"), ("active", "delete"),
                        ("manageable", "provide")):
        ident = house.add(state)
        with pytest.raises(errors.LimitReached):
            house.start(ident, verb)
        assert house.node(ident).provision_state == state
    house.close()


def test_node_that_is_held_says_by_whom(house: building.House) -> None:
    deploy = parts.Deploy()
    reached, go_on = deploy.gate("first")
    house.conductor("one", deploy=deploy)
    ident = house.add("available")
    house.start(ident, "deploy")
    assert reached.wait(60)
    held = house.node(ident)
    assert (held.provision_state, held.reservation, held.lease_why) == ("deploying", "one", "deploy")
    assert held.deploy_step["step"] == "first"
    assert [step["step"] for step in held.driver_internal_info["deploy_steps"]] == [
        "prepare", "first", "second", "third"]
    for call in (lambda: house.start(ident, "delete"),
                 lambda: house.managers["one"].power(house.ctx, ident, "power on"),
                 lambda: house.managers["one"].inject_nmi(house.ctx, ident)):
        with pytest.raises(errors.NodeLocked, match="locked by host one for deploy since 20"):
            call()
    go_on.set()
    house.settle()
    assert house.node(ident).provision_state == "active"
