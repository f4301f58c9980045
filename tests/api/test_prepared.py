"""What operators have prepared, on a simulated server with its agent: it is inspected by a rule, cleaned by a runbook,
deployed by a template; each with a step that only the agent has.
"""

import hashlib
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api import drive

PATIENCE = 90.0
WIPE = {"interface": "deploy", "step": "erase_devices_metadata", "args": {}}
HOLD = {"interface": "power", "step": "hold", "args": {}}
RULE = {
    "priority": 5, "conditions": [{"op": "gt", "args": {"values": ["{inventory[cpu][count]}", 0]}}],
    "actions": [
        {"op": "set-attribute", "args": {"path": "resource_class", "value": "cpu{inventory[cpu][count]}"}},
        {"op": "set-attribute", "args": {"path": "extra/made_by", "value": "{inventory[system_vendor][manufacturer]}"}},
        {"op": "add-trait", "args": {"name": "CUSTOM_PREPARED_{item}"}, "loop": ["GOLD", "WIPE"]}]}


class Server:
    """One simulated server as its API shows it."""

    def __init__(self, endpoint: drive.Endpoint, name: str) -> None:
        self.endpoint, self.path = endpoint, f"/v1/nodes/{name}"

    def begin(self, target: str, **more: Any) -> None:
        """Begin a verb."""
        self.endpoint.make("PUT", f"{self.path}/states/provision", {"target": target, **more})

    def until(self, *states: str) -> Any:
        """Wait until the node is in one of these states and nobody holds it; return it."""
        end = time.monotonic() + PATIENCE
        while True:
            node = self.endpoint.make("GET", self.path)
            if node["provision_state"] in states and node["reservation"] is None:
                return node
            assert time.monotonic() < end, (node["provision_state"], node["last_error"])
            time.sleep(0.2)

    def ran(self) -> list[str]:
        """The steps of the newest flow."""
        flow = self.endpoint.make("GET", self.path.replace("/v1", "/ops/v1") + "/timeline")["flows"][0]
        return [f"{step['interface']}.{step['step']}" for step in flow["steps"]]


@pytest.fixture
def server(service: Any) -> Iterator[Server]:
    """The last server of the fleet, manageable."""
    found = Server(drive.Endpoint(service.url, service.auth), "server-5")
    made = [("/v1/inspection_rules", found.endpoint.make("POST", "/v1/inspection_rules", RULE)["uuid"]),
            ("/v1/runbooks", found.endpoint.make("POST", "/v1/runbooks", {
                "name": "prepared", "steps": [{**WIPE, "order": 1}]})["uuid"]),
            ("/v1/deploy_templates", found.endpoint.make("POST", "/v1/deploy_templates", {
                "name": "CUSTOM_PREPARED_GOLD",
                "steps": [{**WIPE, "priority": 95}, {**HOLD, "priority": 10}]})["uuid"])]
    found.endpoint.make("PUT", "/v1/runbooks/prepared/traits/CUSTOM_PREPARED_WIPE")
    found.begin("manage")
    found.until("manageable")
    yield found
    for path, ident in made:
        found.endpoint.make("DELETE", f"{path}/{ident}")


def test_a_servers_life_by_what_is_prepared(server: Server, service: Any) -> None:
    server.begin("inspect")
    node = server.until("manageable", "inspect failed")
    assert (node["provision_state"], node["last_error"]) == ("manageable", None)
    assert node["resource_class"] == f"cpu{node['properties']['cpus']}" and node["extra"]["made_by"]
    assert node["traits"] == ["CUSTOM_PREPARED_GOLD", "CUSTOM_PREPARED_WIPE"]

    server.begin("clean", runbook="prepared")
    node = server.until("manageable", "clean failed")
    assert (node["provision_state"], node["last_error"]) == ("manageable", None)
    assert server.ran() == ["deploy.prepare_cleaning", "deploy.erase_devices_metadata", "deploy.tear_down_cleaning"]
    told = [one["event"] for one in server.endpoint.make("GET", f"{server.path}/history?detail=true")["history"]]
    assert any(event.startswith("Runbook prepared (") for event in told)

    server.begin("provide")
    server.until("available")
    image = service.data / "lab" / "demo.raw"
    wanted = {"traits": ["CUSTOM_PREPARED_GOLD"], "image_source": image.as_uri(), "image_os_hash_algo": "sha256",
              "image_os_hash_value": hashlib.sha256(image.read_bytes()).hexdigest()}
    server.endpoint.make("PATCH", server.path, [
        {"op": "add", "path": f"/instance_info/{key}", "value": value} for key, value in wanted.items()])
    server.begin("active")
    assert server.until("deploy hold", "deploy failed", "active")["provision_state"] == "deploy hold"
    server.begin("unhold")
    node = server.until("active", "deploy failed")
    assert (node["provision_state"], node["last_error"]) == ("active", None)
    ran = server.ran()
    assert ran.index("deploy.deploy") < ran.index("deploy.erase_devices_metadata") < ran.index("deploy.write_image")
    assert ran[-1] == "power.hold"
    server.begin("deleted")
    server.until("available")
