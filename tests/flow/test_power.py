"""Power verbs, the power sync and the recovery of nodes whose controller was gone; short work under a lease."""

import threading
from typing import Any

import pytest

from baremetal import errors
from baremetal.db import models
from tests.flow import house as building
from tests.flow import parts


def _power(house: building.House, ident: str, target: str, timeout: float | None = None) -> Any:
    house.managers["one"].power(house.ctx, ident, target, timeout)
    house.settle()
    return house.node(ident)


@pytest.mark.parametrize(("target", "end"), [
    ("power on", "power on"), ("power off", "power off"), ("rebooting", "power on"), ("soft rebooting", "power on"),
    ("soft power off", "power off")])
def test_power_ends_where_told(house: building.House, target: str, end: str) -> None:
    ident = house.add("manageable", last_error="old")
    node = _power(house, ident, target)
    assert (node.power_state, node.target_power_state, node.last_error, node.reservation) == (end, None, None, None)
    history = house.rows(models.HISTORY, node_id=node.id)
    assert [(row.event_type, row.severity, row.user) for row in history] == [("power", "INFO", "alice")]


def test_target_is_shown_while_it_runs_and_needless_work_is_left_out(house: building.House) -> None:
    power = parts.Power("power off")
    house.conductor("one", power=power)
    ident = house.add("manageable")
    reached, go_on = power.gate("set rebooting 7")
    house.managers["one"].power(house.ctx, ident, "rebooting", 7)
    assert reached.wait(60)
    node = house.node(ident)
    assert (node.target_power_state, node.reservation, node.lease_why) == ("power on", "one", "rebooting")
    go_on.set()
    house.settle()
    power.calls.clear()
    assert _power(house, ident, "power on").power_state == "power on"
    assert power.calls == ["read"]


def test_time_outs_are_as_configured(house: building.House) -> None:
    power = parts.Power("power on")
    power.supported = lambda task: ["soft power off", "rebooting"]  # type: ignore[method-assign]
    house.conductor("one", power=power)
    ident = house.add("manageable")
    _power(house, ident, "soft power off")
    _power(house, ident, "rebooting")
    assert [call for call in power.calls if call != "read"] == ["set soft power off 600", "set rebooting 60"]


def test_failure_becomes_last_error(house: building.House) -> None:
    ident = house.add("active", power_state="power off", driver_info={"fake_faults": {"power.set": "fuse"}})
    node = _power(house, ident, "power on")
    assert (node.power_state, node.target_power_state, node.reservation) == ("power off", None, None)
    assert "'power on' failed" in node.last_error and "fuse" in node.last_error
    assert house.rows(models.HISTORY)[-1].severity == "ERROR"
    assert not node.maintenance


#: (columns, target, fault)
REFUSED: list[tuple[dict[str, Any], str, type[errors.Fault]]] = [
    ({}, "explode", errors.BadField),
    ({"provision_state": "cleaning"}, "power on", errors.Invalid),
    ({"provision_state": "clean wait"}, "power on", errors.Invalid),
    ({"disable_power_off": True}, "power off", errors.Conflict),
    ({"disable_power_off": True}, "soft power off", errors.Conflict),
    ({"driver_info": '{"fake_delays": 3}'}, "power on", errors.DriverInfoWrong),
]


@pytest.mark.parametrize(("columns", "target", "fault"), REFUSED)
def test_refused_before_anything_changes(house: building.House, columns: dict[str, Any], target: str,
                                         fault: type[errors.Fault]) -> None:
    ident = house.add("active")
    if isinstance(columns.get("driver_info"), str):
        columns = {"driver_info": {"fake_delays": 3}}
    house.set(ident, **columns)
    before = vars(house.node(ident))
    with pytest.raises(fault):
        house.managers["one"].power(house.ctx, ident, target)
    assert vars(house.node(ident)) == before


def test_reboot_of_what_may_not_be_switched_off(house: building.House) -> None:
    assert _power(house, house.add("active", disable_power_off=True), "rebooting").power_state == "power on"


def test_unsupported_target_is_named(house: building.House) -> None:
    house.conductor("one", power=parts.Power())
    with pytest.raises(errors.Invalid, match="supports power on, power off, rebooting"):
        house.managers["one"].power(house.ctx, house.add("active"), "soft power off")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_power_verb_of_a_lost_conductor_is_done_again(house: building.House) -> None:
    power = parts.Power("power off")
    power.dies["set power on 60"] = 1
    house.conductor("two", power=power)
    house.conductor("one", power=power)
    ident = house.add("active", power_state="power off")
    house.managers["two"].power(house.ctx, ident, "power on")
    house.settle("two")
    assert house.node(ident).target_power_state == "power on"
    house.gone("two")
    house.sweep("takeover").run()
    house.settle()
    node = house.node(ident)
    assert (node.power_state, node.target_power_state, node.reservation) == ("power on", None, None)


def test_dead_lease_without_work_just_ends(house: building.House) -> None:
    ident = house.add("active", reservation="ghost", lease_token="1.x", lease_epoch=1, lease_why="injecting an NMI",
                      lease_since=house.clock.now(), lease_deadline=house.clock.now())
    house.later(1)
    house.sweep("takeover").run()
    assert house.node(ident).reservation is None


# --- sync ------------------------------------------------------------------------------------------

def test_sync_reads_what_is_unknown_and_leaves_alone_what_is_not_ours_to_ask(house: building.House) -> None:
    power = parts.Power("power on")
    house.conductor("one", power=power)
    states = ("manageable", "available", "active", "clean failed", "deploy hold")
    asked = [house.add(state) for state in states]
    skipped = [house.add(state) for state in ("enroll", "wait call-back", "clean wait", "deploying", "cleaning")]
    skipped += [house.add("active", maintenance=True), house.add("active", target_power_state="power on"),
                house.add("active", reservation="other", lease_deadline=house.clock.now())]
    house.sweep("power sync").run()
    assert [house.node(ident).power_state for ident in asked] == ["power on"] * len(asked)
    assert [house.node(ident).power_state for ident in skipped] == [None] * len(skipped)
    assert power.calls == ["read"] * len(asked)
    before = [vars(house.node(ident)) for ident in asked]
    house.sweep("power sync").run()
    assert [vars(house.node(ident)) for ident in asked] == before, "what is as recorded is not written"


def test_sync_sets_back_what_changed_by_itself(house: building.House) -> None:
    power = parts.Power("power off")
    house.conductor("one", power=power)
    ident = house.add("active", power_state="power on")
    house.sweep("power sync").run()
    house.settle()
    assert power.state == "power on"
    node = house.node(ident)
    assert (node.power_state, node.target_power_state, node.reservation) == ("power on", None, None)
    assert "set back to 'power on'" in house.rows(models.HISTORY)[0].event


def test_sync_records_what_changed_where_so_configured(tmp_path: Any) -> None:
    house = building.House(f"sqlite:///{tmp_path / 'a.sqlite'}", conductor__force_power_state_during_sync=False)
    power = parts.Power("power off")
    house.conductor("one", power=power)
    ident = house.add("active", power_state="power on")
    house.sweep("power sync").run()
    assert (house.node(ident).power_state, power.calls) == ("power off", ["read"])
    house.close()


def test_sync_never_switches_off_what_may_not_be(house: building.House) -> None:
    power = parts.Power("power on")
    house.conductor("one", power=power)
    ident = house.add("active", power_state="power off", disable_power_off=True)
    house.sweep("power sync").run()
    house.settle()
    assert (house.node(ident).power_state, power.state) == ("power on", "power on")


def test_sync_gives_up_on_a_server_that_does_not_follow(house: building.House) -> None:
    power = parts.Power("power off")
    house.conductor("one", power=power)
    real = power.set
    power.set = lambda task, target, timeout=None: (real(task, target, timeout), setattr(  # type: ignore[method-assign]
        power, "state", "power off"))[0]
    ident = house.add("active", power_state="power on")
    sweep = house.sweep("power sync")
    for _ in range(3):
        sweep.run()
        house.settle()
        assert not house.node(ident).maintenance
    sweep.run()
    node = house.node(ident)
    assert (node.maintenance, node.fault, node.power_state) == (True, "power failure", "power off")
    assert "set back to 'power on' 3 times" in node.last_error


def test_controller_that_is_gone_and_comes_back(house: building.House) -> None:
    power = parts.Power("power on")
    house.conductor("one", power=power)
    ident = house.add("active", power_state="power on")
    power.fails["read"] = parts.GONE
    sync, recovery = house.sweep("power sync"), house.sweep("power failure recovery")
    for _ in range(3):
        sync.run()
        assert not house.node(ident).maintenance
    power.fails.clear()
    sync.run()
    power.fails["read"] = parts.GONE
    for _ in range(4):
        assert not house.node(ident).maintenance, "failures count only in a row"
        sync.run()
    node = house.node(ident)
    assert (node.maintenance, node.fault, node.power_state) == (True, "power failure", None)
    assert "127.0.0.9" in node.last_error and node.maintenance_reason == node.last_error
    assert house.rows(models.HISTORY)[-1].severity == "ERROR"
    recovery.run()
    assert house.node(ident).maintenance, "it is still gone"
    power.fails.clear()
    recovery.run()
    node = house.node(ident)
    assert (node.maintenance, node.fault, node.maintenance_reason, node.last_error, node.power_state) == (
        False, None, None, None, "power on")
    assert "answers again" in house.rows(models.HISTORY)[-1].event


def test_failures_are_counted_on_when_somebody_held_the_node_for_a_round(house: building.House) -> None:
    power = parts.Power("power on")
    house.conductor("one", power=power)
    ident = house.add("active", power_state="power on")
    power.fails["read"] = parts.GONE
    sync = house.sweep("power sync")
    for _ in range(2):
        sync.run()
    house.set(ident, reservation="other", lease_deadline=house.clock.now())
    sync.run()
    house.set(ident, reservation=None, lease_deadline=None)
    for _ in range(2):
        assert not house.node(ident).maintenance
        sync.run()
    assert house.node(ident).fault == "power failure"


def test_recovery_leaves_alone_what_a_person_did(house: building.House) -> None:
    house.conductor("one", power=parts.Power("power on"))
    idents = [house.add("active", maintenance=True), house.add("active", maintenance=True, fault="clean failure")]
    house.sweep("power failure recovery").run()
    assert all(house.node(ident).maintenance for ident in idents)


def test_sync_asks_no_more_at_once_than_allowed(tmp_path: Any) -> None:
    house = building.House(f"sqlite:///{tmp_path / 'a.sqlite'}", conductor__sync_power_state_workers=3)
    lock, now, most = threading.Lock(), [0], [0]
    answers = threading.Semaphore(0)

    class Slow(parts.Power):
        """Counts how many ask at once."""

        def read(self, task: Any) -> str | None:
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            answers.acquire(timeout=0.01)
            with lock:
                now[0] -= 1
            return "power on"

    house.conductor("one", power=Slow())
    idents = [house.add("active") for _ in range(20)]
    house.sweep("power sync").run()
    assert {house.node(ident).power_state for ident in idents} == {"power on"}
    assert most[0] <= 3
    house.close()


def test_nodes_are_shared_between_conductors(house: building.House) -> None:
    one, two = parts.Power("power on"), parts.Power("power on")
    house.conductor("one", power=one)
    house.conductor("two", power=two)
    for _ in range(40):
        house.add("active")
    house.sweep("power sync").run()
    house.sweep("power sync", "two").run()
    assert len(one.calls) + len(two.calls) == 40
    assert one.calls and two.calls


# --- short work ------------------------------------------------------------------------------------

def test_validate(house: building.House) -> None:
    told = house.managers["one"].validate(house.ctx, house.add())
    assert len(told) == 12 and "vendor" not in told
    assert {facts["result"] for facts in told.values()} == {True}
    deploy = parts.Deploy()
    deploy.fails["validate"] = errors.DriverInfoMissing(keys="k", interface="temper deploy", wanted="w")
    power = parts.Power()
    power.fails["validate"] = KeyError("secret")
    house.conductor("one", deploy=deploy, power=power)
    told = house.managers["one"].validate(house.ctx, house.add(raid_interface="no-raid"))
    assert told["deploy"] == {"result": False, "reason": "driver_info lacks k, which the temper deploy interface "
                                                         "needs. w"}
    assert told["power"]["result"] is False and "KeyError" in told["power"]["reason"]
    assert "secret" not in told["power"]["reason"]
    assert told["raid"]["result"] is False


def test_boot_device(house: building.House) -> None:
    work, ident = house.managers["one"], house.add("active")
    assert work.boot_device_supported(house.ctx, ident) == ["pxe"]
    assert work.boot_device_get(house.ctx, ident) == {"boot_device": "pxe", "persistent": False}
    work.boot_device_set(house.ctx, ident, "pxe", persistent=True)
    with pytest.raises(errors.BadField):
        work.boot_device_set(house.ctx, ident, "disk")
    assert house.node(ident).reservation is None


def test_boot_mode_and_secure_boot_fail_into_last_error(house: building.House) -> None:
    work, ident = house.managers["one"], house.add("active", management_interface="noop")
    work.boot_mode_set(house.ctx, ident, "uefi")
    house.settle()
    assert "set_boot_mode" in house.node(ident).last_error
    work.secure_boot_set(house.ctx, ident, target=True)
    house.settle()
    node = house.node(ident)
    assert "set_secure_boot_state" in node.last_error
    assert (node.boot_mode, node.secure_boot, node.reservation) == (None, None, None)
    with pytest.raises(errors.BadField):
        work.boot_mode_set(house.ctx, ident, "amiga")
    with pytest.raises(errors.Conflict):
        work.boot_mode_set(house.ctx, house.add("wait call-back"), "uefi")


def test_raid_and_nmi(house: building.House) -> None:
    work, ident = house.managers["one"], house.add("manageable")
    wanted = {"logical_disks": [{"raid_level": "1", "size_gb": 10}]}
    work.raid_set(house.ctx, ident, wanted)
    assert house.node(ident).target_raid_config == wanted
    with pytest.raises(errors.MissingField):
        work.raid_set(house.ctx, ident, {"logical_disks": [{"raid_level": "1"}]})
    with pytest.raises(errors.NotFound):
        work.raid_set(house.ctx, house.add(raid_interface="no-raid"), wanted)
    with pytest.raises(errors.Unsupported):
        work.inject_nmi(house.ctx, house.add(management_interface="noop"))
    work.inject_nmi(house.ctx, ident)
    assert house.node(ident).reservation is None


def test_boot_mode_and_secure_boot_are_kept(house: building.House) -> None:
    work, ident = house.managers["one"], house.add("active")
    for mode, says in (("bios", "has no secure boot"), ("uefi", None), ("bios", "Secure boot is on")):
        work.boot_mode_set(house.ctx, ident, mode)
        house.settle()
        before = house.node(ident).last_error
        work.secure_boot_set(house.ctx, ident, target=True)
        house.settle()
        told = [text for text in (before, house.node(ident).last_error) if text]
        assert (says in told[0]) if says else not told
    node = house.node(ident)
    assert (node.boot_mode, node.secure_boot, node.reservation) == ("uefi", True, None)
