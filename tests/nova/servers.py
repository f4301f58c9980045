"""Servers for Nova: enrolled, with ports and traits, available; one is a fake, one is simulated."""

import hashlib
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from tests.api import drive

TRAIT = "CUSTOM_GOLD"
SHARD = "nova-1"
PATIENCE = 180.0


def fake(endpoint: drive.Endpoint) -> dict[str, Any]:
    """A server that does not exist; its image is one of Glance, which nobody asks for."""
    made = endpoint.make("POST", "/v1/nodes", {
        "driver": "fake-hardware", "name": "nova-fake", "resource_class": "baremetal.fake", "network_interface": "flat",
        "properties": {"cpu_arch": "x86_64", "local_gb": 10}})
    macs = [_port(endpoint, made["uuid"]) for _ in range(2)]
    # on, for a fake deployment leaves the power as it was
    return {**_offer(endpoint, made, "power on"), "macs": macs, "image": str(uuid.uuid4()), "nmi": False,
            "console": True, "look": []}


def simulated(endpoint: drive.Endpoint, data: Path) -> dict[str, Any]:
    """A server of the fleet, with a BMC and an agent; who has enrolled it has said what the image's checksum is."""
    image = data / "lab" / "demo.raw"
    made = endpoint.make("GET", "/v1/nodes/server-1")
    checksum = hashlib.sha256(image.read_bytes()).hexdigest()
    endpoint.make("PATCH", "/v1/nodes/server-1", [
        {"op": "add", "path": "/network_interface", "value": "flat"},
        {"op": "add", "path": "/instance_info", "value": {
            "image_os_hash_algo": "sha256", "image_os_hash_value": checksum}}])
    macs = [port["address"] for port in endpoint.make("GET", f"/v1/nodes/{made['uuid']}/ports")["ports"]]
    macs.append(_port(endpoint, made["uuid"]))
    return {**_offer(endpoint, made, "power off"), "macs": macs, "image": image.as_uri(), "nmi": True,
            "console": False, "look": [
                sys.executable, "-m", "baremetal.cmd.lab", "status", "--json", "--control",
                str(data / "fleet.sock"), "server-1"]}


def _port(endpoint: drive.Endpoint, node: str) -> str:
    mac = ":".join(f"{byte:02x}" for byte in (0x52, *uuid.uuid4().bytes[:5]))
    endpoint.make("POST", "/v1/ports", {"node_uuid": node, "address": mac, "pxe_enabled": False})
    return mac


def _offer(endpoint: drive.Endpoint, made: dict[str, Any], power: str) -> dict[str, Any]:
    """Bring a server to where Nova may take it: available, and its power is known."""
    node = f"/v1/nodes/{made['uuid']}"
    endpoint.make("PUT", f"{node}/traits", {"traits": [TRAIT]})
    endpoint.make("PATCH", node, [{"op": "add", "path": "/shard", "value": SHARD}])
    for verb, state in (("manage", "manageable"), ("provide", "available")):
        endpoint.make("PUT", f"{node}/states/provision", {"target": verb})
        _wait(endpoint, node, "provision_state", state)
    endpoint.make("PUT", f"{node}/states/power", {"target": power})
    _wait(endpoint, node, "power_state", power)
    return {"uuid": made["uuid"], "resource_class": made["resource_class"], "shard": SHARD}


def _wait(endpoint: drive.Endpoint, node: str, field: str, value: str) -> None:
    end = time.monotonic() + PATIENCE
    while (seen := endpoint.make("GET", node))[field] != value or seen["reservation"]:
        assert time.monotonic() < end, (field, seen[field], seen["last_error"])
        time.sleep(0.1)
