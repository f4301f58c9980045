"""What access hangs on beside the route: fields of a patch, steps of a verb, filters of a list, parts of an answer."""

import pathlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from baremetal import context
from baremetal.api import expose, matrix, policy, routes
from baremetal.api.nodes import interfaces, node, permits
from baremetal.api.policy import rules
from baremetal.db import events
from baremetal.notify import happening
from tests.api import stage as stages

INSTANCE = "0c3b5f0e-4e14-4f30-a5c0-5b8f3e0f9d11"
SECRET = {"driver_info": {"B1": "b", "B2": "b", "ipmi_password": "hush"}}
#: (path of the patch, value; None removes it): who of the projects may; operators' members may all but the last ones
PATCHES = [
    *[(path, value, "owner member, lessee member") for path, value in (
        ("/extra", {"a": 1}), ("/extra/a", 1), ("/description", "x"), ("/maintenance", True), ("/protected", False),
        ("/protected_reason", None), ("/resource_class", "x"))],
    ("/instance_info", {"a": 1}, "owner member, lessee manager"),
    ("/instance_name", "x", "owner member, lessee manager"),
    ("/instance_info/a", "x", "owner member, lessee manager"),
    ("/driver_info", {"B1": "b", "B2": "c"}, "owner member"), ("/properties", {"a": 1}, "owner member"),
    ("/driver_info/B1", "x", "owner member"), ("/properties/a", 1, "owner member"),
    ("/retired_reason", None, "owner member"), ("/lessee", None, "owner member"),
    ("/name", None, "owner member"), ("/lessee", "x", "owner member"), ("/retired", True, "owner member"),
    ("/network_data", {"links": [], "networks": [], "services": []}, "owner member"),
    ("/instance_uuid", None, "owner member"), ("/instance_uuid", INSTANCE, "owner member"),
    *[(f"/{field}", None, "owner manager") for field in interfaces.FIELDS],
    ("/power_interface", "fake", "owner manager"), ("/driver", "fake-hardware", "owner manager"),
    ("/owner", "x", "system member"), ("/owner", None, "system member"), ("/conductor_group", "", "system member"),
    ("/parent_node", None, "system member"), ("/chassis_uuid", None, "system admin"), ("/shard", None, "system admin"),
    ("/shard", "x", "system admin"), ("/disable_power_off", True, "system admin"),
    ("/automated_clean", False, "system admin"), ("/automated_clean", "no", "system admin"),
    ("/automated_clean", True, "owner member, lessee member"),
]
RANKS = ("admin", "manager", "member", "reader")
#: a third party sees no node that it could change
ASKERS = ("system admin", "system member", "system reader",
          *[f"{tenant} {rank}" for tenant in ("owner", "lessee") for rank in RANKS])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stages.Stage]:
    """The application."""
    with stages.opened(pathlib.Path(tmp_path_factory.mktemp("parts"))) as found:
        yield found


def enrol(stage: stages.Stage, **fields: Any) -> str:
    """Make a node of the owner, lent to the lessee; its path."""
    return "/v1/nodes/" + stage.make("nodes", **{"owner": matrix.OWNER, "lessee": matrix.LESSEE, **fields})


def least(told: str) -> set[str]:
    """The roles from those told upward."""
    found = {f"system {rank}" for rank in ("admin", "member")} if "system" not in told else set()
    for one in told.split(", "):
        who, rank = one.split()
        found |= {f"{who} {above}" for above in RANKS[:RANKS.index(rank) + 1]}
    return found


@pytest.mark.parametrize(("path", "value", "who"), PATCHES)
def test_each_field_has_its_rule(stage: stages.Stage, path: str, value: Any, who: str) -> None:
    may = least(who)
    operation = {"op": "remove", "path": path} if value is None else {"op": "add", "path": path, "value": value}
    for role in ASKERS:
        answer = stage.ask(role, "PATCH", enrol(stage), [operation])
        assert (answer.status == 200) == (role in may), (role, answer.content)
        assert answer.status in (200, 403), (role, answer.content)
        if value == INSTANCE and answer.status == 200:
            stage.ask("system admin", "PATCH", f"/v1/nodes/{answer.json()['uuid']}", [{"op": "remove", "path": path}])
    assert stage.ask("third admin", "PATCH", enrol(stage), [operation]).status == 404


def test_a_patch_needs_the_rule_of_each_of_its_fields(stage: stages.Stage) -> None:
    both = [{"op": "add", "path": "/extra/a", "value": 1}, {"op": "replace", "path": "/name", "value": "y"}]
    assert stage.ask("lessee member", "PATCH", enrol(stage), both).status == 403
    assert stage.ask("lessee member", "PATCH", enrol(stage), both[:1]).status == 200
    assert stage.ask("lessee member", "PATCH", enrol(stage), []).status == 200


def test_no_field_is_left_out() -> None:
    fields = {name for name, field in node.Node.fields().items() if field.patch}
    assert fields == {path.split("/")[1] for path, _value, _who in PATCHES}


def test_rules_of_fields_are_rules() -> None:
    assert {*permits.RULES.values(), permits.UPDATE} <= set(rules.RULES)


def test_an_active_nodes_owner_is_changed_by_operators_only(stage: stages.Stage) -> None:
    path = enrol(stage)
    stage.door.write(path.rsplit("/", 1)[1], provision_state="active")
    patch = [{"op": "replace", "path": "/owner", "value": "x"}]
    assert stage.ask("system member", "PATCH", path, patch).status == 409
    assert stage.ask("system admin", "PATCH", path, patch).status == 200


def test_whose_new_nodes_are(stage: stages.Stage) -> None:
    for role, asked, owner in (("owner admin", None, matrix.OWNER), ("owner admin", matrix.OWNER, matrix.OWNER),
                               ("owner admin", matrix.OTHER, None), ("system admin", matrix.OTHER, matrix.OTHER)):
        answer = stage.ask(role, "POST", "/v1/nodes", {"driver": "fake-hardware", "owner": asked})
        assert answer.json()["owner"] == owner if owner else answer.status == 403, (role, asked)


def test_steps_of_ones_own(stage: stages.Stage) -> None:
    """By default the rules are the verb's; they are asked nevertheless."""
    step = {"interface": "deploy", "step": "erase_devices"}
    path = enrol(stage)
    stage.door.write(path.rsplit("/", 1)[1], provision_state="manageable")
    for role, status in (("owner member", 202), ("lessee manager", 202), ("lessee member", 403), ("owner reader", 403)):
        answer = stage.ask(role, "PUT", f"{path}/states/provision", {"target": "clean", "clean_steps": [step]})
        assert answer.status == status, (role, answer.content)


def test_lists_of_other_projects(stage: stages.Stage) -> None:
    enrol(stage)
    for asked, status in ((matrix.OWNER, 200), (matrix.OTHER, 403)):
        assert stage.ask("owner reader", "GET", f"/v1/nodes?project={asked}").status == status
        assert stage.ask("system reader", "GET", f"/v1/nodes?project={asked}").status == 200
    assert stage.ask("owner reader", "GET", f"/v1/nodes?owner={matrix.OTHER}").json()["nodes"] == []


@pytest.mark.parametrize("where", ["", "/v1/nodes?detail=true&sort_dir=desc&limit=1",
                                   "/v1/nodes?fields=last_error,driver_info,reservation&sort_dir=desc&limit=1"])
def test_what_lessees_are_not_shown(stage: stages.Stage, where: str) -> None:
    path = enrol(stage, **SECRET)
    stage.door.write(path.rsplit("/", 1)[1], last_error="it burns")
    shown = {}
    for role in ("system reader", "owner reader", "lessee admin"):
        found = stage.ask(role, "GET", where or path).json()
        shown[role] = found["nodes"][0] if where else found
        assert "hush" not in str(shown[role])
    assert shown["system reader"] == shown["owner reader"]
    assert shown["owner reader"]["last_error"] == "it burns"
    assert shown["owner reader"]["driver_info"]["ipmi_password"] == "******"
    for field in ("last_error", "reservation"):
        assert f"baremetal:node:get:{field}" in shown["lessee admin"][field]
    assert "baremetal:node:get:driver_info" in shown["lessee admin"]["driver_info"]["content"]
    assert set(shown["lessee admin"]) == set(shown["owner reader"])


def test_what_lessees_are_not_shown_elsewhere(stage: stages.Stage) -> None:
    path = enrol(stage)
    stage.door.write(path.rsplit("/", 1)[1], last_error="it burns")
    patch = [{"op": "add", "path": "/extra/a", "value": 1}]
    for asked in (("GET", f"{path}/states"), ("PATCH", path, patch)):
        answer = stage.ask("lessee member", *asked)
        assert answer.status == 200 and "baremetal:node:get:last_error" in answer.json()["last_error"]


def test_who_may_see_secrets_sees_them(tmp_path: pathlib.Path) -> None:
    own, conf = tmp_path / "policy.yaml", tmp_path / "baremetal.conf"
    own.write_text('"show_password": "role:admin and system_scope:all"\n')
    conf.write_text(f"[oslo_policy]\npolicy_file = {own}\n")
    with stages.opened(tmp_path, files=[str(conf)]) as stage:
        path = "/v1/nodes/" + stage.make("nodes", **SECRET, instance_info={"configdrive": "hush"})
        for role, told in (("system admin", "hush"), ("system reader", "******")):
            for found in (stage.ask(role, "GET", path).json(),
                          stage.ask(role, "GET", "/v1/nodes?detail=true").json()["nodes"][0]):
                assert found["driver_info"]["ipmi_password"] == told
                assert found["instance_info"]["configdrive"] == "******"


def test_a_handler_that_judges_nothing_answers_nobody(tmp_path: pathlib.Path) -> None:
    @expose.handler("node:get")
    def careless(_call: expose.Call, _name: str) -> dict[str, str]:
        return {"secret": "hush"}
    with stages.opened(tmp_path, (routes.Route("GET", "/v1/nodes/{node}", careless),)) as stage:
        answer = stage.ask("system admin", "GET", "/v1/nodes/x")
    assert answer.status == 500 and "hush" not in str(answer.content)


def test_every_handler_declares_a_rule_that_there_is() -> None:
    declared = {expose.declared(route.handler).policy for route in routes.TABLE}
    assert declared <= {*rules.RULES, policy.PUBLIC}


def test_who_has_nothing_sees_nothing_of_nobodys(stage: stages.Stage) -> None:
    """A caller without project is not the owner of a node without owner."""
    path = "/v1/nodes/" + stage.make("nodes")
    stage.roles["lost"] = context.Context(user="user", roles=context.OPERATOR)
    assert stage.ask("lost", "GET", path).status == 404
    assert stage.ask("lost", "GET", "/v1/nodes").status == 403


def test_a_lessee_hears_of_its_node_without_its_errors(stage: stages.Stage) -> None:
    """What a stream tells of a node is what its document shows."""
    told = {}
    for role, by in (("owner reader", "joe"), ("lessee admin", "joe"), ("lessee member", "user"), ("third admin", "x")):
        ident = str(uuid.uuid4())
        with stage.door.database.write() as connection:
            events.add(connection, [happening.Happening(
                "node", "update", ident, stage.door.time.now(), owner=matrix.OWNER, lessee=matrix.LESSEE,
                request_id="req-7", user=by, facts={"last_error": "it burns", "health": None})])
            newest = events.newest(connection)
        answer = stage.door.ask("GET", "/ops/v1/events", headers={
            stages.ROLE: role, "Last-Event-ID": f"{newest - 1}.ffffffffffffffff"})
        told[role] = answer.content.decode()
    assert "it burns" in told["owner reader"]
    assert "health" in told["lessee admin"] and "it burns" not in told["lessee admin"]
    assert "health" not in told["third admin"]
    # who did it is its owner's business, unless it was the lessee itself
    assert "req-7" in told["owner reader"] and "joe" in told["owner reader"]
    assert "req-7" not in told["lessee admin"] and "joe" not in told["lessee admin"]
    assert "req-7" in told["lessee member"]
