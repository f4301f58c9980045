"""Loaded by schemathesis: half of the requests name objects that are there. Knows nothing but names and HTTP."""

import os
import random
from typing import Any

import requests
import schemathesis

URL = os.environ["FUZZED"]
USER, PASSWORD = os.environ["FUZZED_AUTH"].split(":", 1)
HEADERS = {"X-OpenStack-Ironic-API-Version": "latest"}


def known(number: int) -> str:
    """A UUID that is always the same."""
    return f"00000000-0000-4000-8000-{number:012x}"


NODE, GROUP, PORT, TEMPLATE, RUNBOOK, WISH, CHASSIS, CONNECTOR, TARGET, RULE = map(known, range(1, 11))
#: identifiers that exist, by the name of the path's parameter
KNOWN = {"node": ("fuzzed", NODE), "port": (PORT,), "driver": ("fake-hardware",), "chassis": (CHASSIS,),
         "trait": ("CUSTOM_FUZZED",), "portgroup": ("fuzzed-group", GROUP), "template": ("CUSTOM_FUZZED", TEMPLATE),
         "runbook": ("CUSTOM_FUZZED", RUNBOOK), "allocation": ("fuzzed-allocation", WISH), "connector": (CONNECTOR,),
         "target": (TARGET,), "rule": (RULE,), "shard": ("fuzzed-shard",), "setting": ("boot_timeout",),
         "indicator": ("led@chassis",), "conductor": ("localhost",), "method": ("log_passthrough",)}
#: what is made again where a request has taken it away
SEEDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/v1/chassis", {"uuid": CHASSIS}),
    ("/v1/nodes", {"uuid": NODE, "name": "fuzzed", "driver": "fake-hardware", "resource_class": "fuzzed",
                   "shard": "fuzzed-shard"}),
    ("/v1/ports", {"uuid": PORT, "name": "fuzzed-port", "node_uuid": NODE, "address": "52:54:00:12:34:56"}),
    ("/v1/portgroups", {"uuid": GROUP, "name": "fuzzed-group", "node_uuid": NODE}),
    ("/v1/volume/connectors", {"uuid": CONNECTOR, "node_uuid": NODE, "type": "iqn", "connector_id": "fuzzed"}),
    ("/v1/volume/targets", {"uuid": TARGET, "node_uuid": NODE, "volume_type": "iscsi", "volume_id": "fuzzed",
                            "boot_index": 0}),
    ("/v1/allocations", {"uuid": WISH, "name": "fuzzed-allocation", "resource_class": "fuzzed"}),
    ("/v1/inspection_rules", {"uuid": RULE, "actions": [{"op": "log", "args": {"msg": "fuzzed"}}]}),
    ("/v1/deploy_templates", {"uuid": TEMPLATE, "name": "CUSTOM_FUZZED", "steps": [
        {"interface": "vendor", "step": "log_passthrough", "args": {}, "priority": 10}]}),
    ("/v1/runbooks", {"uuid": RUNBOOK, "name": "CUSTOM_FUZZED", "steps": [
        {"interface": "vendor", "step": "log_passthrough", "args": {}, "order": 1}]}),
)
#: what other seeds need
ALWAYS = ("/v1/chassis", "/v1/nodes")
#: paths that patches go to, every other time
FIELDS = ("extra", "extra/a", "name", "node_uuid", "address", "mode", "properties", "properties/a", "boot_index",
          "volume_id", "type", "connector_id", "description", "steps", "steps/0", "steps/0/args", "priority", "actions",
          "conditions", "owner", "public", "driver_info", "instance_info/a", "resource_class", "portgroup_uuid",
          "local_link_connection", "physical_network", "standalone_ports_supported", "maintenance", "traits")
#: what patches bring there, where it is not what the program has thought of
VALUES: tuple[Any, ...] = (
    None, True, 0, 1, -1, 2**31, 2**63, 1.5, "", "fuzzed", "x" * 300, "a\0b", "\ud83d\ude00 \u96ea",
    "52:54:00:aa:bb:cc", NODE, GROUP, [], ["CUSTOM_A"], [{}], {}, {"a": None}, {"a": {"b": [1, {"c": "d"}]}},
    {"password": "******"}, [{"interface": "bios", "step": "x", "args": {}, "priority": 1}],
    [{"interface": "bios", "step": "x", "args": {}, "order": 1}], [{"op": "log", "args": {"msg": "m"}}])
_chance = random.Random(7)


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Let patches go to fields that are there, every other time."""
    if context.operation.method.upper() != "PATCH" or not isinstance(body, list) or _chance.random() < 0.4:
        return body
    if _chance.random() < 0.5:
        return [{**one, "path": f"/{_chance.choice(FIELDS)}"} if isinstance(one, dict) else one for one in body]
    return [{"op": _chance.choice(("add", "replace")), "path": f"/{_chance.choice(FIELDS)}",
             "value": _chance.choice(VALUES)} for _ in range(_chance.choice((1, 1, 1, 2)))]


_seeded: set[str] = set()


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Name what is there, every other time, at a version that has it; see to it that it is there."""
    label = case.operation.label
    if case.path_parameters and _chance.random() < 0.6:
        case.path_parameters = {name: _chance.choice(KNOWN.get(name, (value,)))
                                for name, value in case.path_parameters.items()}
    if not set(HEADERS) & set(case.headers or ()) and _chance.random() < 0.8:
        # without that header it is the oldest version, which has little
        case.headers.update(HEADERS)
    if label not in _seeded:
        _seeded.add(label)
        _seed(label)


def _seed(label: str) -> None:
    for path, body in SEEDS:
        if path in ALWAYS or path.rpartition("/")[2].rstrip("s") in label:
            requests.post(URL + path, json=body, headers=HEADERS, auth=(USER, PASSWORD), timeout=60)
    if "/volume/" in label:     # they change only while it is off
        requests.put(f"{URL}/v1/nodes/{NODE}/states/power", json={"target": "power off"}, headers=HEADERS,
                     auth=(USER, PASSWORD), timeout=60)


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """What was deleted is made again before the next request."""
    if case.method.upper() == "DELETE" and response.status_code == 204:
        _seeded.clear()
