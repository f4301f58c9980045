"""The conductor as a service: called over RPC, beating, sweeping, stopping; and its flows on every database."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from baremetal import clock, config, context, errors
from baremetal.conductor import heartbeat, service
from baremetal.db import conductors, models, record
from baremetal.rpc import client, wire
from tests.flow import house as building
from tests.flow import parts


def _until(true: Callable[[], Any], within: float = 60) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.02)


def _rests(house: building.House, ident: str) -> record.Node:
    """The node once nobody holds it: who asks for the next thing is not refused."""
    _until(lambda: house.node(ident).reservation is None)
    return house.node(ident)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[building.House, client.Client, service.Conductor]]:
    """A conductor that runs, with short times, and a client of it."""
    house = building.House(f"sqlite:///{tmp_path / 's.sqlite'}", conductor__heartbeat_interval=0.1,
                           conductor__takeover_interval=0.1, conductor__graceful_shutdown_timeout=5)
    house.clock = clock.REAL  # type: ignore[assignment]
    conf = config.build(**{**house.overrides, "host": f"c-{uuid.uuid4()}"})
    transport = wire.transport(conf)
    conductor = service.Conductor(conf, house.database, transport)
    conductor.start()
    yield house, client.Client(conf, transport), conductor
    conductor.stop()
    transport.cleanup()
    house.close()


def test_served_over_rpc(served: tuple[building.House, client.Client, service.Conductor]) -> None:
    house, rpc, conductor = served
    ctx, host = context.Context(user="bob"), conductor.means.seat.host
    ident = house.add()
    assert rpc.call(ctx, host, "validate", node=ident)["power"] == {"result": True, "reason": None}
    assert rpc.call(ctx, host, "provision", node=ident, verb="manage", params={}) is None
    _until(lambda: _rests(house, ident).provision_state == "manageable")
    assert rpc.call(ctx, host, "power", node=ident, target="power on", timeout=None) is None
    _until(lambda: _rests(house, ident).power_state == "power on")
    with pytest.raises(errors.VerbRefused):
        rpc.call(ctx, host, "provision", node=ident, verb="deploy", params={})
    with pytest.raises(errors.NotFound):
        rpc.call(ctx, host, "provision", node="0" * 36, verb="manage", params={})
    assert {row.user for row in house.rows(models.HISTORY)} == {"bob"}


def test_beats_sweeps_and_leaves(served: tuple[building.House, client.Client, service.Conductor]) -> None:
    house, _rpc, conductor = served
    first = house.rows(models.CONDUCTORS, hostname=conductor.means.seat.host)[0]
    _until(lambda: house.rows(models.CONDUCTORS, hostname=first.hostname)[0].heartbeat_at > first.heartbeat_at)
    # what another one left behind is found by itself
    ident = house.add("active", reservation="ghost", lease_token="1.x", lease_epoch=1, lease_why="x",
                      lease_since=house.clock.now(), lease_deadline=house.clock.now())
    with house.database.write() as connection:
        conductors.leave(connection, house.clock.now(), "one", house.conductors["one"].means.seat.epoch)
    _until(lambda: house.node(ident).reservation is None)
    conductor.stop()
    assert not house.rows(models.CONDUCTORS, hostname=first.hostname)[0].online
    conductor.stop()


def test_superseded_conductor_takes_no_more_work(
        served: tuple[building.House, client.Client, service.Conductor]) -> None:
    house, _rpc, old = served
    seat = old.means.seat
    with house.database.write() as connection:
        conductors.register(connection, house.clock.now(), seat.host, "", {})
    _until(lambda: old._server is None)
    old.stop()
    assert house.rows(models.CONDUCTORS, hostname=seat.host)[0].online, "it does not unregister its successor"


def test_stop_waits_for_work_and_leaves_what_is_too_long(tmp_path: Path) -> None:
    house = building.House(f"sqlite:///{tmp_path / 's.sqlite'}", conductor__graceful_shutdown_timeout=0)
    deploy = parts.Deploy()
    reached, go_on = deploy.gate("first")
    conductor = house.conductor("one", deploy=deploy)
    ident = house.add("available")
    house.start(ident, "deploy")
    assert reached.wait(60)
    pool = conductor.means.pool
    conductor.stop()
    assert house.node(ident).reservation == "one"
    go_on.set()
    assert pool.drain(60)
    house.close()


def test_heartbeat_renews_the_leases_of_live_work(house: building.House) -> None:
    deploy = parts.Deploy()
    reached, go_on = deploy.gate("first")
    conductor = house.conductor("one", deploy=deploy)
    ident = house.add("available")
    house.start(ident, "deploy")
    assert reached.wait(60)
    beats = heartbeat.Heartbeat(conductor.means, lambda: None)
    assert beats.interval == 10
    for _ in range(10):
        house.clock.move(10)
        assert beats.beat()
    assert (house.node(ident).lease_deadline - house.clock.now()).total_seconds() == 45
    other = house.conductor("two")
    heartbeat.Heartbeat(other.means, lambda: None).beat()
    house.sweep("takeover", "two").run()
    assert house.node(ident).reservation == "one"
    go_on.set()
    house.settle()
    assert house.node(ident).provision_state == "active"
    assert conductor.means.leases.held() == {}


def test_housekeeping(tmp_path: Path) -> None:
    house = building.House(f"sqlite:///{tmp_path / 's.sqlite'}", conductor__node_history_max_entries=3)
    ident = house.add()
    for verb in ("manage", "provide", "deploy", "delete"):
        house.do(ident, verb)
    house.sweep("housekeeping").run()
    assert house.path(ident) == ["active", "deleting", "cleaning", "available"]
    assert len(house.rows(models.FLOWS)) == 4
    house.later(31 * 86400)
    house.sweep("housekeeping").run()
    assert house.rows(models.FLOWS) == house.rows(models.STEPS) == []
    house.close()


def test_life_and_loss_on_every_database(database_url: str) -> None:
    house = building.House(database_url)
    deploy = parts.Deploy()
    house.conductor("two", deploy=deploy)
    house.conductor("one", deploy=deploy)
    ident = house.add(extra={"word": "Grüße 🦊"})
    for verb, state in (("manage", "manageable"), ("provide", "available"), ("deploy", "active"),
                        ("delete", "available")):
        assert house.do(ident, verb).provision_state == state
    reached, go_on = deploy.gate("third")
    house.start(ident, "deploy", "two")
    assert reached.wait(60)
    asleep = house.conductors["two"]
    house.gone("two")
    deploy.gates.clear()
    house.sweep("takeover").run()
    house.settle()
    go_on.set()
    assert asleep.means.pool.drain(60)
    node = house.node(ident)
    assert (node.provision_state, node.reservation, node.extra) == ("active", None, {"word": "Grüße 🦊"})
    assert house.do(ident, "rebuild", deploy_steps=[
        {"interface": "deploy", "step": "waits", "args": {}, "priority": 75}]).provision_state == "wait call-back"
    house.later(101)
    house.sweep("takeover").run()
    house.settle()
    assert house.node(ident).provision_state == "deploy failed"
    house.sweep("power sync").run()
    house.sweep("housekeeping").run()
    house.close()


def test_many_nodes_at_once(database_url: str) -> None:
    """Verbs of many nodes run beside each other; each ends well."""
    house = building.House(database_url)
    idents = [house.add() for _ in range(30)]
    for verb in ("manage", "provide"):
        threads = [threading.Thread(target=house.start, args=(ident, verb)) for ident in idents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        house.settle()
    assert {house.node(ident).provision_state for ident in idents} == {"available"}
    assert {record.load(row.context)["user"] for row in house.rows(models.FLOWS)} == {"alice"}
    house.close()
