"""The application with a layer that believes a header about who asks, and a world with the owner's things and nobody's.

All else is the application as it is; the conductor's end of RPC answers as told.
"""

import contextlib
import dataclasses
import itertools
import pathlib
from collections.abc import Iterator
from typing import Any

from baremetal import clock, context, errors
from baremetal.api import app, matrix, routes
from baremetal.api.guards import auth, requests
from baremetal.rpc import wire
from tests.api import inside
from tests.unit.api import door

ROLE = "X-Role"
STEP = {"interface": "power", "step": "x", "args": {}, "priority": 1}
ORDERED = {"interface": "power", "step": "x", "args": {}, "order": 1}
INFO = {"B1": "b", "B2": "b"}
CHANGED = [{"op": "add", "path": "/extra/a", "value": 1}]
_numbers = itertools.count(1)


def mac() -> str:
    """An address that no port has."""
    return "52:54:00:00:{:02x}:{:02x}".format(*divmod(next(_numbers), 256))


def trait() -> str:
    """A name that nothing has."""
    return f"CUSTOM_{next(_numbers)}"


#: what the conductor answers
ANSWERS: dict[str, Any] = {
    "validate": {}, "boot_device_get": {"boot_device": "pxe", "persistent": False}, "boot_device_supported": ["pxe"],
    "console_get": {"type": "shellinabox", "url": "http://localhost"}, "vif_list": [], "vmedia_get": [],
    "vendor_methods": {}, "vendor_call": {"return": None, "async": True, "attach": False},
    "driver_vendor_methods": {}, "driver_vendor_call": {"return": None, "async": True, "attach": False},
    "indicators": {}, "indicator_get": "on", "sensors": {}, "event_log": [], "logical_disk_properties": {},
}
#: collection: body of a new one of its objects, made by ``(scene)``
NEW: dict[str, Any] = {
    "nodes": lambda scene: {"driver": "fake-hardware", "driver_info": INFO},
    "ports": lambda scene: {"node_uuid": scene["node"], "address": mac()},
    "portgroups": lambda scene: {"node_uuid": scene["node"], "name": f"pg-{next(_numbers)}"},
    "volume/connectors": lambda scene: {"node_uuid": scene["node"], "type": "iqn", "connector_id": trait()},
    "volume/targets": lambda scene: {"node_uuid": scene["node"], "volume_type": "iscsi", "volume_id": trait(),
                                     "boot_index": next(_numbers)},
    "chassis": lambda scene: {},
    "deploy_templates": lambda scene: {"name": trait(), "steps": [STEP]},
    "runbooks": lambda scene: {"name": trait(), "steps": [ORDERED]},
    "inspection_rules": lambda scene: {"actions": [{"op": "log", "args": {"msg": "x"}}]},
    "allocations": lambda scene: {"resource_class": "none"},
}
#: (method, path): body, and query; other requests have none
BODIES: dict[tuple[str, str], Any] = {
    ("PATCH", "*"): CHANGED,
    ("PUT", "/v1/nodes/{node}/states/console"): {"enabled": True},
    ("PUT", "/v1/nodes/{node}/states/power"): {"target": "power on"},
    ("PUT", "/v1/nodes/{node}/states/provision"): {"target": "manage"},
    ("PUT", "/v1/nodes/{node}/states/raid"): {},
    ("PUT", "/v1/nodes/{node}/states/boot_mode"): {"target": "uefi"},
    ("PUT", "/v1/nodes/{node}/states/secure_boot"): {"target": True},
    ("PUT", "/v1/nodes/{node}/management/boot_device"): {"boot_device": "pxe"},
    ("PUT", "/v1/nodes/{node}/management/inject_nmi"): {},
    ("PUT", "/v1/nodes/{node}/management/indicators/{indicator}"): {"state": "on"},
    ("PUT", "/v1/nodes/{node}/traits"): {"traits": ["CUSTOM_A"]},
    ("POST", "/v1/nodes/{node}/vifs"): {"id": "vif-1"},
    ("POST", "/v1/nodes/{node}/vmedia"): {"device_type": "cdrom", "image_url": "http://localhost/x.iso"},
    ("PUT", "/v1/runbooks/{runbook}/traits"): {"traits": ["CUSTOM_A"]},
    ("PATCH", "/v1/inspection_rules/{rule}"): [{"op": "replace", "path": "/description", "value": "x"}],
    ("PATCH", "/v1/chassis/{chassis}"): [{"op": "replace", "path": "/description", "value": "x"}],
    ("POST", "/v1/events"): {"events": []},
}
QUERIES = {"/v1/nodes/validate": "node={node}", "/v1/nodes/{node}/vendor_passthru": "method=x",
           "/v1/drivers/{driver}/vendor_passthru": "method=x"}
#: what stands in a path beside objects
WORDS = {"driver": "fake-hardware", "conductor": inside.HOST, "trait": "CUSTOM_A", "method": "x", "vif": "vif-1",
         "indicator": "power@chassis", "setting": "x", "entry": "x",
         "shard": "x"}
#: word in a path: the collection of what it names
OBJECTS = {"node": "nodes", "port": "ports", "portgroup": "portgroups", "chassis": "chassis",
           "template": "deploy_templates", "runbook": "runbooks", "rule": "inspection_rules",
           "allocation": "allocations", "connector": "volume/connectors", "target": "volume/targets"}
#: collections of which the test makes some that are the owner's, and some that are nobody's
MADE = [name for name in NEW if any(route.path == f"/v1/{name}" for route in routes.TABLE)]
OWNED = ("allocations", "runbooks")


@dataclasses.dataclass
class Stage:
    """The application with a layer that believes a header, and what is asked for."""

    door: door.Door
    scene: dict[str, str]
    #: who a header may name
    roles: dict[str, context.Context | None]

    def ask(self, role: str, method: str, path: str, body: Any = None) -> inside.Answer:
        """Ask as a role."""
        return self.door.ask(method, path, body=body, headers={ROLE: role})

    def make(self, collection: str, **fields: Any) -> str:
        """Make an object as an operator; its UUID."""
        answer = self.ask("system admin", "POST", f"/v1/{collection}", {**NEW[collection](self.scene), **fields})
        assert answer.status == 201, (collection, answer.content)
        return str(answer.json()["uuid"])

    def build(self, *, whose: bool) -> None:
        """Make one of each; the node the owner's, lent to the lessee, or nobody's."""
        tenants = {"owner": matrix.OWNER, "lessee": matrix.LESSEE} if whose else {}
        for word, collection in OBJECTS.items():
            if collection in MADE:
                given = tenants if word == "node" else {"owner": matrix.OWNER} if whose and collection in OWNED else {}
                self.scene[word] = self.make(collection, **given)

    def allocate(self) -> None:
        """Make a node that has an allocation of its owner."""
        node = self.scene["node"] = self.make("nodes", owner=matrix.OWNER, lessee=matrix.LESSEE)
        # in maintenance it may be taken off an active node, too
        self.door.write(node, provision_state="active", maintenance=True, resource_class="none")
        self.scene["allocation"] = self.make("allocations", node=node, owner=matrix.OWNER)


@contextlib.contextmanager
def opened(folder: pathlib.Path, table: tuple[routes.Route, ...] = routes.TABLE, **options: Any) -> Iterator[Stage]:
    """The application with these routes."""
    # the conductor is thought alive however far streams move the clock
    made = door.Door(folder, clock.MovedClock(),
                     rbac_service_role_elevated_access=True, conductor__heartbeat_timeout=10**8,
                     **options)
    made.answers, roles = dict(ANSWERS), dict(matrix.ROLES)
    within = app.bounded(made.conf, made.database, wire.transport(made.conf), made.time, table)

    def believe(environ: dict[str, Any], start_response: Any) -> Any:
        who = roles[environ[f"HTTP_{ROLE.upper().replace('-', '_')}"]]
        if who is None:
            environ[auth.ANONYMOUS] = errors.Unauthorized(why="Who are you?")
        else:
            environ["baremetal.context"] = dataclasses.replace(who, request_id="req-1")
        return within(environ, start_response)
    made.application = requests.wrap(believe)
    yield Stage(made, {}, roles)
    made.close()
