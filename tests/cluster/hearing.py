"""A foreign listener of notifications, as telemetry services have it, and beside it the service in one process."""

import contextlib
import dataclasses
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import oslo_messaging
import requests
from oslo_config import cfg

from tests import processes

TOPIC = "ironic_versioned_notifications"
CONF = """
[DEFAULT]
auth_strategy = noauth
notification_level = info
debug = {debug}
enabled_hardware_types = fake-hardware
enabled_vendor_interfaces = no-vendor, fake
enabled_bios_interfaces = no-bios, fake
enabled_rescue_interfaces = no-rescue, fake
enabled_console_interfaces = no-console, fake
enabled_raid_interfaces = no-raid, fake

[oslo_messaging_notifications]
driver = messagingv2
transport_url = {url}

[conductor]
heartbeat_interval = 0.5
sync_power_state_interval = 0

[sensor_data]
send_sensor_data = true
interval = 2
enable_for_undeployed_nodes = true
"""


class Heard:
    """An endpoint of oslo.messaging's listener; each is (publisher, event type, priority, payload)."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str, str, dict[str, Any]]] = []

    def info(self, _ctx: Any, publisher: str, event_type: str, payload: dict[str, Any], _metadata: Any) -> None:
        """Take one."""
        self.all.append((publisher, event_type, "info", payload))

    def error(self, _ctx: Any, publisher: str, event_type: str, payload: dict[str, Any], _metadata: Any) -> None:
        """Take one of what failed."""
        self.all.append((publisher, event_type, "error", payload))

    def names(self) -> list[str]:
        """The event types, without what they have in common."""
        return [name.removeprefix("baremetal.") for _publisher, name, _priority, _payload in self.all]

    def until(self, name: str, count: int = 1) -> None:
        """Wait until so many of one type were heard."""
        end = time.monotonic() + processes.PATIENCE
        while self.names().count(name) < count:
            assert time.monotonic() < end, f"{name} was not heard; these were: {self.names()}"
            time.sleep(0.05)


@contextlib.contextmanager
def listening(url: str, topic: str = TOPIC) -> Iterator[Heard]:
    """Listen on the broker at ``url``."""
    conf, heard = cfg.ConfigOpts(), Heard()
    conf([])
    transport = oslo_messaging.get_notification_transport(conf, url=url)
    listener = oslo_messaging.get_notification_listener(
        transport, [oslo_messaging.Target(topic=topic)], [heard], executor="threading")
    # several threads would take what was sent in order in any order
    conf.set_override("executor_thread_pool_size", 1)
    thread = threading.Thread(target=listener.start, daemon=True)
    thread.start()
    thread.join(processes.PATIENCE)
    try:
        yield heard
    finally:
        listener.stop()
        listener.wait()
        transport.cleanup()


@dataclasses.dataclass
class Service:
    """The service, and what its stream of events has said so far."""

    url: str
    process: processes.Process
    log: Path
    data: Path
    events: list[str] = dataclasses.field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, within: float = 60) -> requests.Response:
        """Send a request."""
        return requests.request(method, self.url + path, json=body, timeout=within,
                                headers={"X-OpenStack-Ironic-API-Version": "1.115"})

    def do(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request that must succeed; its document."""
        answer = self.ask(method, path, body)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def until(self, ready: Callable[[], Any]) -> Any:
        """Return what ``ready`` returns as soon as it is true."""
        end = time.monotonic() + processes.PATIENCE
        while not (found := ready()):
            assert time.monotonic() < end, f"last: {ready()!r}"
            time.sleep(0.05)
        return found

    def becomes(self, node: str, state: str) -> None:
        """Wait until a node is in a state, and free."""
        def there() -> bool:
            found = self.do("GET", f"/v1/nodes/{node}")
            assert "failed" in state or "failed" not in found["provision_state"], found["last_error"]
            return found["provision_state"] == state and not found["reservation"]
        self.until(there)

    def shows(self, node: str, wanted: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until a node shows what is wanted, and is free: who asks for the next thing is not refused."""
        def there() -> bool:
            found = self.do("GET", f"/v1/nodes/{node}")
            return wanted(found) and not found["reservation"]
        self.until(there)

    def verb(self, node: str, verb: str, state: str, **more: Any) -> None:
        """Have a node do a verb."""
        self.do("PUT", f"/v1/nodes/{node}/states/provision", {"target": verb, **more})
        self.becomes(node, state)

    def follow(self) -> threading.Thread:
        """Begin to read the stream of events; returns when it has begun."""
        begun = threading.Event()

        def read() -> None:
            with contextlib.suppress(requests.RequestException), requests.get(
                    f"{self.url}/ops/v1/events", stream=True, timeout=2 * processes.PATIENCE) as answer:
                for line in answer.iter_lines():
                    self.events.append(line.decode())
                    begun.set()
        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        assert begun.wait(processes.PATIENCE), "the stream of events did not begin"
        return thread

    def told(self) -> list[dict[str, Any]]:
        """The events so far."""
        found = [json.loads(line.removeprefix("data: ")) for line in self.events if line.startswith("data: ")]
        return [event for event in found if "kind" in event]


@contextlib.contextmanager
def serving(folder: Path, url: str, *, debug: bool = False) -> Iterator[Service]:
    """The service in one process, which sends its notifications to ``url``."""
    folder.mkdir(parents=True, exist_ok=True)
    conf, data, port = folder / "baremetal.conf", folder / "data", processes.free_port()
    conf.write_text(CONF.format(url=url, debug=debug))
    command = processes.Command([sys.executable, "-m", "baremetal.cmd.single", "--config-file", str(conf),
                                 "--data", str(data), "--port", str(port)], logs=[data / "baremetal.log"])
    with processes.spawned("baremetal", command, folder / "out") as process:
        process.wait_for(lambda: "Ctrl-C" in process.tail(100))
        yield Service(f"http://127.0.0.1:{port}", process, data / "baremetal.log", data)
