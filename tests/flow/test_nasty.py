"""What is meant to be impossible: nodes that nobody frees, work that is done twice, one node that stops the rest."""

import contextlib
import re
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from oslo_db import exception as db_exception

from baremetal import clock, errors, states
from baremetal.conductor import heartbeat, hold, sweeps
from baremetal.db import conductors, engine, models
from tests.flow import house as building
from tests.flow import parts

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


class Gone(engine.Database):
    """A database server that can be switched off."""

    off = False
    trouble: Exception = db_exception.DBConnectionError()

    @contextlib.contextmanager
    def write(self) -> Any:
        """Refuse while it is off."""
        if self.off:
            raise self.trouble
        with super().write() as connection:
            yield connection


class Slow(parts.Plain):
    """A controller that takes its time."""

    kind = "management"

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go_on = threading.Semaphore(0), threading.Event()

    def boot_device(self, task: Any) -> tuple[str, bool]:
        """Answer when told."""
        self.asked.release()
        assert self.go_on.wait(120)
        return "disk", True


class Silent(parts.Power):
    """A controller that does not answer for long."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go_on = threading.Semaphore(0), threading.Event()

    def read(self, task: Any) -> str:
        """Answer when told."""
        self.asked.release()
        assert self.go_on.wait(120)
        return "power on"


def test_a_verb_does_not_overtake_a_clean_up_whose_worker_was_lost(house: building.House) -> None:
    """Aborting fails the node at once; deployed anew before the clean-up, it would be torn down while it lives."""
    deploy = parts.Deploy()
    house.conductor("one", deploy=deploy)
    ident = house.add("available")
    waits = [{"interface": "deploy", "step": "waits", "args": {}, "priority": 10}]
    house.do(ident, "deploy", deploy_steps=waits)
    deploy.dies["clean_up"] = 1
    house.do(ident, "abort")
    assert house.node(ident).provision_state == states.DEPLOYFAIL and house.flow(ident).state == "running"
    house.later(house.conf.conductor.lease_seconds + 1)
    with pytest.raises(errors.NodeLocked):
        house.start(ident, "deploy")
    with pytest.raises(errors.NodeLocked):
        house.managers["one"].power(house.ctx, ident, "power on")
    house.sweep("takeover").run()
    house.settle()
    assert house.flow(ident).state == "aborted" and deploy.calls.count("tear_down") == 1
    assert house.do(ident, "deploy").provision_state == states.ACTIVE
    house.later(1000)
    house.sweep("takeover").run()
    house.settle()
    assert deploy.calls.count("tear_down") == 1


def test_after_the_database_was_away_live_work_is_not_done_a_second_time(house: building.House) -> None:
    """All leases have run out on paper; the own ones are known to be alive, the others get time to say so."""
    deploy = parts.Deploy()
    house.conductor("one", deploy=deploy)
    reached, go_on = deploy.gate("first")
    ident = house.add("available")
    house.start(ident, "deploy")
    assert reached.wait(60)
    house.clock.move(house.conf.conductor.lease_seconds + 1)
    house.later(0)
    house.sweep("takeover").run()
    go_on.set()
    house.settle()
    assert house.node(ident).provision_state == states.ACTIVE
    assert deploy.calls.count("first") == 1


def test_after_the_database_was_away_conductors_give_each_other_time(house: building.House) -> None:
    """Whoever comes back first must not take the others for dead."""
    deploy = parts.Deploy()
    one, two = house.conductor("one", deploy=deploy), house.conductor("two", deploy=deploy)
    beats = {host: heartbeat.Heartbeat(found.means, lambda: None) for host, found in (("one", one), ("two", two))}
    reached, go_on = deploy.gate("first")
    ident = house.add("available")
    house.start(ident, "deploy")
    assert reached.wait(60)
    assert beats["one"].beat() and beats["two"].beat()
    house.clock.move(300)
    house.sweep("takeover", "two").run()
    assert house.node(ident).reservation == "one", "it has not beaten itself, so nobody has"
    assert beats["two"].beat()
    house.sweep("takeover", "two").run()
    assert house.node(ident).reservation == "one", "the other one comes a moment later"
    house.clock.move(3)
    assert beats["one"].beat()
    for _ in range(5):
        house.clock.move(10)
        assert beats["one"].beat() and beats["two"].beat()
        house.sweep("takeover", "two").run()
    assert house.node(ident).reservation == "one"
    for _ in range(7):
        house.clock.move(10)
        assert beats["two"].beat()
    house.sweep("takeover", "two").run()
    assert house.node(ident).reservation == "two", "one that stays silent is dead"
    go_on.set()
    house.settle("one")
    house.settle("two")
    assert house.node(ident).provision_state == states.ACTIVE


def test_undoing_that_breaks_ends_the_flow_all_the_same(house: building.House) -> None:
    deploy = parts.Deploy()
    deploy.fails["third"], deploy.fails["unfirst"] = parts.GONE, RuntimeError("bug")
    house.conductor("one", deploy=deploy)
    node = house.do(house.add("available"), "deploy")
    assert node.provision_state == states.DEPLOYFAIL and "RuntimeError" in node.last_error
    assert node.reservation is None


def test_a_hold_that_could_not_be_written_is_not_renewed_for_ever(house: building.House) -> None:
    database = Gone(house.conf)
    conductor = house.conductor("one", database)
    ident = house.add("manageable")
    with pytest.raises(Exception, match="DBConnectionError"):
        with hold.hold(conductor.means, ident, house.ctx, "a test") as held:
            held.node.extra["a"] = 1
            database.off = True
    assert conductor.means.leases.held() == {}


def test_work_for_which_no_thread_can_be_started_is_left_to_the_takeover(house: building.House,
                                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    ident = house.add("available")
    means = house.conductors["one"].means

    def none_left(_self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", none_left)
        with pytest.raises(RuntimeError):
            house.start(ident, "deploy")
    assert means.pool.busy == 0 and means.leases.held() == {}
    house.later(house.conf.conductor.lease_seconds + 1)
    house.sweep("takeover").run()
    house.settle()
    assert house.node(ident).provision_state == states.ACTIVE


def test_a_power_change_that_nobody_may_do_again_ends(house: building.House) -> None:
    """Its conductor was lost, and meanwhile the node was set so that it is refused: it must not show it for ever."""
    power = parts.Power("power on")
    house.conductor("one", power=power)
    ident = house.add("active", power_state="power on")
    power.dies = {f"set power off {house.conf.conductor.power_state_change_timeout}": 1}
    house.managers["one"].power(house.ctx, ident, "power off")
    house.settle()
    house.set(ident, disable_power_off=True)
    house.later(house.conf.conductor.lease_seconds + 1)
    house.sweep("takeover").run()
    house.settle()
    node = house.node(ident)
    assert (node.reservation, node.target_power_state) == (None, None)
    assert "disable_power_off" in node.last_error


def test_one_broken_flow_does_not_keep_the_takeover_from_others(house: building.House) -> None:
    deploy = parts.Deploy()
    house.conductor("one", deploy=deploy)
    deploy.dies["first"] = 2
    broken, good = house.add("available"), house.add("available")
    house.do(broken, "deploy")
    house.do(good, "deploy")
    with house.database.write() as connection:
        connection.execute(sa.update(models.STEPS).where(
            models.STEPS.c.flow_id == house.flow(broken).id).values(step="no JSON"))
    house.later(house.conf.conductor.lease_seconds + 1)
    house.sweep("takeover").run()
    house.settle()
    assert house.node(good).provision_state == states.ACTIVE


@pytest.mark.parametrize("sweep", ["power sync", "power failure recovery"])
def test_one_node_that_breaks_its_driver_does_not_end_the_polls_of_others(house: building.House, sweep: str) -> None:
    power = parts.Power("power on")
    house.conductor("one", power=power)
    columns = {"maintenance": True, "fault": "power failure"} if "recovery" in sweep else {}
    nodes = [house.add("active", power_state="power off", extra={"bad": n == 0}, properties={}, **columns)
             for n in range(3)]
    bad, validate = nodes[0], power.validate

    def breaks(task: Any) -> None:
        if task.node.uuid == bad:
            raise RuntimeError("bug")
        validate(task)
    power.validate = breaks  # type: ignore[method-assign]
    house.conf.set_override("force_power_state_during_sync", False, group="conductor")
    house.sweep(sweep).means.conf.set_override("force_power_state_during_sync", False, group="conductor")
    house.sweep(sweep).run()
    assert [house.node(n).power_state for n in nodes] == ["power off", "power on", "power on"]


def test_a_controller_that_is_silent_is_named_before_the_caller_gives_up(tmp_path: Path) -> None:
    """Else the answer would be that the conductor may be down; and setting would go on behind the caller's back."""
    house = building.House(f"sqlite:///{tmp_path / 's.sqlite'}", rpc_response_timeout=2,
                           enabled_hardware_types=["ipmi"])
    house.clock = clock.REAL  # type: ignore[assignment]
    conductor = house.conductor("one")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        ident = house.add("manageable", driver="ipmi", driver_info={
            "ipmi_address": "127.0.0.1", "ipmi_port": silent.getsockname()[1]})
        work = house.managers["one"]
        for ask in (lambda: work.boot_device_get(house.ctx, ident),
                    lambda: work.boot_device_set(house.ctx, ident, "pxe")):
            with pytest.raises(errors.BmcUnreachable) as caught:
                ask()
            said = re.search("nothing answered within ([^ ]+) s", caught.value.text)
            # by the clock it may be later: the machine may be busy
            assert said is not None and float(said[1]) < 2, caught.value.text
        assert house.node(ident).reservation is None
    conductor.means.lent.wires.close()
    house.close()


def test_not_all_threads_of_rpc_wait_for_silent_controllers(house: building.House) -> None:
    management = Slow()
    house.conductor("one", management=management)
    work = house.managers["one"]
    ident = house.add("manageable")
    most = work._attention._most
    threads = [threading.Thread(target=work.boot_device_get, args=(house.ctx, ident)) for _ in range(most)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert management.asked.acquire(timeout=60)
    with pytest.raises(errors.NoFreeWorker):
        work.boot_device_get(house.ctx, ident)
    work.power(house.ctx, ident, "power on")
    house.settle()
    management.go_on.set()
    for thread in threads:
        thread.join(120)
    assert work.boot_device_get(house.ctx, ident)["boot_device"] == "disk"


def test_what_a_stopped_conductor_did_not_finish_goes_on_at_once(tmp_path: Path) -> None:
    """Also when its sweep waits for controllers that are silent; nobody waits for the leases to run out."""
    house = building.House(f"sqlite:///{tmp_path / 's.sqlite'}", conductor__graceful_shutdown_timeout=0)
    house.conductor("one", deploy=parts.Deploy())
    deploy, power = parts.Deploy(), Silent()
    reached, go_on = deploy.gate("first")
    old = house.conductor("old", deploy=deploy, power=power)
    ident, polled = house.add("available"), house.add("active", maintenance=False)
    house.start(ident, "deploy", "old")
    assert reached.wait(60)
    old._sweeper = sweeps.Sweeper(old.means)
    sweep = threading.Thread(target=old._sweeper._sweeps[1].run)
    with house.database.write() as connection:
        conductors.leave(connection, house.clock.now(), "one", house.conductors["one"].means.seat.epoch)
    sweep.start()
    assert power.asked.acquire(timeout=60), polled
    began = clock.REAL.tick()
    old.stop()
    sweep.join(60)
    # nobody waited for the controller, which would have answered after two minutes
    assert not sweep.is_alive() and clock.REAL.tick() - began < 60
    del house.conductors["old"]
    house.later(2)
    house.sweep("takeover").run()
    house.settle()
    assert house.node(ident).provision_state == states.ACTIVE
    go_on.set()
    power.go_on.set()
    house.close()


def test_the_power_is_set_back_by_a_driver_that_sees_the_whole_node(house: building.House) -> None:
    """Sweeps read nodes without their large columns, where the way of booting stands."""
    power = parts.Power("power off")
    seen: list[dict[str, Any]] = []
    put = power.set

    def look(task: Any, target: str, timeout: float | None = None) -> None:
        seen.append({**task.node.properties, **task.node.instance_info})
        put(task, target, timeout)
    power.set = look  # type: ignore[method-assign]
    house.conductor("one", power=power)
    ident = house.add("active", power_state="power on", properties={"capabilities": "boot_mode:uefi"},
                      instance_info={"a": "b"})
    house.sweep("power sync").run()
    house.settle()
    assert seen == [{"capabilities": "boot_mode:uefi", "a": "b"}]
    assert house.node(ident).properties == {"capabilities": "boot_mode:uefi"}


@pytest.mark.parametrize("trouble", [
    db_exception.DBConnectionError(), sa.exc.OperationalError("COMMIT", {}, RuntimeError("connection refused"))],
    ids=["named by oslo.db", "as it came"])
def test_a_flow_waits_for_a_database_that_is_away_for_a_moment(house: building.House, trouble: Exception) -> None:
    database, deploy = Gone(house.conf), parts.Deploy()
    house.conductor("one", database, deploy=deploy)
    reached, go_on = deploy.gate("first")
    ident = house.add("available")
    house.start(ident, "deploy")
    assert reached.wait(60)
    database.off, database.trouble = True, trouble
    house.clock.sleep = lambda _seconds: setattr(database, "off", False)  # type: ignore[method-assign]
    go_on.set()
    house.settle()
    node = house.node(ident)
    assert (node.provision_state, node.last_error) == (states.ACTIVE, None)
