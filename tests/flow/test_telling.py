"""What a worker writes of a node is told to those who follow events."""

import pathlib

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
