"""Loaded by schemathesis: half of the requests name objects that are there. Knows nothing but names and HTTP."""

import os
import random
from typing import Any

import requests
import schemathesis

URL = os.environ["FUZZED"]
USER, PASSWORD = os.environ["FUZZED_AUTH"].split(":", 1)
HEADERS = {"X-OpenStack-Ironic-API-Version": "latest"}
#: identifiers that exist, by the name of the path's parameter
KNOWN = {"node": "fuzzed", "port": "fuzzed-port", "driver": "fake-hardware",
         "chassis": "00000000-0000-4000-8000-00000000000c", "trait": "CUSTOM_FUZZED",
         "portgroup": "fuzzed-group", "template": "CUSTOM_FUZZED", "runbook": "CUSTOM_FUZZED",
         "allocation": "fuzzed-allocation", "connector": "00000000-0000-4000-8000-0000000000c0",
         "target": "00000000-0000-4000-8000-000000000073", "rule": "00000000-0000-4000-8000-000000000041",
         "shard": "fuzzed-shard", "setting": "boot_timeout", "indicator": "led@chassis"}
#: what nodes' belongings name their node by: these take no names
NODE = "00000000-0000-4000-8000-00000000000e"
#: what is made again before each operation, where a request has taken it away
SEEDS = (
    ("/v1/chassis", {"uuid": KNOWN["chassis"]}),
    ("/v1/nodes", {"uuid": NODE, "name": "fuzzed", "driver": "fake-hardware", "resource_class": "fuzzed",
                   "shard": "fuzzed-shard"}),
    ("/v1/ports", {"name": "fuzzed-port", "node_ident": "fuzzed", "address": "52:54:00:12:34:56"}),
    ("/v1/portgroups", {"name": "fuzzed-group", "node_uuid": NODE}),
    ("/v1/volume/connectors", {"uuid": KNOWN["connector"], "node_uuid": NODE, "type": "iqn", "connector_id": "fuzzed"}),
    ("/v1/volume/targets", {"uuid": KNOWN["target"], "node_uuid": NODE, "volume_type": "iscsi", "volume_id": "fuzzed",
                            "boot_index": 0}),
    ("/v1/allocations", {"name": "fuzzed-allocation", "resource_class": "fuzzed"}),
    ("/v1/inspection_rules", {"uuid": KNOWN["rule"], "actions": [{"op": "log", "args": {"msg": "fuzzed"}}]}),
    ("/v1/deploy_templates", {"name": "CUSTOM_FUZZED", "steps": [
        {"interface": "vendor", "step": "log_passthrough", "args": {}, "priority": 10}]}),
    ("/v1/runbooks", {"name": "CUSTOM_FUZZED", "steps": [
        {"interface": "vendor", "step": "log_passthrough", "args": {}, "order": 1}]}),
)
_chance = random.Random(7)


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Name what is there, every other time."""
    if path_parameters and _chance.random() < 0.6:
        return {name: KNOWN.get(name, value) for name, value in path_parameters.items()}
    return path_parameters


_seeded: set[str] = set()


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """See to it, once for each operation, that there is something to be named."""
    label = case.operation.label
    if label not in _seeded:
        _seeded.add(label)
        for path, body in SEEDS:
            requests.post(URL + path, json=body, headers=HEADERS, auth=(USER, PASSWORD), timeout=10)
