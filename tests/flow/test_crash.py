"""A conductor that dies at any moment loses nothing: another goes on from the journal. The fenced write nothing.

Death is a database that, at a chosen write, lets the thread end as kill -9 would: before or after the commit.
From then on nothing of the dead process reaches the database.
"""

import collections.abc
import contextlib
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal import config, states
from baremetal.db import engine, models
from tests.flow import agents, parts, ramdisk
from tests.flow import house as building

#: the deaths here are threads that end by SystemExit
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


class Mortal(engine.Database):
    """A database that a process uses until it dies at the ``at``-th write."""

    def __init__(self, conf: Any, at: int, *, committed: bool) -> None:
        super().__init__(conf)
        self.at, self.committed, self.writes = at, committed, 0

    @contextlib.contextmanager
    def write(self) -> collections.abc.Iterator[sa.Connection]:
        """Count; die."""
        self.writes += 1
        if self.writes > self.at:
            raise SystemExit("dead already")
        with super().write() as connection:
            yield connection
            if self.writes == self.at and not self.committed:
                raise SystemExit("before the commit")
        if self.writes == self.at:
            raise SystemExit("after the commit")


VERBS: list[tuple[str, str, dict[str, Any], str]] = [
    ("enroll", "manage", {}, "manageable"),
    ("manageable", "provide", {}, "available"),
    ("available", "deploy", {"configdrive": "abc"}, "active"),
    ("active", "rebuild", {}, "active"),
    ("active", "delete", {}, "available"),
    ("manageable", "inspect", {}, "manageable"),
    ("manageable", "adopt", {}, "active"),
    ("manageable", "clean", {"clean_steps": [{"interface": "vendor", "step": "log_passthrough"}] * 2}, "manageable"),
    ("active", "rescue", {"rescue_password": "pw"}, "rescue"),
    ("rescue", "unrescue", {}, "active"),
    ("active", "service", {"service_steps": [{"interface": "power", "step": "reboot"}]}, "active"),
]
#: register is the first write; a verb has so many at most
WRITES = 7


@pytest.mark.parametrize("committed", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("before", "verb", "params", "after"), VERBS, ids=[v[1] for v in VERBS])
def test_worker_lost_at_any_write(house: building.House, before: str, verb: str, params: dict[str, Any], after: str,
                                  *, committed: bool) -> None:
    """For each write of the flow: die there, let the other conductor take over, compare the end."""
    for at in range(2, WRITES + 2):
        conf = config.build(host="mortal", **house.overrides)
        database = Mortal(conf, at, committed=committed)
        house.conductor("mortal", database)
        ident = house.add(before)
        with contextlib.suppress(SystemExit):
            house.start(ident, verb, "mortal", **params)
        house.settle("mortal")
        lived = database.writes < at
        database.close()
        if not lived and not committed and at == 2:
            # the very first transaction was lost: nobody has been told that anything began, and nothing has
            assert house.node(ident).provision_state == before
            assert house.node(ident).reservation is None
            house.gone("mortal")
            continue
        house.sweep("takeover").run()
        house.settle()
        if house.node(ident).reservation is not None:
            assert house.node(ident).reservation == "mortal", "nothing is taken from the living"
        house.gone("mortal")
        house.sweep("takeover").run()
        house.settle()
        node = house.node(ident)
        assert node.provision_state == after, f"died at write {at}"
        assert (node.reservation, node.last_error, node.target_provision_state) == (None, None, None)
        assert house.flow(ident).state == "done"
        assert {state for _step, state in house.steps(ident)} <= {"done"}
        assert house.path(ident)[-1] == after
        if lived:
            return
    raise AssertionError("the verb has more writes than this test kills")


@pytest.mark.parametrize("committed", [False, True], ids=["before", "after"])
def test_worker_lost_while_it_fails(house: building.House, *, committed: bool) -> None:
    """Also undoing and cleaning up go on where they stopped."""
    for at in range(2, 12):
        conf = config.build(host="mortal", **house.overrides)
        database = Mortal(conf, at, committed=committed)
        deploy = parts.Deploy()
        deploy.fails["third"] = parts.GONE
        house.conductor("mortal", database, deploy=deploy)
        house.conductor("one", deploy=deploy)
        ident = house.add("available")
        with contextlib.suppress(SystemExit):
            house.start(ident, "deploy", "mortal", deploy_steps=[
                {"interface": "deploy", "step": "second", "args": {}, "priority": 0}])
        house.settle("mortal")
        lived = database.writes < at
        database.close()
        house.gone("mortal")
        house.sweep("takeover").run()
        house.settle()
        node = house.node(ident)
        if not lived and not committed and at == 2:
            assert node.provision_state == "available"
            continue
        assert node.provision_state == "deploy failed", f"died at write {at}"
        assert "127.0.0.9" in node.last_error
        assert house.steps(ident) == [("deploy.prepare", "done"), ("deploy.first", "undone"),
                                      ("deploy.third", "failed")]
        assert deploy.calls[-1] == "clean_up" and "unfirst" in deploy.calls
        if lived:
            return
    raise AssertionError("failing has more writes than this test kills")


def test_conductor_that_starts_again_goes_on_at_once(house: building.House) -> None:
    """The same name, a new epoch: nobody has to wait for a lease to end."""
    deploy = parts.Deploy()
    deploy.dies["third"] = 1
    house.conductor("one", deploy=deploy)
    ident = house.add("available")
    house.do(ident, "deploy")
    assert house.node(ident).provision_state == "deploying"
    assert house.node(ident).reservation == "one"
    house.conductor("one", deploy=deploy)
    house.sweep("takeover").run()
    house.settle()
    assert house.node(ident).provision_state == "active"
    assert deploy.calls == ["prepare", "first", "second", "third", "third"]
    assert [row.event_type for row in house.rows(models.HISTORY) if row.event_type == "takeover"] == ["takeover"]


@pytest.mark.parametrize(("deploy", "end", "calls"), [
    (parts.Deploy(), "deploy failed", ["prepare", "first", "second", "unfirst", "clean_up"]),
    (parts.Checked(done=True), "active", ["prepare", "first", "second", "second_check", "third"]),
    (parts.Checked(done=False), "active", ["prepare", "first", "second", "second_check", "second", "third"]),
], ids=["nobody knows", "it was done", "it was not done"])
def test_step_that_may_not_be_repeated(house: building.House, deploy: parts.Deploy, end: str,
                                       calls: list[str]) -> None:
    deploy.calls.clear()
    deploy.dies["second"] = 1
    house.conductor("two", deploy=deploy)
    house.conductor("one", deploy=deploy)
    ident = house.add("available")
    house.do(ident, "deploy", "two")
    house.gone("two")
    house.sweep("takeover").run()
    house.settle()
    node = house.node(ident)
    assert (node.provision_state, deploy.calls) == (end, calls)
    if end != "active":
        assert "deploy.second" in node.last_error and "may not be repeated" in node.last_error


def test_step_that_kills_every_conductor_fails_at_last(house: building.House) -> None:
    deploy = parts.Deploy()
    deploy.dies["first"] = 1000
    house.conductor("one", deploy=deploy)
    ident = house.add("available")
    house.do(ident, "deploy")
    for _ in range(20):
        if house.node(ident).provision_state != states.DEPLOYING:
            break
        house.conductor("one", deploy=deploy)
        house.sweep("takeover").run()
        house.settle()
    assert deploy.calls.count("first") == 5
    assert "begun 5 times" in house.node(ident).last_error
    assert house.node(ident).provision_state == "deploy failed"


def test_paused_worker_is_fenced_off(house: building.House) -> None:
    """Its lease runs out while a step runs; another one goes on; when it wakes, it can write nothing."""
    slow, fast = parts.Deploy(), parts.Deploy()
    reached, go_on = slow.gate("first")
    house.conductor("two", deploy=slow)
    house.conductor("one", deploy=fast)
    ident = house.add("available")
    house.start(ident, "deploy", "two")
    assert reached.wait(60)
    asleep = house.conductors["two"]
    house.gone("two")
    house.sweep("takeover").run()
    house.settle()
    assert house.node(ident).provision_state == "active"
    assert fast.calls == ["first", "second", "third"]
    was = vars(house.node(ident)), house.rows(models.STEPS), house.rows(models.FLOWS), house.rows(models.HISTORY)
    go_on.set()
    assert asleep.means.pool.drain(60)
    assert slow.calls == ["prepare", "first"], "it stops quietly"
    assert (vars(house.node(ident)), house.rows(models.STEPS), house.rows(models.FLOWS),
            house.rows(models.HISTORY)) == was


def test_paused_worker_that_nobody_replaced_goes_on(house: building.House) -> None:
    deploy = parts.Deploy()
    reached, go_on = deploy.gate("first")
    house.conductor("one", deploy=deploy)
    ident = house.add("available")
    house.start(ident, "deploy")
    assert reached.wait(60)
    house.later(10_000)
    go_on.set()
    house.settle()
    assert house.node(ident).provision_state == "active"


def test_waiting_flow_outlives_its_conductor(house: building.House) -> None:
    house.conductor("two")
    ident = house.add("available", driver_info={"fake_waits": {"deploy.deploy": 3000}})
    house.do(ident, "deploy", "two")
    house.gone("two")
    house.sweep("takeover").run()
    assert house.node(ident).provision_state == "wait call-back"
    house.managers["one"].resume(house.ctx, ident)
    house.settle()
    assert house.node(ident).provision_state == "active"


@pytest.mark.parametrize("committed", [False, True], ids=["before", "after"])
def test_conductor_lost_while_it_resumes(house: building.House, *, committed: bool) -> None:
    """The method that ends a waiting step is called again."""
    for at in range(2, 8):
        deploy = parts.Deploy()
        house.conductor("one", deploy=deploy)
        ident = house.add("manageable")
        house.do(ident, "clean", disable_ramdisk=True, clean_steps=[
            {"interface": "deploy", "step": "waits_hard"}, {"interface": "deploy", "step": "third"}])
        deploy.calls.append("waits_hard_resume")   # so that the next one is the second, and done
        database = Mortal(config.build(host="mortal", **house.overrides), at, committed=committed)
        house.conductor("mortal", database, deploy=deploy)
        with contextlib.suppress(SystemExit):
            house.managers["mortal"].resume(house.ctx, ident)
        house.settle("mortal")
        lived = database.writes < at
        database.close()
        house.gone("mortal")
        house.sweep("takeover").run()
        house.settle()
        if not lived and not committed and at == 2:
            assert house.node(ident).provision_state == "clean wait"
            continue
        assert house.node(ident).provision_state == "manageable"
        assert set(deploy.calls) == {"waits_hard", "waits_hard_resume", "third"}
        if lived:
            return
    raise AssertionError("resuming has more writes than this test kills")


@pytest.mark.parametrize("committed", [False, True], ids=["before", "after"])
def test_conductor_lost_while_it_aborts(house: building.House, *, committed: bool) -> None:
    for at in range(2, 8):
        deploy = parts.Deploy()
        house.conductor("one", deploy=deploy)
        ident = house.add("available")
        house.do(ident, "deploy", deploy_steps=[{"interface": "deploy", "step": "hold", "args": {}, "priority": 75}])
        database = Mortal(config.build(host="mortal", **house.overrides), at, committed=committed)
        house.conductor("mortal", database, deploy=deploy)
        with contextlib.suppress(SystemExit):
            house.start(ident, "abort", "mortal")
        house.settle("mortal")
        lived = database.writes < at
        database.close()
        house.gone("mortal")
        house.sweep("takeover").run()
        house.settle()
        if not lived and not committed and at == 2:
            assert house.node(ident).provision_state == "deploy hold"
            continue
        node = house.node(ident)
        assert (node.provision_state, node.reservation) == ("deploy failed", None)
        assert house.flow(ident).state == "aborted"
        assert {"unfirst", "clean_up", "tear_down"} <= set(deploy.calls)
        if lived:
            return
    raise AssertionError("aborting has more writes than this test kills")


def test_flow_of_a_driver_that_is_gone_fails_and_says_so(house: building.House) -> None:
    """The operator has disabled what the node uses while its conductor was away."""
    deploy = parts.Deploy()
    deploy.dies["first"] = 1
    house.conductor("two", deploy=deploy)
    waits, dies = (house.add("available", deploy_interface=name) for name in ("fake", "noop"))
    house.set(waits, driver_info={"fake_waits": {"deploy.deploy": 5}})
    house.do(waits, "deploy")
    house.do(dies, "deploy", "two")
    house.set(waits, deploy_interface="rusty")
    house.set(dies, deploy_interface="rusty")
    house.gone("two")
    house.sweep("takeover").run()
    house.settle()
    for ident in (waits, dies):
        node = house.node(ident)
        assert (node.provision_state, node.reservation) == ("deploy failed", None)
    assert "not enabled on conductor one" in house.node(dies).last_error
    assert "Timeout" in house.node(waits).last_error


def test_one_node_that_breaks_the_sweep_keeps_no_other_waiting(house: building.House,
                                                               caplog: pytest.LogCaptureFixture) -> None:
    deploy = parts.Deploy()
    idents = building.forsaken(house, deploy, 2)
    house.gone("two")
    bind = house.conductors["one"].means.drivers.bind

    def broken(node: Any) -> Any:
        if node.uuid == idents[0]:
            raise RuntimeError("a defect")
        return bind(node)
    house.conductors["one"].means.drivers.bind = broken  # type: ignore[method-assign]
    house.sweep("takeover").run()
    house.settle()
    assert [house.node(ident).provision_state for ident in idents] == ["deploying", "active"]
    assert "a defect" in caplog.text


def test_step_that_its_interface_does_not_have_any_more(house: building.House) -> None:
    deploy = parts.Deploy()
    deploy.dies["third"] = 1
    house.conductor("two", deploy=deploy)
    ident = house.add("available")
    house.do(ident, "deploy", "two")
    house.gone("two")
    house.sweep("takeover").run()
    house.settle()
    node = house.node(ident)
    assert node.provision_state == "deploy failed"
    assert "'fake', which the node has now, has no such step" in node.last_error
    assert "Step deploy.first cannot be undone" in node.last_error


#: (state before, verb, params, state while the ramdisk boots, state after)
GROWING: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("available", "deploy", {}, "wait call-back", "active"),
    ("manageable", "provide", {}, "clean wait", "available"),
    ("active", "delete", {}, "clean wait", "available"),
    ("active", "service", {"service_steps": [{"interface": "raid", "step": "build"}]}, "service wait", "active"),
]


@pytest.mark.parametrize("committed", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("before", "verb", "params", "waits", "after"), GROWING, ids=[g[1] for g in GROWING])
def test_conductor_lost_while_a_plan_grows(house: building.House, before: str, verb: str, params: dict[str, Any],
                                           waits: str, after: str, *, committed: bool) -> None:
    """The agent calls; at each write from there the conductor dies. Another one learns again, and no step is lost."""
    for at in range(2, 14):
        deploy = ramdisk.Deploy(ramdisk.step("build", 90, "raid"), ramdisk.step("wipe", 10))
        house.conductor("one", deploy=deploy)
        ident = house.add(before)
        house.do(ident, verb, **params)
        assert house.node(ident).provision_state == waits
        token = agents.lookup(house, ident)
        database = Mortal(config.build(host="mortal", **house.overrides), at, committed=committed)
        house.conductor("mortal", database, deploy=deploy)
        with contextlib.suppress(SystemExit):
            agents.beat(house, ident, token, "mortal")
            for _ in deploy.has:
                if deploy.until is not None and not deploy.until.done():
                    deploy.until.set_result({})
                    house.settle("mortal")
        house.settle("mortal")
        lived = database.writes < at
        database.close()
        house.gone("mortal")
        house.sweep("takeover").run()
        house.settle()
        # what waits with nobody watching goes on by the agent's next calls
        for _ in range(8):
            if deploy.until is not None and not deploy.until.done():
                deploy.until.set_result({})
                house.settle()
            elif house.node(ident).provision_state == waits:
                agents.beat(house, ident, token)
        node = house.node(ident)
        assert (node.provision_state, node.reservation, node.last_error) == (after, None, None), f"died at write {at}"
        done = house.steps(ident)
        assert {state for _step, state in done} == {"done"}
        assert ("raid.build", "done") in done and (verb == "service") == (("deploy.wipe", "done") not in done)
        assert len(done) == len(set(done)), "no line stands twice"
        assert "resume build" in deploy.calls and deploy.calls.count("learn") in (1, 2)
        if lived:
            return
    raise AssertionError("growing has more writes than this test kills")
