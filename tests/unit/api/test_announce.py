"""What the API writes is announced on the bus: begun, done or failed, as it is stored, and without secrets."""

import pathlib
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from oslo_messaging.notify import _impl_test

from baremetal.api import announce, routes
from baremetal.notify import payloads
from tests.api import inside, stage


@pytest.fixture
def house(tmp_path: pathlib.Path) -> Iterator[inside.Inside]:
    _impl_test.reset()
    made = inside.Inside(tmp_path, notification_level="info")
    made.conf.set_override("driver", ["test"], "oslo_messaging_notifications")
    yield made
    made.close()
    _impl_test.reset()


def sent(count: int) -> list[tuple[str, dict[str, Any]]]:
    """The notifications so far, once there are so many: event type and payload."""
    end = time.monotonic() + 60
    while len(_impl_test.NOTIFICATIONS) < count and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.05)
    found = [(message["event_type"], message["payload"]) for _ctx, message, _priority, _retry
             in _impl_test.NOTIFICATIONS]
    assert len(found) == count, [name for name, _ in found]
    return found


def data_of(notification: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """What a payload holds."""
    found: dict[str, Any] = notification[1]["ironic_object.data"]
    return found


def test_a_node_is_made_changed_and_deleted(house: inside.Inside) -> None:
    node = house.make("/v1/nodes", {"driver": "fake-hardware", "name": "web-1", "driver_info": {
        "ipmi_password": "geheim"}})
    house.ask("PATCH", "/v1/nodes/web-1", body=[{"op": "add", "path": "/extra/a", "value": "b"}])
    house.ask("PUT", "/v1/nodes/web-1/maintenance", body={"reason": "a fan"})
    house.ask("DELETE", "/v1/nodes/web-1")
    found = sent(8)
    assert data_of(found[0])["uuid"] == node["uuid"] and data_of(found[0])["created_at"] is None
    assert [name for name, _ in found] == [
        f"baremetal.node.{action}.{status}" for action in ("create", "update", "maintenance_set", "delete")
        for status in ("start", "end")]
    data = [payload["ironic_object.data"] for _, payload in found]
    assert "geheim" not in repr(found)
    assert data[1]["uuid"] == node["uuid"] and data[1]["driver_info"] == {"ipmi_password": "******"}
    assert (data[2]["extra"], data[3]["extra"]) == ({}, {"a": "b"})
    assert (data[4]["maintenance"], data[5]["maintenance"], data[5]["maintenance_reason"]) == (False, True, "a fan")
    assert found[0][1]["ironic_object.name"] == "NodeCRUDPayload"
    assert found[4][1]["ironic_object.name"] == "NodePayload"
    assert _impl_test.NOTIFICATIONS[0][1]["publisher_id"] == f"ironic-api.{house.conf.host}"


def test_what_fails_is_announced_as_an_error(house: inside.Inside) -> None:
    house.make("/v1/nodes", {"driver": "fake-hardware", "name": "web-1"})
    assert house.ask("POST", "/v1/nodes", body={"driver": "fake-hardware", "name": "web-1"}).status == 409
    assert [name for name, _ in sent(4)][2:] == ["baremetal.node.create.start", "baremetal.node.create.error"]
    assert _impl_test.NOTIFICATIONS[3][2] == "ERROR"


ADD = [{"op": "add", "path": "/extra/a", "value": "b"}]
# what is refused: who, method, path, body, status
REFUSED: tuple[tuple[str, str, str, Any, int], ...] = (
    ("system admin", "POST", "nodes", {"driver": "no-such"}, 400),
    ("system admin", "POST", "nodes", {"driver": "fake-hardware", "colour": "red"}, 400),
    ("system admin", "PATCH", "nodes/{node}", [{"op": "replace", "path": "/uuid", "value": "x"}], 400),
    ("system admin", "PATCH", "nodes/web-2", ADD, 404),
    ("system admin", "DELETE", "nodes/web-2", None, 404),
    ("system admin", "PUT", "nodes/web-2/maintenance", {}, 404),
    ("system admin", "DELETE", "deploy_templates/CUSTOM_X", None, 404),
    ("third admin", "PATCH", "nodes/{node}", ADD, 404),
    ("third admin", "DELETE", "nodes/{node}", None, 404),
    ("third admin", "DELETE", "ports/{port}", None, 404),
    ("third admin", "PUT", "nodes/{node}/maintenance", {}, 404),
    ("third admin", "DELETE", "nodes/{node}/allocation", None, 404),
    ("lessee reader", "DELETE", "nodes/{node}", None, 403),
    ("lessee reader", "PATCH", "nodes/{node}", ADD, 403),
    ("lessee admin", "PATCH", "nodes/{node}", [*ADD, {"op": "add", "path": "/driver_info/a", "value": "b"}], 403),
    ("third admin", "POST", "chassis", {}, 403),
    ("third admin", "POST", "deploy_templates", {"name": "CUSTOM_A", "steps": []}, 403),
)


def test_what_is_refused_is_not_announced(tmp_path: pathlib.Path) -> None:
    _impl_test.reset()
    with stage.opened(tmp_path, notification_level="info") as found:
        found.build(whose=True)
        found.door.conf.set_override("driver", ["test"], "oslo_messaging_notifications")
        for who, method, path, body, status in REFUSED:
            answer = found.ask(who, method, f"/v1/{path.format(**found.scene)}", body)
            assert answer.status == status, (who, method, path, answer.content)
        sent(0)
    _impl_test.reset()


def test_what_belongs_to_a_node_names_it(house: inside.Inside) -> None:
    node = house.make("/v1/nodes", {"driver": "fake-hardware"})["uuid"]
    house.make("/v1/ports", {"node_uuid": node, "address": "52:54:00:00:00:01"})
    house.make("/v1/volume/targets", {"node_uuid": node, "volume_type": "iscsi", "boot_index": 0,
                                      "volume_id": str(uuid.uuid4()), "properties": {"auth_password": "geheim"}})
    found = sent(6)
    assert [name for name, _ in found[2:]] == [
        "baremetal.port.create.start", "baremetal.port.create.end",
        "baremetal.volumetarget.create.start", "baremetal.volumetarget.create.end"]
    assert all(found[n][1]["ironic_object.data"]["node_uuid"] == node for n in (3, 5))
    assert "geheim" not in repr(found)


def test_secrets_in_lists_are_masked_and_nonsense_is_the_clients_fault(house: inside.Inside) -> None:
    step = {"interface": "deploy", "step": "x", "args": {"admin_password": "geheim"}, "priority": 1}
    house.make("/v1/deploy_templates", {"name": "CUSTOM_A", "steps": [step]})
    assert house.ask("POST", "/v1/nodes", body={"driver": "fake-hardware", "extra": "{no json"}).status == 400
    found = sent(2)
    assert "geheim" not in repr(found)
    assert found[0][1]["ironic_object.data"]["steps"][0]["args"] == {"admin_password": "******"}


def test_reading_announces_nothing_and_off_is_off(house: inside.Inside, tmp_path: pathlib.Path) -> None:
    house.ask("GET", "/v1/nodes")
    sent(0)
    quiet = inside.Inside(tmp_path / "quiet")
    quiet.conf.set_override("driver", ["test"], "oslo_messaging_notifications")
    quiet.make("/v1/nodes", {"driver": "fake-hardware"})
    sent(0)
    quiet.close()


def test_only_errors_where_only_those_are_wanted(tmp_path: pathlib.Path) -> None:
    _impl_test.reset()
    house = inside.Inside(tmp_path, notification_level="error")
    house.conf.set_override("driver", ["test"], "oslo_messaging_notifications")
    house.make("/v1/nodes", {"driver": "fake-hardware", "name": "web-1"})
    house.ask("POST", "/v1/nodes", body={"driver": "fake-hardware", "name": "web-1"})
    assert [name for name, _ in sent(1)] == ["baremetal.node.create.error"]
    house.close()


def test_every_collection_that_is_written_is_announced() -> None:
    told = {(route.method, route.path): announce.of(route.method, route.path) for route in routes.TABLE}
    wrote = {key for key, found in told.items() if found}
    assert {kind for found in told.values() if found for kind in [found[0]]} == {
        name for name in payloads.PAYLOADS if "." not in name}
    assert ("PUT", "/v1/nodes/{node}/states/power") not in wrote and ("GET", "/v1/nodes") not in wrote
    missing = [path for method, path in told if method == "POST" and path.count("/") == 2 and (
        method, path) not in wrote and path not in ("/v1/events", "/v1/continue_inspection")]
    assert not missing
