"""What agents ask: lookup, heartbeat, report. What of it reaches the conductor, and what is refused before."""

import datetime
import hashlib
import json
import pathlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal import errors, states
from baremetal.api import app
from baremetal.db import inventory
from baremetal.rpc import wire
from tests import moments
from tests.api import inside
from tests.unit.api import door
from tests.unit.inspection import reports

MAC, SECOND, FOREIGN = reports.BOOTED, reports.OTHER, "52:54:00:99:99:99"
BEAT = {"callback_url": "https://10.77.0.51:9999", "agent_token": "t" * 43, "agent_version": "11.6.0"}
NOBODY = "Node that awaits this agent was not found."
TOKEN = "k" * 43


@pytest.fixture
def asked(tmp_path: pathlib.Path) -> Iterator[door.Door]:
    made = door.Door(tmp_path)
    yield made
    made.close()


def enrol(asked: door.Door, *addresses: str, state: str = states.DEPLOYWAIT, **fields: Any) -> str:
    """A node in a state, with ports."""
    ident = asked.node(**fields)
    for address in addresses:
        asked.make("/v1/ports", {"node_uuid": ident, "address": address})
    asked.write(ident, provision_state=state)
    return ident


def lookup(asked: door.Door, version: str = "1.62", **query: str) -> inside.Answer:
    return asked.ask("GET", "/v1/lookup?" + "&".join(f"{name}={value}" for name, value in query.items()), version)


def test_lookup_tells_the_node_how_to_behave_and_the_token(asked: door.Door) -> None:
    ident = enrol(asked, MAC, SECOND, properties={"a": 1}, instance_info={"image_source": "x", "configdrive": "secret"})
    asked.answers["lookup"] = {"token": TOKEN}
    answer = lookup(asked, addresses=f"{MAC.upper()},zz,{SECOND},{FOREIGN}")
    assert answer.status == 200
    told = answer.json()
    assert told["node"] == {
        "uuid": ident, "properties": {"a": 1}, "driver_internal_info": {},
        "instance_info": {"image_source": "x", "configdrive": "******"},
        "links": [{"href": f"http://localhost/v1/nodes/{ident}", "rel": "self"},
                  {"href": f"http://localhost/nodes/{ident}", "rel": "bookmark"}]}
    config = told["config"]
    assert (config["heartbeat_timeout"], config["agent_token"], config["agent_token_required"]) == (300, TOKEN, True)
    assert config["permitted_image_formats"] == ["raw", "gpt", "qcow2", "iso"]
    assert asked.told == [("lookup", {"node": ident, "boot": ""})]
    asked.write(ident, driver_internal_info='{"agent_boot":"b7"}')
    assert lookup(asked, addresses=MAC).status == 200
    assert asked.told[-1] == ("lookup", {"node": ident, "boot": "b7"})


@pytest.mark.parametrize(("option", "whole", "may"), [
    (False, None, False), (False, True, False), (False, False, True), (True, True, True)])
def test_the_agent_may_install_a_boot_loader_where_a_partition_image_needs_one(
        tmp_path: pathlib.Path, *, option: bool, whole: bool | None, may: bool) -> None:
    made = door.Door(tmp_path, agent__enable_bios_bootloader_install=option)
    enrol(made, MAC)
    ident = enrol(made, SECOND)
    made.write(ident, driver_internal_info=json.dumps({} if whole is None else {"is_whole_disk_image": whole}))
    made.answers["lookup"] = {"token": TOKEN}
    assert lookup(made, addresses=SECOND).json()["config"]["enable_bios_bootloader_install"] is may
    made.close()


@pytest.mark.parametrize("state", sorted(states.STATES))
def test_only_nodes_that_may_run_a_ramdisk_are_told(asked: door.Door, state: str) -> None:
    ident = enrol(asked, MAC, state=state)
    asked.answers["lookup"] = {"token": TOKEN}
    answer = lookup(asked, node_uuid=ident)
    allowed = {"deploying", "wait call-back", "cleaning", "clean wait", "inspecting", "inspect wait", "rescuing",
               "rescue wait", "servicing", "service wait"}
    assert answer.status == (200 if state in allowed else 404)
    if answer.status == 404:
        assert answer.text() == NOBODY and not asked.told


def test_without_restriction_any_state_will_do(tmp_path: pathlib.Path) -> None:
    made = door.Door(tmp_path, api__restrict_lookup=False)
    made.answers["lookup"] = {"token": TOKEN}
    assert lookup(made, node_uuid=enrol(made, state=states.ACTIVE)).status == 200
    made.close()


def test_who_is_unknown_is_told_the_same(asked: door.Door) -> None:
    enrol(asked, MAC), enrol(asked, SECOND)
    for query in ({"addresses": FOREIGN}, {"node_uuid": str(uuid.uuid4())}, {"addresses": f"{MAC},{SECOND}"}):
        answer = lookup(asked, **query)
        assert (answer.status, answer.text()) == (404, NOBODY), query
    assert not asked.told


def test_the_uuid_wins(asked: door.Door) -> None:
    ident = enrol(asked, MAC)
    enrol(asked, SECOND)
    asked.answers["lookup"] = {"token": TOKEN}
    assert lookup(asked, addresses=SECOND, node_uuid=ident).json()["node"]["uuid"] == ident


def test_old_agents_get_no_token_and_learn_none(asked: door.Door) -> None:
    ident = enrol(asked, MAC)
    assert lookup(asked, "1.61", addresses=MAC).json()["config"]["agent_token"] is None
    asked.write(ident, driver_internal_info='{"agent_secret_token":"******"}',
                driver_internal_info_secrets=json.dumps({"agent_secret_token": TOKEN}))
    answer = lookup(asked, "1.61", addresses=MAC)
    assert answer.json()["config"]["agent_token"] == "******" and TOKEN.encode() not in answer.content
    assert not asked.told


# fmt: off
LOOKUPS = [
    ("1.21", "addresses=x",              404, "1.22"),
    ("1.62", "",                         400, "'addresses'"),
    ("1.62", "addresses=",               400, "'addresses'"),
    ("1.62", "addresses=zz,52-54-00-12-34-01", 400, "'addresses'"),
    ("1.62", "node_uuid=x",              400, "node_uuid"),
    ("1.62", "addresses=x&fields=uuid",  400, "fields"),
]
# fmt: on


@pytest.mark.parametrize(("version", "query", "status", "says"), LOOKUPS)
def test_wrong_lookups_are_refused(asked: door.Door, version: str, query: str, status: int, says: str) -> None:
    answer = asked.ask("GET", f"/v1/lookup?{query}", version)
    assert answer.status == status and says in answer.text()


def test_a_held_node_and_one_without_a_conductor(asked: door.Door) -> None:
    ident = enrol(asked, MAC)
    asked.answers["lookup"] = errors.NodeLocked(node=ident, holder="conductor-9", why="a step", since="now")
    answer = lookup(asked, addresses=MAC)
    assert answer.status == 409 and "conductor-9" in answer.text()
    asked.write(ident, conductor_group="elsewhere")
    assert lookup(asked, addresses=MAC).status == 400
    assert asked.ask("POST", f"/v1/heartbeat/{ident}", body=BEAT).status == 400


def test_a_heartbeat_reaches_the_conductor_as_it_came(asked: door.Door) -> None:
    ident = enrol(asked, name="one")
    beat = {**BEAT, "agent_verify_ca": "PEM", "agent_status": "end", "agent_status_message": "done"}
    answer = asked.ask("POST", f"/v1/heartbeat/{ident}", "1.72", beat)
    assert (answer.status, answer.content) == (202, b"")
    assert asked.ask("POST", "/v1/heartbeat/one", "1.68", BEAT).status == 202
    assert asked.told == [("heartbeat", {"node": ident, "beat": beat}), ("heartbeat", {"node": ident, "beat": BEAT})]


# fmt: off
BEATS: list[tuple[str, dict[str, Any], int, str]] = [
    ("1.21", {},                                     404, "1.22"),
    ("1.35", {},                                     400, "agent_version"),
    ("1.67", {"agent_verify_ca": "x"},               400, "agent_verify_ca"),
    ("1.71", {"agent_status": "end"},                400, "agent_status"),
    ("1.71", {"agent_status_message": "x"},          400, "agent_status_message"),
    ("1.72", {"agent_status": "bored"},              400, "start, end, error"),
    ("1.72", {"agent_token": None},                  400, "agent_token"),
    ("1.72", {"agent_token": ""},                    400, "agent_token"),
    ("1.72", {"agent_token": 5},                     400, "agent_token"),
    ("1.72", {"agent_version": None},                400, "agent_version"),
    ("1.72", {"callback_url": None},                 400, "callback_url"),
    ("1.72", {"callback_url": 7},                    400, "callback_url"),
    ("1.72", {"callback_url": ""},                   400, "callback_url"),
    ("1.72", {"callback_url": "ftp://10.0.0.1"},     400, "https://10.0.0.5:9999"),
    ("1.72", {"callback_url": "https://"},           400, "callback_url"),
    ("1.72", {"callback_url": "https://a:99999"},    400, "callback_url"),
    ("1.72", {"callback_url": "https://[::1"},       400, "callback_url"),
    ("1.72", {"callback_url": "https://a\n/"},       400, "callback_url"),
    ("1.72", {"callback_url": "https://u:p@a:1"},    400, "callback_url"),
    ("1.72", {"shoe_size": 9},                       400, "shoe_size"),
]
# fmt: on


@pytest.mark.parametrize(("version", "changes", "status", "says"), BEATS)
def test_wrong_heartbeats_are_refused(asked: door.Door, version: str, changes: dict[str, Any], status: int,
                                      says: str) -> None:
    ident = enrol(asked)
    answer = asked.ask("POST", f"/v1/heartbeat/{ident}", version, {**BEAT, **changes})
    assert answer.status == status and says in answer.text() and not asked.told
    assert BEAT["agent_token"] not in answer.text()


def test_heartbeats_of_the_unknown(asked: door.Door) -> None:
    assert asked.ask("POST", f"/v1/heartbeat/{uuid.uuid4()}", body=BEAT).status == 404
    assert asked.ask("GET", f"/v1/heartbeat/{uuid.uuid4()}").status == 405
    assert asked.ask("POST", "/v1/heartbeat", body=BEAT).status in (400, 404)


def report_of(asked: door.Door, raw: Any = None, version: str | None = None, query: str = "") -> inside.Answer:
    return asked.ask("POST", f"/v1/continue_inspection{query}", version, reports.report() if raw is None else raw)


def pending(asked: door.Door, ident: str) -> str | None:
    with asked.database.read() as connection:
        return inventory.pending(connection, asked.row(ident).id)


def test_a_report_waits_for_the_conductor_as_it_came(asked: door.Door) -> None:
    ident = enrol(asked, MAC, state=states.INSPECTWAIT)
    raw = b'{"inventory": {"interfaces": [{"mac_address": "%b", "big": 123456789012345678901234}]}}' % MAC.encode()
    answer = asked.ask("POST", "/v1/continue_inspection", None, raw=raw)
    assert (answer.status, answer.json()) == (202, {"uuid": ident})
    assert pending(asked, ident) == raw.decode()
    assert asked.told == [("continue_inspection", {"node": ident, "token": False, "boot": "",
                                                   "report": hashlib.sha256(raw).hexdigest()})]
    assert report_of(asked).status == 202
    assert "virtio_net" in str(pending(asked, ident))


def test_a_report_that_comes_when_another_boot_has_begun_is_not_kept(tmp_path: pathlib.Path) -> None:
    """The API has found the node, then the inspection is given up and begun anew before the report is stored."""
    time = moments.Clock()
    made = door.Door(tmp_path, time)
    ident = enrol(made, MAC, state=states.INSPECTWAIT)
    dates = (datetime.datetime(2026, 2, 1, minute=minute) for minute in range(60))
    # the last time before the report is stored that somebody looks at the clock is for the report's own date
    time.looking = lambda: made.write(ident, provision_updated_at=next(dates))
    answer = report_of(made)
    time.looking = None
    assert answer.status == 409 and "something else since. Try again" in answer.text()
    assert pending(made, ident) is None and not made.told
    made.close()


def test_a_new_agent_gets_what_a_lookup_tells(asked: door.Door) -> None:
    ident = enrol(asked, MAC, state=states.INSPECTWAIT)
    asked.answers["continue_inspection"] = {"token": TOKEN}
    told = report_of(asked, version="1.84", query=f"?node_uuid={ident}").json()
    assert (told["node"]["uuid"], told["config"]["agent_token"]) == (ident, TOKEN)


# fmt: off
WAYS: list[tuple[str, list[str], str | None, str | None]] = [
    # node_uuid  MAC addresses     bmc_address    node that is found
    ("",         [MAC],            None,          "first"),
    ("",         [MAC.upper(), FOREIGN], None,    "first"),
    ("",         [FOREIGN],        None,          None),
    ("",         [MAC, SECOND],    None,          None),
    ("",         [FOREIGN],        "10.1.0.1",    "first"),
    ("",         [FOREIGN],        "10.1.0.2",    "second"),
    ("",         [FOREIGN],        "fd00::0003",  "third"),
    ("",         [FOREIGN],        "10.1.0.9",    None),
    ("",         [MAC],            "10.1.0.1",    "first"),
    ("",         [MAC],            "10.1.0.2",    None),
    ("",         [MAC],            "10.1.0.9",    "first"),
    ("first",    [FOREIGN],        None,          "first"),
    ("first",    [MAC],            "10.1.0.1",    "first"),
    ("first",    [SECOND],         None,          None),
    ("first",    [FOREIGN],        "10.1.0.2",    None),
    ("unknown",  [MAC],            None,          None),
    ("",         ["zz"],           "10.1.0.1",    "first"),
]
# fmt: on


@pytest.mark.parametrize(("named", "addresses", "bmc", "expected"), WAYS)
def test_all_that_a_report_names_must_be_one_node(asked: door.Door, named: str, addresses: list[str], bmc: str | None,
                                                  expected: str | None) -> None:
    nodes = {
        "first": enrol(asked, MAC, state=states.INSPECTWAIT, driver_info={"ipmi_address": "10.1.0.1"}),
        "second": enrol(asked, SECOND, state=states.INSPECTWAIT, driver_info={"redfish_address": "https://10.1.0.2:8"}),
        "third": enrol(asked, state=states.INSPECTWAIT, driver_info={"ipmi_address": "fd00::3"})}
    raw = {"inventory": {"bmc_address": bmc if bmc and "." in bmc else None,
                         "bmc_v6address": bmc if bmc and ":" in bmc else None,
                         "interfaces": [{"mac_address": address} for address in addresses]}}
    query = f"?node_uuid={nodes.get(named, str(uuid.uuid4()))}" if named else ""
    asked.answers["continue_inspection"] = {"token": TOKEN}
    answer = report_of(asked, raw, "1.115", query)
    if expected is None:
        assert (answer.status, answer.text()) == (404, NOBODY)
        assert not asked.told
    else:
        assert answer.status == 202, answer.content
        [(work, told)] = asked.told
        assert (work, told["node"], told["token"]) == ("continue_inspection", nodes[expected], True)


@pytest.mark.parametrize("state", sorted(set(states.STATES) - {states.INSPECTWAIT}))
def test_only_who_awaits_a_report_gets_one(asked: door.Door, state: str) -> None:
    ident = enrol(asked, MAC, state=state)
    assert report_of(asked).status == (409 if state == states.INSPECTING else 404)
    assert pending(asked, ident) is None and not asked.told


# fmt: off
REPORTS: list[tuple[str | None, Any, str, int, str]] = [
    ("1.2",   reports.REPORT,                                        "", 404, "1.84"),
    ("1.83",  reports.REPORT,                                        "", 404, "1.84"),
    (None,    reports.REPORT,              "?node_uuid=" + "1" * 8 + "-1111-1111-1111-" + "1" * 12, 404, "1.84"),
    ("1.84",  reports.REPORT,                              "?node_uuid=x", 400, "node_uuid"),
    ("1.84",  reports.REPORT,                                    "?x=y", 400, "x"),
    ("1.84",  {},                                                    "", 400, "'inventory'"),
    ("1.84",  [],                                                    "", 400, "list"),
    ("1.84",  {"inventory": "x"},                                    "", 400, "inventory is the text 'x'"),
    ("1.84",  {"inventory": {"interfaces": []}},                     "", 400, "at least one interface"),
    ("1.84",  {"inventory": {"interfaces": [{}]}},                   "", 400, "interfaces.0 has no mac_address"),
    ("1.84",  {"inventory": {"interfaces": [{"mac_address": 3}]}},   "", 400, "mac_address is 3"),
    ("1.84",  {"inventory": {"interfaces": [{"mac_address": "z"}]}}, "", 400, "names no node"),
    ("1.84",  {"inventory": {"interfaces": [{"mac_address": MAC}], "bmc_address": 3}}, "", 400, "bmc_address is 3"),
]
# fmt: on


@pytest.mark.parametrize(("version", "raw", "query", "status", "says"), REPORTS)
def test_wrong_reports_are_refused(asked: door.Door, version: str | None, raw: Any, query: str, status: int,
                                   says: str) -> None:
    enrol(asked, MAC, state=states.INSPECTWAIT)
    answer = report_of(asked, raw, version, query)
    assert answer.status == status and says in answer.text() and not asked.told


def test_an_inventory_is_shown_as_it_was_stored(asked: door.Door) -> None:
    ident = enrol(asked, name="one")
    assert asked.ask("GET", f"/v1/nodes/{ident}/inventory").status == 404
    with asked.database.write() as connection:
        inventory.store(connection, asked.row(ident).id, '{"cpu":{}}', '{"a":[1]}', asked.time.now())
    for name in (ident, "one"):
        assert asked.ask("GET", f"/v1/nodes/{name}/inventory", "1.81").json() == {
            "inventory": {"cpu": {}}, "plugin_data": {"a": [1]}}
    assert asked.ask("GET", f"/v1/nodes/{ident}/inventory", "1.80").status == 404
    assert asked.ask("GET", f"/v1/nodes/{uuid.uuid4()}/inventory").status == 404


def test_a_report_that_waits_leaves_the_last_inventory(asked: door.Door) -> None:
    ident = enrol(asked, MAC, state=states.INSPECTWAIT)
    with asked.database.write() as connection:
        inventory.store(connection, asked.row(ident).id, '{"old":1}', "{}", asked.time.now())
    report_of(asked)
    assert asked.ask("GET", f"/v1/nodes/{ident}/inventory").json()["inventory"] == {"old": 1}
    with asked.database.write() as connection:
        inventory.drop(connection, asked.row(ident).id)
    assert pending(asked, ident) is None


def test_agents_need_no_password_and_their_listener_has_nothing_else(tmp_path: pathlib.Path) -> None:
    entry = tmp_path / "htpasswd"
    entry.write_text("")
    made = door.Door(tmp_path, auth_strategy="http_basic", http_basic_auth_user_file=str(entry),
                     api__max_json_body_size=1, api__max_json_body_size_inspection=2)
    big = {"inventory": {"interfaces": [{"mac_address": MAC, "x": "y" * 3000}]}}
    beat = {**BEAT, "agent_status_message": "x" * 2000}
    paths = (("GET", f"/v1/lookup?addresses={MAC}", None, 404), ("POST", f"/v1/heartbeat/{uuid.uuid4()}", BEAT, 404),
             ("POST", "/v1/continue_inspection", reports.REPORT, 413), ("POST", "/v1/continue_inspection", big, 413),
             ("POST", "/v1/heartbeat/x", beat, 413))
    for method, path, body, status in paths:
        assert made.ask(method, path, "1.115", body).status == status, path
    assert made.ask("GET", "/v1/nodes").status == 401
    made.application = app.build_agents(made.conf, made.database, wire.transport(made.conf))
    for method, path, body, status in (*paths, ("GET", "/", None, 200), ("GET", "/v1", None, 200)):
        assert made.ask(method, path, "1.115", body).status == status, path
    for method, path in (("GET", "/v1/nodes"), ("POST", "/v1/nodes"), ("GET", "/v1/nodes/x"), ("GET", "/healthcheck"),
                         ("GET", "/ops/v1/fleet"), ("GET", "/ops/v1/reference"), ("GET", "/v1/drivers")):
        assert made.ask(method, path).status == 404, path
    answer = made.ask("GET", f"/v1/lookup?addresses={MAC}")
    assert answer.headers["openstack-request-id"].startswith("req-")
    made.close()


@pytest.mark.parametrize(("work", "method", "path", "body"), [
    ("lookup", "GET", f"/v1/lookup?addresses={MAC},{SECOND}", None),
    ("heartbeat", "POST", "/v1/heartbeat/one", BEAT)])
def test_one_statement_and_one_call(asked: door.Door, work: str, method: str, path: str, body: Any) -> None:
    # what is cached for a while must not run out between a look and the one that is counted
    asked.conf.set_override("hash_ring_reset_interval", 10**6)
    enrol(asked, MAC, SECOND, name="one")
    asked.answers["lookup"] = {"token": TOKEN}
    asked.ask(method, path, "1.72", body)
    asked.told.clear()
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    # on whichever connection of the pool the request gets
    sa.event.listen(asked.database.reader, "before_cursor_execute", note)
    asked.ask(method, path, "1.72", body)
    assert len([line for line in seen if line.startswith("SELECT")]) == 1, seen
    assert [told[0] for told in asked.told] == [work]
