"""What a worker writes of a node is told to those who follow events."""

import pathlib
from typing import Any

from oslo_messaging.notify import _impl_test

from baremetal import errors
from baremetal.conductor import desks
from baremetal.db import allocations, events
from tests.flow import house as building
from tests.flow import parts, test_consoles


def test_a_life_is_told(tmp_path: pathlib.Path) -> None:
    house = building.House(f"sqlite:///{tmp_path / 'flow.sqlite'}", api__events_kept_seconds=60)
    ident = house.add("manageable", owner="blue")
    house.do(ident, "provide", "one")
    house.managers["one"].power(house.ctx, ident, "power on")
    house.settle()
    house.tell()
    with house.database.read() as connection:
        rows = events.after(connection, 0, 100)
    told = [(row.action, row.facts) for row in rows]
    assert all(row.kind == "node" and row.uuid == row.node_uuid == ident and row.owner == "blue" for row in rows)
    assert all(row.user == "alice" and row.request_id.startswith("req-") for row in rows)
    states = [facts for action, facts in told if action == "provision"]
    assert '"cleaning"' in states[0] and '"available"' in states[-1]
    assert any(action == "power" and '"power_state":"power on"' in facts for action, facts in told)
    house.close()


def test_moves_and_power_are_sent_as_notifications(tmp_path: pathlib.Path) -> None:
    _impl_test.reset()
    house = building.House(f"sqlite:///{tmp_path / 'flow.sqlite'}", notification_level="info")
    for conductor in house.conductors.values():
        conductor.means.conf.set_override("driver", ["test"], "oslo_messaging_notifications")
    ident = house.add("manageable", driver_info={"ipmi_password": "geheim"})
    house.do(ident, "provide", "one")
    house.managers["one"].power(house.ctx, ident, "power on")
    house.settle()
    house.do(ident, "deploy", "one")
    house.tell()
    found = [(message["event_type"], message["payload"]["ironic_object.data"])
             for _ctx, message, _priority, _retry in _impl_test.NOTIFICATIONS]
    names = [name for name, _ in found]
    assert names[0] == "baremetal.node.provision_set.start" and "baremetal.node.provision_set.end" in names
    assert names.count("baremetal.node.power_set.start") == names.count("baremetal.node.power_set.end") >= 1
    first = found[0][1]
    assert (first["event"], first["previous_provision_state"], first["provision_state"]) == (
        "provide", "manageable", "cleaning")
    power = next(data for name, data in found if name == "baremetal.node.power_set.start")
    assert power["to_power"] == "power on" and power["uuid"] == ident
    assert "geheim" not in repr(found)
    house.close()
    _impl_test.reset()


def heard(tmp_path: pathlib.Path, **options: Any) -> building.House:
    """A house whose notifications go to the test."""
    _impl_test.reset()
    house = building.House(f"sqlite:///{tmp_path / 'flow.sqlite'}", notification_level="info", **options)
    for conductor in house.conductors.values():
        conductor.means.conf.set_override("driver", ["test"], "oslo_messaging_notifications")
    return house


def sent(house: building.House) -> list[tuple[str, dict[str, Any]]]:
    """What was sent since the last time: type without its beginning, and data."""
    house.tell()
    found = [(message["event_type"].removeprefix("baremetal.node."), message["payload"]["ironic_object.data"])
             for _ctx, message, _priority, _retry in _impl_test.NOTIFICATIONS]
    _impl_test.reset()
    return found


def test_power_that_is_not_as_recorded_and_power_that_fails(tmp_path: pathlib.Path) -> None:
    house = heard(tmp_path, conductor__force_power_state_during_sync=False)
    house.conductor("one", power=parts.Power("power off"))
    house.conductors["one"].means.conf.set_override("driver", ["test"], "oslo_messaging_notifications")
    ident = house.add("active", power_state="power on", extra={"rack": 7}, properties={"cpus": 2})
    house.sweep("power sync").run()
    (name, data), = sent(house)
    assert (name, data["from_power"], data["power_state"]) == ("power_state_corrected.success", "power on", "power off")
    assert (data["extra"], data["properties"]) == ({"rack": 7}, {"cpus": 2})
    house.conductor("one")
    house.conductors["one"].means.conf.set_override("driver", ["test"], "oslo_messaging_notifications")
    house.set(ident, driver_info={"fake_faults": {"power.set": "the plug"}})
    house.managers["one"].power(house.ctx, ident, "rebooting")
    house.settle()
    found = sent(house)
    assert [name for name, _ in found] == ["power_set.start", "power_set.error"]
    assert found[0][1]["target_power_state"] == found[0][1]["to_power"] == "power on"
    assert "plug" in house.node(ident).last_error
    house.close()


def test_consoles_that_are_opened_again(tmp_path: pathlib.Path) -> None:
    house = heard(tmp_path)
    ident, line = house.add("active", console_enabled=True), test_consoles.Line()
    house.conductor("one", console=line)
    house.conductors["one"].means.conf.set_override("driver", ["test"], "oslo_messaging_notifications")
    house.sweep("consoles").run()
    assert [name for name, _ in sent(house)] == ["console_restore.start", "console_restore.end"]
    line.fault = errors.StepFailed(interface="console", step="start", why="no line")
    house.sweep("consoles").run()
    assert [name for name, _ in sent(house)] == ["console_restore.start", "console_restore.error"]
    assert not house.node(ident).console_enabled
    house.close()


def test_every_move_is_sent_and_failures_are_errors(tmp_path: pathlib.Path) -> None:
    house = heard(tmp_path)
    ident = house.add("manageable", driver_info={"fake_faults": {"deploy.prepare_cleaning": "no"}})
    house.do(ident, "provide")
    found = [(name, data["event"], data["previous_provision_state"], data["provision_state"])
             for name, data in sent(house) if name.startswith("provision_set")]
    assert found == [("provision_set.start", "provide", "manageable", "cleaning"),
                     ("provision_set.error", "fail", "cleaning", "clean failed")]
    house.close()


def test_what_comes_of_an_allocation_is_told(tmp_path: pathlib.Path) -> None:
    house = building.House(f"sqlite:///{tmp_path / 'flow.sqlite'}", api__events_kept_seconds=60)
    node = house.add("available", resource_class="big", owner="blue", power_state="power off")
    shared = house.conductors["one"].means
    for number, wanted in enumerate(("big", "none")):
        ident = f"00000000-0000-4000-8000-00000000000{number}"
        with house.database.write() as connection:
            allocations.add(connection, {"uuid": ident, "name": wanted, "owner": "blue", "resource_class": wanted,
                                         "state": allocations.ALLOCATING, "created_at": house.clock.now()})
        row = desks.allocations.claim(shared, ident)
        assert row is not None
        desks.allocations.look(shared, row)
    house.tell()
    with house.database.read() as connection:
        told = [(row.kind, row.action, row.name, row.node_uuid, row.owner, row.facts)
                for row in events.after(connection, 0, 100) if row.kind == "allocation"]
    assert told == [("allocation", "update", "big", node, "blue", '{"state":"active"}'),
                    ("allocation", "update", "none", None, "blue", '{"state":"error"}')]
    house.close()
