"""When a port may be changed: in each state of its node, in maintenance, with an instance, while somebody holds it."""

import datetime
import pathlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from baremetal import states
from tests.api import inside
from tests.unit.api import door

INSTANCE = str(uuid.uuid4())
# fmt: off
#: fields that say how the port is connected, with new values
WIRED: dict[str, Any] = {
    "pxe_enabled":           False,
    "physical_network":      "net",
    "local_link_connection": {"port_id": "a", "switch_id": "aa:bb:cc:dd:ee:ff"},
}
#: fields that may change at any time
FREE: dict[str, Any] = {
    "extra": {"a": 1}, "name": "p", "description": "d", "vendor": "v", "category": "c",
    "available_for_dynamic_portgroup": False,
}
# fmt: on


@pytest.fixture(scope="module")
def entered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[door.Door]:
    made = door.Door(pathlib.Path(tmp_path_factory.mktemp("ports")))
    yield made
    made.close()


class Wired:
    """A node with one port."""

    def __init__(self, entered: door.Door, **columns: Any) -> None:
        self.entered, self.node = entered, entered.node()
        self.port = entered.make("/v1/ports", {"node_uuid": self.node, "address": self.mac()})["uuid"]
        entered.write(self.node, **columns)

    @staticmethod
    def mac() -> str:
        """A new address."""
        return "52:" + ":".join(f"{byte:02x}" for byte in uuid.uuid4().bytes[:5])

    def change(self, field: str, value: Any, version: str = "1.115") -> inside.Answer:
        """Replace a field."""
        patch = [{"op": "replace", "path": f"/{field}", "value": value}]
        return self.entered.ask("PATCH", f"/v1/ports/{self.port}", version, patch)


@pytest.mark.parametrize("instance", [None, INSTANCE])
@pytest.mark.parametrize("maintenance", [False, True])
@pytest.mark.parametrize("state", states.STATES)
def test_changes_by_state(entered: door.Door, state: str, maintenance: bool, instance: str | None) -> None:
    wired = Wired(entered, provision_state=state, maintenance=maintenance, instance_uuid=instance)
    try:
        settled = state not in states.REWIRABLE and not maintenance
        carries = (instance is not None or state == states.ACTIVE) and not maintenance
        expected = {**dict.fromkeys(WIRED, 409 if settled else 200), **dict.fromkeys(FREE, 200),
                    "address": 409 if carries else 200}
        if state == states.INSPECTING:
            expected = dict.fromkeys(expected, 409)
        values = {**WIRED, **FREE, "address": wired.mac()}
        seen = {field: wired.change(field, values[field]) for field in expected}
        assert {field: answer.status for field, answer in seen.items()} == expected
        for answer in seen.values():
            assert answer.status == 200 or (state in answer.text() and wired.node in answer.text())
        assert wired.change("extra", {}, "1.38").status == 200, "clients before 1.39 do not expect to be refused"
        present = entered.ask("GET", f"/v1/ports/{wired.port}").json()["pxe_enabled"]
        assert wired.change("pxe_enabled", present, "1.38").status == 200, "what stays as it is may be said"
        assert entered.ask("DELETE", f"/v1/ports/{wired.port}").status == 204
    finally:
        entered.write(wired.node, instance_uuid=None)


@pytest.mark.parametrize(("seconds", "held"), [(60, True), (-1, False)])
def test_while_somebody_holds_the_node(entered: door.Door, seconds: int, held: bool) -> None:
    now = entered.time.now()
    wired = Wired(entered, reservation="host-7", lease_why="cleaning", lease_since=now,
                  lease_deadline=now + datetime.timedelta(seconds=seconds))
    answers = [wired.change("extra", {"a": 1}), entered.ask("DELETE", f"/v1/ports/{wired.port}")]
    assert [answer.status for answer in answers] == ([409, 409] if held else [200, 204])
    for answer in answers if held else ():
        assert all(word in answer.text() for word in (wired.node, "host-7", "cleaning", "Wait"))
    # inspection adds ports to a node that it holds
    entered.make("/v1/ports", {"node_uuid": wired.node, "address": wired.mac()})


def test_moving_to_another_node(entered: door.Door) -> None:
    wired, other = Wired(entered), Wired(entered)
    assert wired.change("node_uuid", other.node).json()["node_uuid"] == other.node
    assert entered.ask("GET", f"/v1/nodes/{wired.node}/ports").json()["ports"] == []
    now = entered.time.now()
    entered.write(wired.node, reservation="host-7", lease_deadline=now + datetime.timedelta(seconds=60))
    assert wired.change("node_uuid", wired.node).status == 409
    assert wired.change("node_uuid", str(uuid.uuid4())).status == 400


def test_nothing_changed_is_nothing_written(entered: door.Door) -> None:
    wired = Wired(entered)
    assert wired.change("extra", {}).json()["updated_at"] is None
    assert wired.change("extra", {"a": 1}).json()["updated_at"] is not None


def test_a_node_that_changes_meanwhile_is_looked_at_again(entered: door.Door) -> None:
    wired, seen = Wired(entered), []

    def changed(**args: Any) -> bool:
        seen.append(args["generation"])
        entered.write(wired.node, description="another")
        return len(seen) > 2 and entered.accept(**{**args, "generation": args["generation"] + 1})
    entered.answers["carrier_change"] = changed
    try:
        assert wired.change("extra", {"client-id": "1"}).json()["extra"] == {"client-id": "1"}
        assert seen == sorted(set(seen))
        assert len(seen) == 3
        entered.answers["carrier_change"] = False
        refused = wired.change("extra", {"client-id": "2"})
        assert (refused.status, wired.node in refused.text()) == (409, True)
        for field, value in {"description": "d", "extra": {"client-id": "1", "a": 1}}.items():
            assert wired.change(field, value).status == 200, "what no network interface follows asks nobody"
    finally:
        del entered.answers["carrier_change"]
