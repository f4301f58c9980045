"""Consoles and virtual media on the conductor: after a restart, on another conductor, when something fails."""

import datetime

import pytest

from baremetal import errors
from baremetal.drivers import console, task
from baremetal.drivers.fake import management
from tests.flow import house as building


class Line(console.Console):
    """Writes down what was asked of it, by whom."""

    name = "line"

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.fault: errors.Fault | None = None

    def start(self, task: task.Task) -> None:
        """Fail if wished for."""
        self.seen.append(f"start {task.conf.host}")
        if self.fault:
            raise self.fault

    def stop(self, task: task.Task) -> None:
        """Note it."""
        self.seen.append(f"stop {task.conf.host}")


def test_enabled_consoles_are_opened_again_after_a_restart_and_once(house: building.House) -> None:
    ident, line = house.add("active", console_enabled=True), Line()
    house.add("active")
    house.conductor("one", console=line)
    sweep = house.sweep("consoles")
    sweep.run()
    sweep.run()
    assert line.seen == ["start one"]
    assert house.node(ident).console_enabled and house.node(ident).reservation is None
    house.set(ident, console_enabled=False)
    sweep.run()
    house.set(ident, console_enabled=True)
    sweep.run()
    assert line.seen == ["start one", "start one"]


def test_one_that_does_not_open_is_not_enabled_any_more_and_says_why(house: building.House) -> None:
    ident, line = house.add("active", console_enabled=True), Line()
    line.fault = errors.StepFailed(interface="console", step="start", why="no line")
    house.conductor("one", console=line)
    house.sweep("consoles").run()
    node = house.node(ident)
    assert not node.console_enabled and "no line" in node.last_error and node.reservation is None
    assert node.provision_state == "active"


def test_one_whose_controller_is_away_is_tried_again(house: building.House) -> None:
    ident, line = house.add("active", console_enabled=True), Line()
    line.fault = errors.BmcUnreachable(host="h", port=1, operation="sol", why="silence")
    house.conductor("one", console=line)
    sweep = house.sweep("consoles")
    sweep.run()
    assert house.node(ident).console_enabled and house.node(ident).last_error is None
    line.fault = None
    sweep.run()
    sweep.run()
    assert line.seen == ["start one", "start one"]


def test_a_node_that_moves_takes_its_console_along(house: building.House) -> None:
    line = Line()
    house.conductor("one", console=line)
    # nodes with random UUIDs: so many that one conductor of two never gets all of them
    nodes = [house.add("active", console_enabled=True) for _ in range(60)]
    first = house.sweep("consoles", "one")
    first.run()
    assert line.seen == ["start one"] * len(nodes)
    line.seen.clear()
    house.conductor("two", console=line)
    house.sweep("consoles", "two").run()
    first.run()
    moved = line.seen.count("start two")
    assert 0 < moved < len(nodes) and line.seen.count("stop one") == moved
    assert all(house.node(ident).console_enabled for ident in nodes)


def test_undeploying_closes_it(house: building.House) -> None:
    ident, line = house.add("active", console_enabled=True, automated_clean=False), Line()
    house.conductor("one", console=line)
    node = house.do(ident, "delete")
    assert node.provision_state == "available" and not node.console_enabled and line.seen == ["stop one"]


def test_media_wait_for_a_controller_that_answers(house: building.House) -> None:
    ident = house.add("active", maintenance=True, fault="power failure", maintenance_reason="silence")
    table = house.managers["one"].table()
    for work, given in (("vmedia_attach", {"media": "cdrom", "image_url": "http://x/y", "source": "http"}),
                        ("vmedia_detach", {})):
        with pytest.raises(errors.ControllerAway, match="silence"):
            table[work](house.ctx, node=ident, **given)
    house.set(ident, maintenance=False, fault=None)
    table["vmedia_attach"](house.ctx, node=ident, media="cdrom", image_url="http://x/y", source="http")
    house.settle()
    assert house.node(ident).driver_internal_info == {management.DRIVES: {"cdrom": "http://x/y"}}
    assert table["vmedia_get"](house.ctx, node=ident)[0]["image"] == "http://x/y"
    table["vmedia_detach"](house.ctx, node=ident, media=["disk"])
    house.settle()
    assert house.node(ident).driver_internal_info
    table["vmedia_detach"](house.ctx, node=ident)
    house.settle()
    assert house.node(ident).driver_internal_info == {}


def test_a_vif_waits_for_who_holds_the_node_for_a_moment(house: building.House) -> None:
    ident = house.add("available")
    table, begun = house.managers["one"].table(), house.clock.tick()
    held = {"reservation": "two", "lease_token": "t", "lease_why": "x", "lease_since": house.clock.now()}
    house.set(ident, **held, lease_deadline=house.clock.now() + datetime.timedelta(seconds=1))
    table["vif_attach"](house.ctx, node=ident, vif={"id": "v"})
    assert 0.5 < house.clock.tick() - begun < 2
    house.set(ident, **held, lease_deadline=house.clock.now() + datetime.timedelta(seconds=60))
    with pytest.raises(errors.NodeLocked):
        table["vif_attach"](house.ctx, node=ident, vif={"id": "v"})
