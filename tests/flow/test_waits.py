"""Flows that wait, are held, go on, are aborted, or wait in vain."""

from typing import Any

import pytest

from baremetal import errors
from baremetal.db import models
from tests.flow import house as building
from tests.flow import parts


def _step(name: str, interface: str = "deploy", **more: Any) -> dict[str, Any]:
    return {"interface": interface, "step": name, **more}


#: (state, verb, params, states on the way, waiting state, operation that waits)
WAITS: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("manageable", "provide", {}, "vendor.log_passthrough", "clean wait"),
    ("manageable", "clean", {"clean_steps": [_step("log_passthrough", "vendor")]}, "vendor.log_passthrough",
     "clean wait"),
    ("available", "deploy", {}, "deploy.deploy", "wait call-back"),
    ("active", "rebuild", {}, "deploy.prepare", "wait call-back"),
    ("manageable", "inspect", {}, "inspect.inspect", "inspect wait"),
    ("active", "rescue", {"rescue_password": "x"}, "rescue.rescue", "rescue wait"),
    ("active", "service", {"service_steps": [_step("log_passthrough", "vendor")]}, "vendor.log_passthrough",
     "service wait"),
]
ENDS = {"provide": "available", "clean": "manageable", "deploy": "active", "rebuild": "active",
        "inspect": "manageable", "rescue": "rescue", "service": "active"}
FAILS = {"clean wait": "clean failed", "wait call-back": "deploy failed", "inspect wait": "inspect failed",
         "rescue wait": "rescue failed", "service wait": "service failed"}


def _waiting(house: building.House, state: str, verb: str, params: dict[str, Any], operation: str) -> str:
    ident = house.add(state, driver_info={"fake_waits": {operation: 100}})
    house.do(ident, verb, **params)
    return ident


@pytest.mark.parametrize(("state", "verb", "params", "operation", "waits"), WAITS)
def test_waits_without_worker_and_lease_and_goes_on(house: building.House, state: str, verb: str,
                                                    params: dict[str, Any], operation: str, waits: str) -> None:
    ident = _waiting(house, state, verb, params, operation)
    node, flow = house.node(ident), house.flow(ident)
    assert (node.provision_state, node.reservation) == (waits, None)
    assert flow.state == "waiting" and flow.awaits == f"the end of {operation}"
    assert (flow.deadline - house.clock.now()).total_seconds() == 100
    house.set(ident, driver_info={})
    house.managers["one"].resume(house.ctx, ident)
    house.settle()
    assert house.node(ident).provision_state == ENDS[verb]
    assert house.flow(ident).state == "done"
    assert {state for _step_, state in house.steps(ident)} == {"done"}
    with pytest.raises(errors.Conflict):
        house.managers["one"].resume(house.ctx, ident)


@pytest.mark.parametrize(("state", "verb", "params", "operation", "waits"), WAITS)
def test_waiting_in_vain_fails_at_its_deadline(house: building.House, state: str, verb: str, params: dict[str, Any],
                                               operation: str, waits: str) -> None:
    ident = _waiting(house, state, verb, params, operation)
    sweep = house.sweep("takeover")
    house.later(99)
    sweep.run()
    house.settle()
    assert house.node(ident).provision_state == waits
    house.later(2)
    sweep.run()
    house.settle()
    node = house.node(ident)
    assert node.provision_state == FAILS[waits]
    assert f"Timeout: the end of {operation} was awaited for 100 s" in node.last_error
    assert house.flow(ident).state == "failed"
    assert node.fault == {"clean wait": "clean failure", "service wait": "service failure"}.get(waits)


#: the fake vendor step may not be aborted: see the tests after the next
ABORTS = [case for case in WAITS if not case[3].startswith("vendor.")]


@pytest.mark.parametrize(("state", "verb", "params", "operation", "waits"), ABORTS)
def test_abort_of_what_waits(house: building.House, state: str, verb: str, params: dict[str, Any],
                             operation: str, waits: str) -> None:
    deploy = parts.Deploy()
    house.conductor("one", deploy=deploy)
    if operation.startswith("deploy."):
        params = {"deploy_steps": [_step("waits", args={}, priority=99)]}
        ident = house.add(state)
        house.do(ident, verb, **params)
    else:
        ident = _waiting(house, state, verb, params, operation)
    node = house.do(ident, "abort")
    assert node.provision_state == ("active" if waits == "service wait" else FAILS[waits])
    assert "Aborted at the request of alice" in node.last_error
    assert not node.maintenance
    assert house.flow(ident).state == "aborted"


@pytest.mark.parametrize(("state", "verb", "key", "waits", "after"), [
    ("manageable", "clean", "clean_steps", "clean wait", "clean failed"),
    ("active", "service", "service_steps", "service wait", "active"),
    ("available", "deploy", "deploy_steps", "wait call-back", "deploy failed")])
def test_abort_waits_for_the_end_of_a_step_that_may_not_be_aborted(
        house: building.House, state: str, verb: str, key: str, waits: str, after: str) -> None:
    deploy = parts.Deploy()
    house.conductor("one", deploy=deploy)
    ident = house.add(state)
    after_it = [] if verb == "deploy" else [_step("third", args={}, priority=1)]
    house.do(ident, verb, **{key: [_step("waits_hard", args={}, priority=99), *after_it]})
    node = house.do(ident, "abort")
    assert (node.provision_state, node.reservation) == (waits, None)
    shown = getattr(node, {"clean_steps": "clean_step", "service_steps": "service_step"}.get(key, "deploy_step"))
    assert shown["abort_after"] is True
    assert house.flow(ident).abort_after
    house.managers["one"].resume(house.ctx, ident)
    house.settle()
    assert house.node(ident).provision_state == waits, "the step waits a second time"
    house.managers["one"].resume(house.ctx, ident)
    house.settle()
    node = house.node(ident)
    assert node.provision_state == after
    assert "Aborted after step deploy.waits_hard" in node.last_error
    assert not node.maintenance
    assert house.flow(ident).state == "aborted"
    assert "third" not in deploy.calls


def test_abort_after_a_step_that_has_nothing_to_do_when_resumed(house: building.House) -> None:
    ident = _waiting(house, "manageable", "provide", {}, "vendor.log_passthrough")
    assert house.do(ident, "abort").provision_state == "clean wait"
    house.managers["one"].resume(house.ctx, ident)
    house.settle()
    assert house.node(ident).provision_state == "clean failed"
    assert house.flow(ident).state == "aborted"


@pytest.mark.parametrize(("state", "verb", "params", "held", "after", "failed"), [
    ("manageable", "clean", {"clean_steps": [_step("hold"), _step("third")]}, "clean hold", "manageable",
     "clean failed"),
    ("available", "deploy", {"deploy_steps": [_step("hold", args={}, priority=95)]}, "deploy hold", "active",
     "deploy failed"),
    ("active", "service", {"service_steps": [_step("hold", "power"), _step("third")]}, "service hold", "active",
     "active")])
def test_hold_and_unhold_and_abort(house: building.House, state: str, verb: str, params: dict[str, Any], held: str,
                                   after: str, failed: str) -> None:
    deploy = parts.Deploy()
    house.conductor("one", deploy=deploy)
    ident = house.add(state)
    node = house.do(ident, verb, **params)
    assert (node.provision_state, node.reservation, house.flow(ident).state) == (held, None, "held")
    assert "third" not in deploy.calls
    house.later(1_000_000)
    house.sweep("takeover").run()
    assert house.node(ident).provision_state == held, "a hold has no deadline"
    assert house.do(ident, "unhold").provision_state == after
    assert "third" in deploy.calls
    deploy.calls.clear()

    other = house.add(state)
    house.do(other, verb, **params)
    node = house.do(other, "abort")
    assert node.provision_state == failed
    assert not node.maintenance
    assert ("tear_down" in deploy.calls) == (verb == "deploy")
    assert "third" not in deploy.calls


def test_service_again_out_of_a_hold(house: building.House) -> None:
    house.conductor("one", deploy=parts.Deploy())
    ident = house.add("active")
    house.do(ident, "service", service_steps=[_step("hold")])
    assert house.do(ident, "service", service_steps=[_step("third")]).provision_state == "active"
    assert [flow.state for flow in house.rows(models.FLOWS)] == ["aborted", "done"]


def test_delete_takes_the_place_of_a_deploy_that_waits(house: building.House) -> None:
    ident = _waiting(house, "available", "deploy", {}, "deploy.deploy")
    assert house.do(ident, "delete").provision_state == "available"
    assert [(flow.verb, flow.state) for flow in house.rows(models.FLOWS)] == [("deploy", "aborted"),
                                                                              ("delete", "done")]


def test_short_wait_is_slept_and_long_wait_is_waited_by_nobody(house: building.House) -> None:
    house.conductor("one", deploy=parts.Deploy())
    ident, before = house.add("manageable"), house.clock.now()
    node = house.do(ident, "clean", clean_steps=[_step("wait", args={"seconds": 20})])
    assert node.provision_state == "manageable"
    assert (house.clock.now() - before).total_seconds() >= 20
    node = house.do(ident, "clean", clean_steps=[_step("wait", args={"seconds": 600}), _step("third")])
    assert (node.provision_state, node.reservation) == ("clean wait", None)
    house.later(601)
    house.sweep("takeover").run()
    house.settle()
    assert house.node(ident).provision_state == "manageable"


def test_wait_without_time_waits_for_the_agent_as_long_as_configured(house: building.House) -> None:
    house.conductor("one", deploy=parts.Deploy())
    ident = house.add("manageable")
    assert house.do(ident, "clean", clean_steps=[_step("wait")]).provision_state == "clean wait"
    waits = house.flow(ident).deadline - house.clock.now()
    assert waits.total_seconds() == house.conf.conductor.clean_callback_timeout


def test_wait_may_be_without_bound(tmp_path: Any) -> None:
    house = building.House(f"sqlite:///{tmp_path / 'a.sqlite'}", conductor__clean_callback_timeout=0)
    ident = house.add("manageable")
    house.do(ident, "clean", clean_steps=[_step("wait")])
    assert house.flow(ident).deadline is None
    house.close()


def test_step_may_not_wait_where_nothing_waits(house: building.House) -> None:
    ident = house.add("active", driver_info={"fake_waits": {"rescue.unrescue": 5}})
    house.set(ident, provision_state="rescue")
    node = house.do(ident, "unrescue")
    assert node.provision_state == "unrescue failed"
    assert "wants to wait" in node.last_error


def test_power_steps(house: building.House) -> None:
    power = parts.Power("power off")
    house.conductor("one", power=power, deploy=parts.Deploy())
    ident = house.add("manageable")
    node = house.do(ident, "clean", clean_steps=[_step("power_on"), _step("power_on"), _step("reboot"),
                                                 _step("power_off", "vendor")])
    assert node.provision_state == "manageable"
    assert [call for call in power.calls if call.startswith("set")] == [
        "set power on 60", "set rebooting 60", "set power off 60"]
    assert node.power_state == "power off"
    assert [m.name for m in house.rows(models.MILESTONES)] == [
        "power on confirmed", "power on confirmed", "power off confirmed"]


#: (what is asked, words of the refusal)
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"interface": "deploy", "step": "nonsense"}, "has no clean step 'nonsense'; it has: first, second, third"),
    ({"interface": "moon", "step": "land"}, "there is no interface 'moon'"),
    ({"interface": "power", "step": "x"}, "it has: none"),
    ({"interface": "deploy", "step": "third", "args": {"hard": 1}}, "does not take the argument 'hard'"),
    ({"interface": "deploy", "step": "wipe"}, "needs the argument 'mode'. How thorough."),
    ({"interface": "deploy", "step": "wipe", "args": {"mode": "zero", "colour": "red"}},
     "'colour'; it takes: mode, times"),
    ({"interface": "deploy", "step": "hold", "args": {"seconds": 3}}, "'hold' does not take the argument 'seconds'"),
    ({"interface": "deploy", "step": "wait", "args": {"seconds": "3"}}, "cannot be '3'"),
    ({"interface": "deploy", "step": "wait", "args": {"minutes": 3}}, "it takes seconds"),
    ({"interface": "deploy", "step": "third", "execute_on_child_nodes": True}, "child nodes"),
]


@pytest.mark.parametrize(("item", "words"), WRONG)
def test_wrong_steps_are_named_before_anything_changes(house: building.House, item: dict[str, Any],
                                                       words: str) -> None:
    house.conductor("one", deploy=parts.Deploy())
    ident = house.add("manageable")
    with pytest.raises(errors.Invalid) as refused:
        house.start(ident, "clean", clean_steps=[_step("third"), item])
    assert words in refused.value.text
    assert house.node(ident).provision_state == "manageable"
    assert house.rows(models.FLOWS) == []


def test_steps_run_in_the_order_of_the_request_or_by_their_number(house: building.House) -> None:
    deploy = parts.Deploy()
    house.conductor("one", deploy=deploy)
    house.do(house.add("manageable"), "clean", disable_ramdisk=True, clean_steps=[
        _step("third"), _step("wipe", args={"mode": "zero"}), _step("first")])
    assert deploy.calls == ["third", "wipe zero 1", "first"]
    deploy.calls.clear()
    house.do(house.add("manageable"), "clean", disable_ramdisk=True, clean_steps=[
        _step("third", order=3), _step("second", order=1), _step("first", order=2)])
    assert deploy.calls == ["second", "first", "third"]


def test_request_changes_the_deploy_steps(house: building.House) -> None:
    deploy = parts.Deploy()
    house.conductor("one", deploy=deploy)
    house.do(house.add("available"), "deploy", deploy_steps=[
        _step("second", args={}, priority=0), _step("fourth", args={}, priority=99)])
    assert deploy.calls == ["prepare", "fourth", "first", "third"]


def test_request_does_not_move_what_deploying_does_by_itself(house: building.House) -> None:
    house.conductor("one", deploy=parts.Deploy())
    ident = house.add("available")
    with pytest.raises(errors.Invalid, match="deploy.third is a core step"):
        house.start(ident, "deploy", deploy_steps=[_step("third", args={}, priority=99)])
    assert house.node(ident).provision_state == "available"
