"""Whose runbooks are: what projects make, see, change and use; public ones; and what reaches the conductor."""

import dataclasses
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from baremetal import clock
from baremetal.api import app, matrix, routes
from baremetal.api.guards import requests
from baremetal.rpc import wire
from tests.api import inside
from tests.unit.api import door

ROLE = "X-Role"
STEPS = [{"interface": "bios", "step": "b", "args": {"password": "geheim"}, "order": 2},
         {"interface": "vendor", "step": "a", "args": {}, "order": 1}]


class Stage(door.Door):
    """Asked as a role."""

    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__(folder, clock.MovedClock(), conductor__heartbeat_timeout=10**8)
        within = app.bounded(self.conf, self.database, wire.transport(self.conf), self.time, routes.TABLE)

        def believe(environ: dict[str, Any], start_response: Any) -> Any:
            who = matrix.ROLES[environ.get("HTTP_X_ROLE", "system admin")]
            assert who is not None
            environ["baremetal.context"] = dataclasses.replace(who, request_id="req-1")
            return within(environ, start_response)
        self.application = requests.wrap(believe)

    def as_role(self, role: str, method: str, path: str, body: Any = None, version: str = "1.115") -> inside.Answer:
        """Ask as a role."""
        return self.ask(method, path, version, body=body, headers={ROLE: role})

    def runbook(self, role: str = "system admin", **fields: Any) -> str:
        """Make a runbook as a role; its UUID."""
        answer = self.as_role(role, "POST", "/v1/runbooks", {"name": "private", "steps": STEPS, **fields})
        assert answer.status == 201, answer.content
        return str(answer.json()["uuid"])


@pytest.fixture
def stage(tmp_path: pathlib.Path) -> Iterator[Stage]:
    """The application."""
    made = Stage(tmp_path)
    yield made
    made.close()


def test_what_a_project_makes_is_its_own(stage: Stage) -> None:
    made = stage.as_role("owner manager", "POST", "/v1/runbooks", {"name": "mine", "steps": STEPS})
    assert made.json()["owner"] == matrix.OWNER
    for fields, says in (({"owner": "another"}, "owner"), ({"public": True}, "public")):
        answer = stage.as_role("owner manager", "POST", "/v1/runbooks", {"name": "other", "steps": STEPS, **fields})
        assert answer.status == 400 and says in answer.text()
    assert stage.as_role("owner manager", "GET", "/v1/runbooks/mine").status == 200
    assert stage.as_role("third admin", "GET", "/v1/runbooks/mine").status == 404
    assert stage.as_role("third admin", "PATCH", "/v1/runbooks/mine", [
        {"op": "replace", "path": "/disable_ramdisk", "value": True}]).status == 404


def test_public_ones_are_seen_by_all_and_changed_by_operators(stage: Stage) -> None:
    public, private = stage.runbook(name="public", public=True), stage.runbook(name="private")
    mine = stage.runbook("owner manager", name="mine")
    for role, seen in (("owner reader", {public, mine}), ("third reader", {public}),
                       ("system reader", {public, private, mine})):
        listed = stage.as_role(role, "GET", "/v1/runbooks").json()["runbooks"]
        assert {one["uuid"] for one in listed} == seen, role
        assert stage.as_role(role, "GET", f"/v1/runbooks/{public}").status == 200
        assert stage.as_role(role, "GET", f"/v1/runbooks/{public}/traits").status == 200
        assert stage.as_role(role, "GET", f"/v1/runbooks/{private}").status == (200 if private in seen else 404)
    change = [{"op": "add", "path": "/extra/a", "value": 1}]
    assert stage.as_role("third admin", "PATCH", f"/v1/runbooks/{public}", change).status == 403
    assert stage.as_role("third admin", "DELETE", f"/v1/runbooks/{public}").status == 403
    assert stage.as_role("third admin", "PUT", f"/v1/runbooks/{public}/traits/CUSTOM_A").status == 403
    assert stage.as_role("system member", "PATCH", f"/v1/runbooks/{public}", change).status == 200


def test_owner_and_public_are_operators_to_change(stage: Stage) -> None:
    mine = stage.runbook("owner manager", name="mine")
    for field, value in (("owner", "another"), ("public", True)):
        change = [{"op": "replace", "path": f"/{field}", "value": value}]
        assert stage.as_role("owner manager", "PATCH", f"/v1/runbooks/{mine}", change).status == 403
    assert stage.as_role("owner manager", "PATCH", f"/v1/runbooks/{mine}", [
        {"op": "replace", "path": "/disable_ramdisk", "value": True}]).json()["disable_ramdisk"] is True
    shown = stage.as_role("system admin", "PATCH", f"/v1/runbooks/{mine}", [
        {"op": "replace", "path": "/public", "value": True}]).json()
    assert (shown["public"], shown["owner"]) == (True, None)


def test_other_projects_are_not_asked_for(stage: Stage) -> None:
    assert stage.as_role("owner reader", "GET", "/v1/runbooks?project=another").status == 403
    assert stage.as_role("owner reader", "GET", f"/v1/runbooks?project={matrix.OWNER}").status == 200


def test_the_conductor_is_told_the_steps_in_order_and_their_secrets(stage: Stage) -> None:
    node = stage.node(owner=matrix.OWNER)
    stage.write(node, provision_state="manageable")
    assert stage.ask("PUT", f"/v1/nodes/{node}/traits", body={"traits": ["CUSTOM_A"]}).status == 204
    mine = stage.runbook("owner manager", name="mine", disable_ramdisk=True)
    assert stage.as_role("owner manager", "PUT", f"/v1/runbooks/{mine}/traits/CUSTOM_A").status == 204
    body = {"target": "clean", "runbook": "mine", "disable_ramdisk": False}
    assert stage.as_role("owner manager", "PUT", f"/v1/nodes/{node}/states/provision", body).status == 202
    assert stage.told == [("provision", {"node": node, "verb": "clean", "params": {
        "clean_steps": [STEPS[1], STEPS[0]], "disable_ramdisk": True, "runbook": {"uuid": mine, "name": "mine"}}})]
    # who may not see it, or may see and not use it
    stage.told.clear()
    other = stage.node(owner=matrix.OTHER)
    stage.write(other, provision_state="manageable")
    stage.ask("PUT", f"/v1/nodes/{other}/traits", body={"traits": ["CUSTOM_A"]})
    path = f"/v1/nodes/{other}/states/provision"
    assert stage.as_role("third admin", "PUT", path, body).status == 404
    public = stage.runbook(name="public", public=True)
    stage.ask("PUT", f"/v1/runbooks/{public}/traits/CUSTOM_A")
    assert stage.as_role("third admin", "PUT", path, {**body, "runbook": public}).status == 403
    assert stage.told == []


def test_steps_on_children_need_the_right_to_move_each_of_them(stage: Stage) -> None:
    parent = stage.node(owner=matrix.OWNER)
    stage.write(parent, provision_state="manageable")
    mine, strange = (stage.node(owner=whose) for whose in (matrix.OWNER, matrix.OTHER))
    for child in (mine, strange):
        stage.write(child, parent_node=parent)
    step = {"interface": "power", "step": "power_on", "execute_on_child_nodes": True}
    path, body = f"/v1/nodes/{parent}/states/provision", {"target": "clean", "clean_steps": [step]}
    answer = stage.as_role("owner admin", "PUT", path, body)
    assert answer.status == 403 and strange not in answer.text()
    limited = {**step, "limit_child_node_execution": [mine]}
    assert stage.as_role("owner admin", "PUT", path, {**body, "clean_steps": [limited]}).status == 202
    assert stage.as_role("system admin", "PUT", path, body).status == 202
    assert [told["params"]["clean_steps"][0]["limit_child_node_execution"] for _work, told in stage.told] == [
        [mine], [mine, strange]]
