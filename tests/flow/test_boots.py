"""Boots that go silent are begun again, once; what a lost conductor kept ready comes to another one."""

from typing import Any

import pytest

from baremetal import errors, milestones
from baremetal.db import models
from tests.flow import agents, parts, ramdisk
from tests.flow import house as building


def _look(house: building.House, host: str = "one") -> None:
    house.sweep("boots", host).run()
    house.settle(host)


def _waiting(house: building.House, host: str = "one", **more: Any) -> tuple[ramdisk.Deploy, str]:
    deploy = ramdisk.Deploy(ramdisk.step("erase", 90))
    house.conductor("one", deploy=deploy, **more)
    if host != "one":
        house.conductor(host, deploy=deploy, **more)
    ident = house.add("available")
    house.do(ident, "deploy", host)
    return deploy, ident


def test_silent_boot_is_begun_again_once(house: building.House) -> None:
    power = parts.Power("power on")
    deploy, ident = _waiting(house, power=power)
    house.later(599)
    _look(house)
    assert deploy.calls == ["prepare", "deploy"]
    house.later(2)
    _look(house)
    assert deploy.calls == ["prepare", "deploy", "deploy"]
    assert [call for call in power.calls if call.startswith("set")] == ["set rebooting None"] * 2
    node = house.node(ident)
    assert (node.provision_state, node.reservation) == ("wait call-back", None)
    assert [row.name for row in house.rows(models.MILESTONES)] == [milestones.AGAIN]
    assert "for 600 s nothing was seen of the boot" in str(house.rows(models.STEPS)[1].facts)
    house.later(700)
    _look(house)
    assert deploy.calls.count("deploy") == 2, "once"
    agents.up(house, ident)
    assert "learn" in deploy.calls
    assert "nothing was seen" in str(house.rows(models.STEPS)[1].facts), "also when the step has ended"


def test_boot_that_shows_signs_is_left_alone(house: building.House) -> None:
    deploy, ident = _waiting(house)
    for _ in range(5):
        house.later(500)
        with house.database.write() as connection:
            connection.execute(models.MILESTONES.insert().values(
                node_id=house.node(ident).id, flow_id=house.flow(ident).id, name=milestones.KERNEL,
                at=house.clock.now()))
        _look(house)
    assert deploy.calls == ["prepare", "deploy"]


def test_never_where_that_is_configured(house: building.House) -> None:
    house.overrides["conductor__boot_retry_after"] = 0
    deploy, _ident = _waiting(house)
    house.later(1700)
    _look(house)
    assert deploy.calls == ["prepare", "deploy"]


def test_what_waits_for_something_else_is_left_alone(house: building.House) -> None:
    deploy, ident = _waiting(house)
    agents.up(house, ident)
    house.later(1700)
    _look(house)
    assert deploy.calls == ["prepare", "deploy", "learn", "execute erase"]


@pytest.mark.parametrize(("operation", "verb", "state", "params"), [
    ("inspect.inspect", "inspect", "manageable", {}), ("rescue.rescue", "rescue", "active", {"rescue_password": "x"})])
def test_other_verbs_that_boot(house: building.House, operation: str, verb: str, state: str,
                               params: dict[str, Any]) -> None:
    ident = house.add(state, driver_info={"fake_waits": {operation: 3000}})
    house.do(ident, verb, **params)
    house.later(601)
    _look(house)
    assert [row.name for row in house.rows(models.MILESTONES)] == [milestones.AGAIN]
    assert max(row.attempts for row in house.rows(models.STEPS)) == 2


def test_boot_of_a_lost_conductor_is_begun_again_at_once(house: building.House) -> None:
    """The server would fetch its files from somebody who is not there."""
    deploy, ident = _waiting(house, "two")
    _look(house)
    assert deploy.calls == ["prepare", "deploy"], "it lives"
    house.gone("two")
    _look(house)
    assert deploy.calls == ["prepare", "deploy", "deploy"]
    assert house.flow(ident).conductor == "one"
    assert "conductor two" in str(house.rows(models.STEPS)[1].facts)
    _look(house)
    assert deploy.calls == ["prepare", "deploy", "deploy"]
    agents.up(house, ident)
    assert house.node(ident).provision_state == "wait call-back"


def test_agent_that_is_up_is_not_booted_again_its_files_come_here(house: building.House) -> None:
    deploy, ident = _waiting(house, "two")
    token = agents.up(house, ident, "two")
    assert deploy.calls[-1] == "execute erase"
    house.gone("two")
    deploy.ended = False
    _look(house)
    _look(house)
    assert deploy.calls == ["prepare", "deploy", "learn", "execute erase", "take_over", "resume erase"]
    node = house.node(ident)
    assert (node.provision_state, node.reservation, house.flow(ident).conductor) == ("wait call-back", None, "one")
    agents.beat(house, ident, token)
    assert "ready" not in deploy.calls, "it is watched here now"
    deploy.ended = True
    assert deploy.until is not None
    deploy.until.set_result({})
    house.settle()
    assert house.node(ident).provision_state == "active"


def test_process_that_starts_again_watches_what_it_watched(house: building.House) -> None:
    deploy, ident = _waiting(house)
    agents.up(house, ident)
    deploy.ended = False
    house.conductor("one", deploy=deploy)
    _look(house)
    _look(house)
    assert deploy.calls == ["prepare", "deploy", "learn", "execute erase", "resume erase"]
    deploy.ended = True
    assert deploy.until is not None
    deploy.until.set_result({})
    house.settle()
    assert house.node(ident).provision_state == "active"


def test_process_that_starts_again_has_its_files_still(house: building.House) -> None:
    deploy, ident = _waiting(house)
    house.conductor("one", deploy=deploy)
    _look(house)
    _look(house)
    assert deploy.calls == ["prepare", "deploy"]
    assert house.flow(ident).epoch == house.conductors["one"].means.seat.epoch
    house.later(601)
    _look(house)
    assert deploy.calls == ["prepare", "deploy", "deploy"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_flow_that_ran_on_a_lost_conductor_brings_its_files(house: building.House) -> None:
    deploy, ident = _waiting(house, "two")
    deploy.dies["write_image"] = 1
    deploy.has.clear()
    agents.up(house, ident, "two")
    house.gone("two")
    house.sweep("takeover").run()
    house.settle()
    assert house.node(ident).provision_state == "active"
    assert deploy.calls[2:] == ["learn", "write_image", "take_over", "write_image", "boot_instance"]


def test_nobody_counts_as_lost_while_heartbeats_could_not_be_written(house: building.House) -> None:
    deploy, _ident = _waiting(house, "two")
    leases = house.conductors["one"].means.leases
    leases.beaten(house.clock.tick(), 10)
    house.clock.move(500)
    _look(house)
    assert deploy.calls == ["prepare", "deploy"]


def test_node_in_maintenance_is_left_alone(house: building.House) -> None:
    deploy, ident = _waiting(house)
    house.set(ident, maintenance=True)
    house.later(601)
    _look(house)
    assert deploy.calls == ["prepare", "deploy"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_an_accepted_heartbeat_would_have_found_is_found_after_a_crash(house: building.House) -> None:
    """The agent has ended its step and was answered 202; its next call would come minutes later."""
    deploy, ident = _waiting(house)
    token = agents.up(house, ident)
    house.conductor("one", deploy=deploy)   # nobody watches the agent any more
    deploy.dies["ready"] = 1
    agents.beat(house, ident, token)
    assert house.node(ident).provision_state == "wait call-back"
    house.conductor("one", deploy=deploy)
    _look(house)
    house.settle()
    assert house.node(ident).provision_state == "active"


def _rescued(house: building.House) -> tuple[ramdisk.Rescue, str, str]:
    rescue = ramdisk.Rescue()
    house.conductor("one", rescue=rescue)
    ident = house.add("active")
    house.do(ident, "rescue", rescue_password="x")
    return rescue, ident, agents.lookup(house, ident)


def test_the_first_call_of_an_agent_is_written_before_it_is_answered(house: building.House) -> None:
    rescue, ident, token = _rescued(house)
    reached, go_on = rescue.gate("give")
    said = {"callback_url": ramdisk.URL, "agent_version": "1", "agent_token": token}
    house.managers["one"].table()["heartbeat"](house.ctx, node=ident, beat=said)
    assert house.node(ident).driver_internal_info["agent_url"] == ramdisk.URL
    assert house.flow(ident).state == "running"
    go_on.set()
    assert reached.wait(60)
    house.settle()
    assert house.node(ident).provision_state == "rescue" and "ready" not in rescue.calls


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("gone", [False, True])
def test_rescue_whose_conductor_dies_when_the_password_is_given(house: building.House, *, gone: bool) -> None:
    rescue, ident, token = _rescued(house)
    rescue.dies["given"] = 1
    agents.beat(house, ident, token)
    assert house.node(ident).provision_state == "rescuing"
    if gone:
        rescue.fails["give"] = errors.AgentUnreachable(url=ramdisk.URL, command="finalize_rescue", why="refused")
    house.conductor("one", rescue=rescue)
    house.sweep("takeover").run()
    house.settle()
    node = house.node(ident)
    assert node.provision_state == ("rescue failed" if gone else "rescue")
    assert rescue.calls.count("give") == 2 and ("clean_up" in rescue.calls) == gone
    if gone:
        assert "does not answer" in node.last_error and not node.maintenance
    assert house.do(ident, "unrescue").provision_state == "active"
