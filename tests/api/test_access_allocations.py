"""Who may do what to allocations beside the routes themselves: whose new ones are, what filters show, who frees a node,
and what an allocation does to the rights on its node.
"""

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from baremetal import context
from baremetal.api import matrix
from tests.api import stage as stages

WISH = {"resource_class": "none"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stages.Stage]:
    """The application."""
    with stages.opened(pathlib.Path(tmp_path_factory.mktemp("allocations"))) as found:
        found.roles["lost member"] = context.Context(user="user", roles=("member", "reader"))
        found.roles["domain admin"] = context.Context(user="user", roles=context.OPERATOR, domain="d")
        yield found


def node(stage: stages.Stage, **columns: Any) -> str:
    """An active node of the owner, lent to the lessee."""
    made = stage.make("nodes", owner=matrix.OWNER, lessee=matrix.LESSEE)
    stage.door.write(made, provision_state="active", **columns)
    return made


# fmt: off
@pytest.mark.parametrize(("role", "asked", "status", "owner"), [
    ("system admin",  matrix.OTHER,  201, matrix.OTHER), ("system member", matrix.OTHER,  201, matrix.OTHER),
    ("system admin",  None,          201, None),         ("system reader", None,          403, None),
    ("owner member",  None,          201, matrix.OWNER), ("owner member",  matrix.OWNER,  201, matrix.OWNER),
    ("owner member",  matrix.LESSEE, 403, None),         ("owner admin",   matrix.LESSEE, 403, None),
    ("owner admin",   "",            403, None),         ("owner reader",  None,          403, None),
    ("lessee member", matrix.OWNER,  403, None),         ("lessee member", None,          201, matrix.LESSEE),
    # without a project there is nothing of one's own
    ("lost member",   None,          403, None),         ("lost member",   matrix.OWNER,  403, None),
    ("domain admin",  None,          403, None),         ("domain admin",  matrix.OWNER,  403, None),
])
# fmt: on
def test_whose_new_ones_are(stage: stages.Stage, role: str, asked: str | None, status: int, owner: str | None) -> None:
    given = {} if asked is None else {"owner": asked}
    answer = stage.ask(role, "POST", "/v1/allocations", {**WISH, **given})
    assert answer.status == status, answer.content
    assert status != 201 or answer.json()["owner"] == owner


def test_an_old_client_of_a_project_makes_its_own(stage: stages.Stage) -> None:
    """Owners came later than allocations."""
    answer = stage.door.ask("POST", "/v1/allocations", "1.52", WISH, headers={stages.ROLE: "owner member"})
    assert answer.status == 201 and "owner" not in answer.json()
    ident = answer.json()["uuid"]
    assert stage.ask("owner reader", "GET", f"/v1/allocations/{ident}").json()["owner"] == matrix.OWNER
    assert stage.ask("lessee admin", "GET", f"/v1/allocations/{ident}").status == 404


def test_filtered_by_a_node(stage: stages.Stage) -> None:
    """A project asks by a node that it sees, and is shown what is its own."""
    mine, lent = node(stage), node(stage)
    of_owner = stage.make("allocations", resource_class=None, node=mine, owner=matrix.OWNER)
    of_lessee = stage.make("allocations", resource_class=None, node=lent, owner=matrix.LESSEE)
    name = f"rack-{mine[:8]}"
    stage.door.write(mine, name=name)
    for role, seen in (("system reader", [of_owner, of_lessee]), ("owner reader", [of_owner, None]),
                       ("lessee reader", [None, of_lessee])):
        for ident, wanted in zip((mine, lent), seen, strict=True):
            answer = stage.ask(role, "GET", f"/v1/allocations?node={ident}")
            assert answer.status == 200, answer.content
            assert [one["uuid"] for one in answer.json()["allocations"]] == ([wanted] if wanted else []), role
            below = stage.ask(role, "GET", f"/v1/nodes/{ident}/allocation")
            assert below.status == (200 if wanted else 404), role
    assert len(stage.ask("owner reader", "GET", f"/v1/allocations?node={name}&state=active").json()["allocations"]) == 1
    assert stage.ask("third admin", "GET", f"/v1/allocations?node={mine}").status in (400, 404)
    assert stage.ask("third admin", "GET", f"/v1/nodes/{mine}/allocation").status == 404


def test_filtered_by_an_owner(stage: stages.Stage) -> None:
    made = stage.make("allocations", owner=matrix.OWNER)
    asked = f"/v1/allocations?owner={matrix.OWNER}&sort_dir=desc"
    assert made in [one["uuid"] for one in stage.ask("owner reader", "GET", asked).json()["allocations"]]
    assert stage.ask("lessee admin", "GET", asked).status == 403
    assert stage.ask("system reader", "GET", asked).status == 200
    assert stage.ask("lost member", "GET", "/v1/allocations").status == 403


@pytest.mark.parametrize("path", ["/v1/allocations?fields=unicorn", "/v1/allocations/{made}?fields=unicorn",
                                  "/v1/nodes/{node}/allocation?fields=unicorn", "/v1/allocations?fields=state,unicorn"])
def test_a_field_that_is_none(stage: stages.Stage, path: str) -> None:
    there = node(stage)
    made = stage.make("allocations", resource_class=None, node=there, owner=matrix.OWNER)
    for role in ("system reader", "owner reader"):
        answer = stage.ask(role, "GET", path.format(made=made, node=there))
        assert answer.status == 400 and "unicorn" in answer.text(), answer.content


def test_who_frees_a_node(stage: stages.Stage) -> None:
    """Whoever has the allocation does, under both of its addresses; others do not."""
    for role, by_id, by_node in (
            ("lessee member", 204, 204), ("lessee reader", 403, 403), ("owner admin", 404, 404),
            ("third admin", 404, 404), ("system member", 204, 204), ("system reader", 403, 403)):
        for path, status in (("/v1/allocations/{made}", by_id), ("/v1/nodes/{node}/allocation", by_node)):
            there = node(stage, maintenance=True)
            made = stage.make("allocations", resource_class=None, node=there, owner=matrix.LESSEE)
            answer = stage.ask(role, "DELETE", path.format(made=made, node=there))
            assert answer.status == status, (role, path, answer.content)
            assert (stage.door.row(there).allocation_uuid is None) == (status == 204)


def test_who_makes_one_for_a_node_in_use(stage: stages.Stage) -> None:
    for role, status in (("owner member", 201), ("lessee member", 201), ("owner reader", 403), ("third admin", 400),
                         ("lost member", 403)):
        answer = stage.ask(role, "POST", "/v1/allocations", {"node": node(stage)})
        assert answer.status == status, (role, answer.content)


def test_a_candidate_is_a_node_that_one_sees(stage: stages.Stage) -> None:
    mine = node(stage)
    for role, status in (("lessee member", 201), ("third admin", 400)):
        answer = stage.ask(role, "POST", "/v1/allocations", {**WISH, "candidate_nodes": [mine]})
        assert answer.status == status, (role, answer.content)


def test_whose_a_node_is_changes_by_its_owner_and_operators(stage: stages.Stage) -> None:
    """An allocation gives its project no right to change whose the node is, and binds operators, too."""
    def change(role: str, field: str, ident: str) -> int:
        return stage.ask(role, "PATCH", f"/v1/nodes/{ident}", [
            {"op": "replace", "path": f"/{field}", "value": matrix.OTHER}]).status
    for role, owner, lessee in (("lessee admin", 403, 403), ("owner reader", 403, 403), ("owner member", 403, 200),
                                ("owner admin", 403, 200), ("system reader", 403, 403), ("system admin", 409, 200)):
        there = node(stage)
        stage.make("allocations", resource_class=None, node=there, owner=matrix.LESSEE)
        assert (change(role, "owner", there), change(role, "lessee", there)) == (owner, lessee), role
    free = stage.make("nodes", owner=matrix.OWNER)
    assert change("owner admin", "owner", free) == 403 and change("system member", "owner", free) == 200
