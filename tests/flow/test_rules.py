"""Inspection rules on the conductor: read with the report, and what they say is written with what the hooks found."""

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from baremetal import config, inspection
from baremetal.conductor import outward
from baremetal.db import models, record
from tests.flow import house as building
from tests.flow import stock, test_agents

MAC = "52:54:00:00:00:01"


def _act(op: str, *args: Any) -> dict[str, Any]:
    return {"op": op, "args": list(args)}


def _inspect(house: building.House) -> str:
    """Inspect a node; return its UUID."""
    _interface, ident = test_agents._inspected(house)
    test_agents._report(house, ident)
    test_agents._told(house, ident)
    return ident


def _traits(house: building.House, ident: str) -> list[str]:
    with house.database.read() as connection:
        rows = connection.execute(models.TRAITS.select().where(models.TRAITS.c.node_id == house.node(ident).id))
        return sorted(row.trait for row in rows)


def test_what_rules_say_is_written(house: building.House) -> None:
    stock.rule(
        house, _act("set-attribute", "driver_info/ipmi_address", "{inventory[bmc_address]}"),
        _act("set-attribute", "driver_info/ipmi_password", "geheim"),
        _act("set-attribute", "name", "cpu{inventory[cpu][count]}"),
        _act("set-capability", "cores", "{inventory[cpu][count]}"), _act("add-trait", "CUSTOM_SEEN"),
        _act("set-plugin-data", "seen.by", "rule"), _act("set-port-attribute", MAC, "physical_network", "net1"),
        _act("set-attribute", "properties/rack", 7),
        conditions=[{"op": "gt", "args": {"values": ["{inventory[cpu][count]}", 4]}}])
    stock.rule(house, _act("fail", "not this one"),
               conditions=[{"op": "lt", "args": {"values": ["{inventory[cpu][count]}", 4]}}])
    ident = _inspect(house)
    node = house.node(ident)
    assert (node.provision_state, node.last_error, node.name) == ("manageable", None, "cpu8")
    assert node.driver_info == {"ipmi_address": "10.0.0.1", "ipmi_password": "geheim"}
    assert node.properties["capabilities"] == "boot_mode:uefi,cores:8" and node.properties["rack"] == 7
    assert _traits(house, ident) == ["CUSTOM_SEEN"]
    assert [(port.address, port.physical_network) for port in house.rows(models.PORTS)] == [(MAC, "net1")]
    with house.database.read() as connection:
        kept = connection.execute(models.INVENTORY.select()).one()
        row = connection.execute(models.NODES.select().where(models.NODES.c.uuid == ident)).one()
    assert record.load(kept.plugin_data)["seen"] == {"by": "rule"}
    assert "geheim" not in row.driver_info


@pytest.mark.parametrize(("action", "says"), [
    (_act("fail", "too old"), "too old"),
    (_act("set-attribute", "name", "taken"), "which node"),
    (_act("set-attribute", "deploy_interface", "magic"), "this conductor does not have"),
    (_act("set-attribute", "description", "{inventory[nothing]}"), "is not there"),
    (_act("api-call", "http://127.0.0.1:1/"), "loopback address"),
])
def test_a_failing_rule_fails_the_inspection_and_changes_nothing(house: building.House, action: dict[str, Any],
                                                                 says: str) -> None:
    house.add("enroll", name="taken")
    ident = stock.rule(house, _act("set-attribute", "resource_class", "seen"), _act("add-trait", "CUSTOM_A"), action)
    node = house.node(_inspect(house))
    assert (node.provision_state, node.resource_class) == ("inspect failed", None)
    assert says in node.last_error and (ident in node.last_error or "inspection rule" in node.last_error)
    assert (node.name, node.deploy_interface, _traits(house, node.uuid)) == (None, None, [])
    assert house.rows(models.PORTS) == []


def test_traits_are_taken_away_and_bounded(house: building.House) -> None:
    stock.rule(house, {"op": "add-trait", "args": ["CUSTOM_{item}"], "loop": [f"N{number}" for number in range(51)]})
    node = house.node(_inspect(house))
    assert node.provision_state == "inspect failed" and "51 traits" in node.last_error
    stock.empty(house, models.INSPECTION_RULES)
    stock.has(house, node.uuid, "CUSTOM_OLD", "CUSTOM_KEPT")
    stock.rule(house, _act("remove-trait", "CUSTOM_OLD"), _act("add-trait", "CUSTOM_NEW"))
    house.do(node.uuid, "inspect")
    test_agents._report(house, node.uuid)
    test_agents._told(house, node.uuid)
    assert _traits(house, node.uuid) == ["CUSTOM_KEPT", "CUSTOM_NEW"]


class _Answers(http.server.BaseHTTPRequestHandler):
    """Answers with the statuses that a test gave it, then with 200."""

    statuses: list[int] = []
    heard: list[str] = []

    def do_GET(self) -> None:
        """Answer."""
        self.heard.append(f"{self.path} {self.headers.get('x-asked')}")
        self.send_response(self.statuses.pop(0) if self.statuses else 200)
        self.send_header("location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[tuple[str, type[_Answers]]]:
    """A web server on loopback: its URL, and what it answers."""
    kind = type("Answers", (_Answers,), {"statuses": [], "heard": []})
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{found.server_address[1]}/told", kind
    found.shutdown()
    found.server_close()


def _asking(house: building.House, **allowed: Any) -> Any:
    return outward.asker(config.build(host="one", **{**house.overrides, **allowed}), house.clock)


@pytest.mark.parametrize(("statuses", "heard", "says"), [
    ([], 1, None), ([503, 429], 3, None), ([404], 1, "answered 404"), ([302], 1, "answered 302"),
    ([500, 500, 500, 500], 3, "answered 500")])
def test_calls_are_repeated_while_that_may_help(
        house: building.House, server: tuple[str, type[_Answers]], statuses: list[int], heard: int, says: str | None
        ) -> None:
    url, kind = server
    kind.statuses = list(statuses)
    ask = _asking(house, images__allowed_networks=["127.0.0.1/32"])
    asked = inspection.Asked(url, {"x-asked": "yes"}, 5, 2, 0.01)
    if says is None:
        ask(asked)
    else:
        with pytest.raises(ValueError, match=says):
            ask(asked)
    assert kind.heard == ["/told yes"] * heard


def test_calls_end_when_they_have_taken_too_long(house: building.House, server: tuple[str, type[_Answers]]) -> None:
    url, kind = server
    kind.statuses = [503] * 6
    ask = _asking(house, images__allowed_networks=["127.0.0.1/32"])
    for says in ("answered 503", "answered 503", "have called for 120 seconds already"):
        with pytest.raises(ValueError, match=says):
            ask(inspection.Asked(url, {}, 5, 2, 25))
    assert len(kind.heard) == 6


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://169.254.169.254/latest", "file:///etc/passwd", "http://[::1]/"])
def test_calls_go_nowhere_that_images_may_not_come_from(house: building.House, url: str) -> None:
    with pytest.raises(ValueError, match=r"address|scheme"):
        _asking(house)(inspection.Asked(url, {}, 1, 0, 0))
