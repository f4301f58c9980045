"""Notifications over a real broker: what a foreign listener hears of what the API does."""

import pathlib
import queue
import threading
from typing import Any

import oslo_messaging

from tests.api import inside

TOPIC = "ironic_versioned_notifications"


class Heard:
    """An endpoint of oslo.messaging's listener, as telemetry services have it."""

    def __init__(self) -> None:
        self.events: queue.Queue[tuple[str, str, dict[str, Any]]] = queue.Queue()

    def info(self, _ctx: Any, publisher: str, event_type: str, payload: dict[str, Any], _metadata: Any) -> None:
        """Take one."""
        self.events.put((publisher, event_type, payload))


def test_a_foreign_listener_hears(rabbitmq: Any, tmp_path: pathlib.Path) -> None:
    url = rabbitmq.transport_url("notifications")
    house = inside.Inside(tmp_path, notification_level="info", transport_url="fake://")
    house.conf.set_override("driver", ["messagingv2"], "oslo_messaging_notifications")
    house.conf.set_override("transport_url", url, "oslo_messaging_notifications")
    heard = Heard()
    transport = oslo_messaging.get_notification_transport(house.conf)
    listener = oslo_messaging.get_notification_listener(
        transport, [oslo_messaging.Target(topic=TOPIC)], [heard], executor="threading")
    thread = threading.Thread(target=listener.start, daemon=True)
    thread.start()
    thread.join(10)
    try:
        node = house.make("/v1/nodes", {"driver": "fake-hardware", "name": "web-1"})
        seen = [heard.events.get(timeout=20) for _ in range(2)]
        assert [event for _, event, _ in seen] == ["baremetal.node.create.start", "baremetal.node.create.end"]
        assert {publisher for publisher, _, _ in seen} == {f"ironic-api.{house.conf.host}"}
        assert seen[1][2]["ironic_object.data"]["uuid"] == node["uuid"]
    finally:
        listener.stop()
        listener.wait()
        transport.cleanup()
        house.close()
