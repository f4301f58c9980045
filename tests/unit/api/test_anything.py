"""Whatever is sent, the answer is never 5xx: values from a drawer of odd ones, in every place of every route.

The choice is random and the same at every run.
"""

import json
import pathlib
import random
import re
from typing import Any
from urllib import parse

import pytest

from baremetal.api import routes
from baremetal.api.inspection import rule
from baremetal.api.nodes import node
from baremetal.api.ports import port
from baremetal.api.runbooks import runbook
from baremetal.api.templates import template
from tests.api import inside
from tests.unit.api import door

ROUNDS = 60
SEEDS = range(8)

MAC, UUID = "52:54:00:12:34:56", "8b2b1f4e-4f0e-4a53-9d2f-5f1f7f0b8a11"
LONG, DEEP = "x" * 300, {"a": [{"b": {"c": [[]]}}]}
ODD: list[Any] = [
    None, True, False, 0, -1, 2 ** 63, 10 ** 30, 1.5, -0.0, 1e308, "", " ", "0", "true", "null", LONG, "é😀", "a\0b",
    "\ud800", "..", "a/b", "%00", "'; DROP TABLE nodes", "{node}", "${x}", [], [[]], [None], [1, "a"], {}, {"": ""},
    {"a": None}, DEEP, {"uuid": 1}, UUID, MAC, "detail", "CUSTOM_A", "power on", "manage"]
VERSIONS = ["1.1", "1.5", "1.18", "1.37", "1.60", "1.90", "1.104", "1.115", "latest", "1.999", "x", ""]
OPERATIONS = ["add", "replace", "remove", "test", None, 5]


class Chooser:
    """Makes requests."""

    def __init__(self, seed: int, idents: list[str], fields: list[str]) -> None:
        self.dice, self.idents, self.fields = random.Random(seed), idents, fields

    def value(self) -> Any:
        """An odd value, or a container of some."""
        pick = self.dice.random()
        if pick < 0.8:
            return self.dice.choice(ODD)
        some = [self.dice.choice(ODD) for _ in range(3)]
        return some if pick < 0.9 else {self.dice.choice(self.fields): item for item in some}

    def body(self) -> bytes:
        """A body: of the right outer form more often than not."""
        form = self.dice.random()
        if form < 0.45:
            document: Any = {self.dice.choice(self.fields): self.value() for _ in range(self.dice.randrange(5))}
            document |= self.dice.choice([{}, {"driver": "fake-hardware"}, {"target": "manage"}, {"address": MAC}])
        elif form < 0.8:
            document = [{"op": self.dice.choice(OPERATIONS), "path": self.path(), "value": self.value()}
                        for _ in range(self.dice.randrange(4))]
        else:
            document = self.value()
        text = json.dumps(document).encode()
        return text if self.dice.random() < 0.95 else text[:self.dice.randrange(len(text) + 1)]

    def path(self) -> Any:
        """The path of a patch operation."""
        parts = [self.dice.choice(self.fields), *[str(self.dice.choice(ODD)) for _ in range(self.dice.randrange(3))]]
        return "/" + "/".join(parts) if self.dice.random() < 0.9 else self.value()

    def query(self) -> str:
        """A query."""
        count = self.dice.choice([0, 0, 1, 1, 2, 3])
        pairs = [(self.dice.choice(self.fields), str(self.value())) for _ in range(count)]
        return parse.urlencode(pairs, errors="replace")

    def address(self, route: routes.Route) -> str:
        """The route's path with something in each place."""
        known = [*self.idents, *self.idents, *[str(odd) for odd in ODD if isinstance(odd, str)]]
        return re.sub(r"{\w+}", lambda _match: self.dice.choice(known), route.path)


@pytest.fixture(scope="module")
def entered(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A door with one of everything behind it."""
    made = door.Door(pathlib.Path(tmp_path_factory.mktemp("anything")))
    made.answers |= {"validate": {"power": {"result": True, "reason": None}}, "boot_device_supported": ["pxe"],
                     "boot_device_get": {"boot_device": "pxe", "persistent": False},
                     "console_get": {"type": "shellinabox", "url": "http://localhost"},
                     "vif_list": [], "vmedia_get": [],
                     "vendor_methods": {}, "vendor_call": {"return": None, "async": True, "attach": False},
                     "driver_vendor_methods": {},
                     "driver_vendor_call": {"return": None, "async": True, "attach": False},
                     "indicators": {}, "indicator_get": "on", "sensors": {}, "event_log": [],
                     "logical_disk_properties": {}}
    yield made
    made.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_breaks_the_service(entered: door.Door, seed: int) -> None:
    idents = [entered.node(), "fake-hardware", inside.HOST]
    mac = f"52:54:00:00:01:{seed:02x}"
    step = {"interface": "bios", "step": "x", "args": {}}
    for path, body in (("/v1/chassis", {}), ("/v1/ports", {"node_uuid": idents[0], "address": mac}),
                       ("/v1/deploy_templates", {"name": f"CUSTOM_{seed}", "steps": [{**step, "priority": 1}]}),
                       ("/v1/runbooks", {"name": f"book-{seed}", "steps": [{**step, "order": 1}]}),
                       ("/v1/inspection_rules", {"actions": [{"op": "log", "args": {"msg": "m"}}]})):
        idents.append(entered.make(path, body)["uuid"])
    names = {name for route in routes.TABLE for name in route.handler.declared.params}  # type: ignore[attr-defined]
    fields = sorted(names.union(node.Node.fields(), port.Port.fields(), template.DeployTemplate.fields(),
                                runbook.Runbook.fields(), rule.InspectionRule.fields()))
    chooser = Chooser(seed, idents, fields)
    for _ in range(ROUNDS):
        for route in routes.TABLE:
            if route.path == "/ops/v1/events":
                continue        # it would be listened to for an hour
            path, query, body = chooser.address(route), chooser.query(), chooser.body()
            version = chooser.dice.choice(VERSIONS)
            where = path.encode("utf-8", "replace").decode("latin-1")
            answer = entered.ask(route.method, f"{where}?{query}", None, raw=body,
                                 headers={"X-OpenStack-Ironic-API-Version": version})
            assert answer.status < 500, (route.method, path, query, body, version, answer.content)
            if answer.status >= 400 and route.method != "HEAD":
                assert answer.json()
