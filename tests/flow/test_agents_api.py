"""Agents over HTTP: their listener, RPC and the conductor together, from the first lookup to what an operator reads."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from baremetal.api import app
from baremetal.db import models
from baremetal.rpc import server, wire
from tests.api import inside
from tests.flow import house as building
from tests.flow import ramdisk
from tests.unit.inspection import reports

MAC = reports.BOOTED


class Doors(inside.Inside):
    """Both listeners in front of a house; asks the agents' one unless told otherwise."""

    def __init__(self, house: building.House) -> None:
        self.house, self.conf = house, house.conf
        transport = wire.transport(self.conf)
        self.agents = app.build_agents(self.conf, house.database, transport, house.clock)
        self.operators = app.build(self.conf, house.database, transport, house.clock)
        self.application = self.agents
        self._end = server.Server(self.conf, transport, "one", house.managers["one"].table())
        self._end.start()

    def read(self, path: str) -> Any:
        """What an operator reads."""
        self.application = self.operators
        try:
            answer = self.ask("GET", path)
        finally:
            self.application = self.agents
        assert answer.status == 200, answer.content
        return answer.json()

    def lookup(self, version: str = "1.62", **query: str) -> inside.Answer:
        """Look up."""
        return self.ask("GET", "/v1/lookup?" + "&".join(f"{k}={v}" for k, v in query.items()), version)

    def beat(self, ident: str, token: str, **more: Any) -> inside.Answer:
        """Send a heartbeat."""
        said = {"callback_url": ramdisk.URL, "agent_version": ramdisk.VERSION, "agent_token": token,
                "agent_verify_ca": "PEM", **more}
        return self.ask("POST", f"/v1/heartbeat/{ident}", "1.68", said)

    def close(self) -> None:
        """End the conductor's end."""
        stop = threading.Thread(target=self._end.stop, daemon=True)
        stop.start()
        stop.join(5)


@pytest.fixture
def parts() -> dict[str, Any]:
    """A deploy interface with an agent, and an inspect interface."""
    return {"deploy": ramdisk.Deploy(ramdisk.step("erase", 10)), "inspect": ramdisk.Inspect()}


@pytest.fixture
def doors(tmp_path: Any, parts: dict[str, Any]) -> Iterator[Doors]:
    """A house with doors."""
    house = building.House(f"sqlite:///{tmp_path / 'flow.sqlite'}", auth_strategy="noauth",
                           state_path=str(tmp_path), agent__deploy_logs_collect="always")
    house.conductor("one", **parts)
    made = Doors(house)
    yield made
    made.close()
    house.close()


def _port(house: building.House, ident: str, address: str = MAC) -> None:
    with house.database.write() as connection:
        connection.execute(models.PORTS.insert().values(
            uuid=f"{address.replace(':', '')}-port", node_id=house.node(ident).id, address=address))


def test_lookup_heartbeat_and_on(doors: Doors, parts: dict[str, Any]) -> None:
    house = doors.house
    ident, other = house.add("manageable"), house.add("manageable")
    _port(house, ident)
    _port(house, other, reports.OTHER)
    assert doors.lookup(addresses=MAC).status == 404, "nobody awaits it"
    for node in (ident, other):
        house.do(node, "provide")
        assert house.node(node).provision_state == "clean wait"
    first = doors.lookup(addresses=MAC.upper())
    assert first.status == 200 and first.json()["node"]["uuid"] == ident
    token = first.json()["config"]["agent_token"]
    assert len(token) == 43
    second = doors.lookup(addresses=MAC)
    assert (second.status, second.json()["config"]["agent_token"]) == (200, "******")
    assert second.json()["node"]["driver_internal_info"]["agent_secret_token"] == "******"
    assert token not in str(doors.read(f"/v1/nodes/{ident}"))
    others = doors.lookup(addresses=reports.OTHER).json()["config"]["agent_token"]
    for wrong in ("x" * 43, others):
        answer = doors.beat(ident, wrong)
        assert answer.status == 400 and wrong not in answer.text()
    assert parts["deploy"].calls.count("learn") == 0
    assert doors.beat(ident, token, callback_url="http://10.0.0.9:9999").status == 400, "no TLS"
    answer = doors.beat(ident, token)
    assert (answer.status, answer.content) == (202, b"")
    house.settle()
    assert "learn" in parts["deploy"].calls
    assert house.node(ident).driver_internal_info["agent_url"] == ramdisk.URL
    assert doors.beat(ident, token, callback_url="https://10.0.0.66:9999").status == 400, "agents do not move"


def test_who_holds_the_node_is_said(doors: Doors) -> None:
    house = doors.house
    now = house.clock.now()
    held = {"reservation": "two", "lease_token": "t", "lease_epoch": 1, "lease_why": "a long step", "lease_since": now,
            "lease_deadline": now.replace(year=2100)}
    ident = house.add("wait call-back", **held)
    for answer in (doors.lookup(node_uuid=ident), doors.beat(ident, "t" * 43)):
        assert answer.status == 409
        assert "locked by host two for a long step" in answer.text()


def _inspected(doors: Doors) -> str:
    ident = doors.house.add("manageable", properties={"note": "kept"})
    _port(doors.house, ident)
    doors.house.do(ident, "inspect")
    assert doors.house.node(ident).provision_state == "inspect wait"
    return ident


def test_a_report_is_read_back_by_the_operator(doors: Doors, tmp_path: Any) -> None:
    ident = _inspected(doors)
    answer = doors.ask("POST", "/v1/continue_inspection", None, reports.report(lldp_raw={"ens3": reports.LLDP}))
    assert (answer.status, answer.json()) == (202, {"uuid": ident})
    doors.house.settle()
    node = doors.read(f"/v1/nodes/{ident}")
    assert (node["provision_state"], node["last_error"], node["boot_mode"]) == ("manageable", None, "uefi")
    assert node["properties"] == {"note": "kept", "cpu_arch": "x86_64", "cpus": 2, "memory_mb": 2048, "local_gb": 9,
                                  "capabilities": "boot_mode:uefi"}
    shown = doors.read(f"/v1/nodes/{ident}/inventory")
    assert shown["inventory"] == reports.REPORT["inventory"]
    assert shown["plugin_data"]["parsed_lldp"]["ens3"]["switch_system_name"] == "sw-1"
    assert "logs" not in shown["plugin_data"]
    link = doors.read(f"/v1/nodes/{ident}/ports/detail")["ports"][0]["local_link_connection"]
    assert link == {"switch_id": "88:11:33:55:77:9a", "port_id": "Ethernet1/1"}
    [kept] = (tmp_path / "logs").iterdir()
    assert kept.name.startswith(f"{ident}_inspect_") and kept.read_bytes() == b"logs"
    assert doors.ask("POST", "/v1/continue_inspection", None, reports.report()).status == 404, "nobody awaits another"


def test_a_new_agent_takes_its_token_from_the_answer(doors: Doors) -> None:
    ident = _inspected(doors)
    told = doors.ask("POST", "/v1/continue_inspection", "1.84", reports.report()).json()
    assert told["node"]["uuid"] == ident and len(told["config"]["agent_token"]) == 43


def test_what_is_wrong_with_a_report_is_read_at_the_node(doors: Doors) -> None:
    ident = _inspected(doors)
    raw = reports.report(inventory__cpu={"architecture": ["x"]})
    assert doors.ask("POST", "/v1/continue_inspection", None, raw).status == 202
    doors.house.settle()
    node = doors.read(f"/v1/nodes/{ident}")
    assert node["provision_state"] == "inspect failed"
    assert "inventory.cpu.architecture is a list; it must be a text" in node["last_error"]
    assert node["properties"] == {"note": "kept"}
    assert doors.read(f"/v1/nodes/{ident}/inventory")["plugin_data"]["boot_interface"]


def test_the_lookups_of_many_servers_are_answered_at_once(doors: Doors) -> None:
    """Each by its own address, all at once: nobody gets another one's node or token."""
    house = doors.house
    idents = {f"52:54:00:00:07:{number:02x}": house.add("wait call-back") for number in range(24)}
    for address, ident in idents.items():
        _port(house, ident, address)
    answers: dict[str, Any] = {}

    def ask(address: str) -> None:
        answers[address] = doors.lookup(addresses=address)
    threads = [threading.Thread(target=ask, args=(address,)) for address in idents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert {address: answer.status for address, answer in answers.items()} == dict.fromkeys(idents, 200)
    told = {address: json.loads(answer.content) for address, answer in answers.items()}
    assert {address: one["node"]["uuid"] for address, one in told.items()} == idents
    assert len({one["config"]["agent_token"] for one in told.values()}) == len(idents)
