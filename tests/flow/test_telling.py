"""What a worker writes of a node is told to those who follow events."""

import pathlib

from oslo_messaging.notify import _impl_test

from baremetal.db import events
from tests.flow import house as building


def test_a_life_is_told(tmp_path: pathlib.Path) -> None:
    house = building.House(f"sqlite:///{tmp_path / 'flow.sqlite'}", api__events_kept_seconds=60)
    ident = house.add("manageable", owner="blue")
    house.do(ident, "provide", "one")
    house.managers["one"].power(house.ctx, ident, "power on")
    house.settle()
    house.conductors["one"].means.outbox.stop()
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
    house.conductors["one"].means.bus.stop()
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
