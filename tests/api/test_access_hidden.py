"""What is another project's is as if it were not: whatever names it gets the answer that an unknown one gets."""

import pathlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal.api import matrix
from baremetal.db import history, models
from tests.api import inside
from tests.api import stage as stages

ASKER = "third admin"
OTHERS = ("node", "port", "portgroup", "connector", "target", "allocation", "runbook")
STEP = {"interface": "power", "step": "x", "execute_on_child_nodes": True}


def patch(path: str, value: Any) -> list[dict[str, Any]]:
    """Return a patch of one field."""
    return [{"op": "add", "path": path, "value": value}]


#: (what is named, method, path, body): {x} is the other project's, or unknown; $word is the asker's own
REQUESTS: list[tuple[str, str, str, Any]] = [
    # pages
    ("node", "GET", "/v1/nodes?marker={x}", None), ("node", "GET", "/v1/nodes/detail?marker={x}", None),
    ("node", "GET", "/v1/nodes?marker={x}&sort_key=name", None),
    ("port", "GET", "/v1/ports?marker={x}", None), ("port", "GET", "/v1/nodes/$node/ports?marker={x}", None),
    ("port", "GET", "/v1/portgroups/$portgroup/ports?marker={x}", None),
    ("portgroup", "GET", "/v1/portgroups?marker={x}", None),
    ("portgroup", "GET", "/v1/nodes/$node/portgroups?marker={x}", None),
    ("connector", "GET", "/v1/volume/connectors?marker={x}", None),
    ("target", "GET", "/v1/volume/targets?marker={x}", None),
    ("target", "GET", "/v1/nodes/$node/volume/targets?marker={x}", None),
    ("allocation", "GET", "/v1/allocations?marker={x}", None), ("runbook", "GET", "/v1/runbooks?marker={x}", None),
    ("entry", "GET", "/v1/nodes/$node/history?marker={x}", None),
    ("entry", "GET", "/v1/nodes/$node/history/{x}", None),
    # filters
    ("chassis", "GET", "/v1/nodes?chassis_uuid={x}", None), ("chassis", "GET", "/v1/chassis/{x}/nodes", None),
    ("chassis", "GET", "/v1/chassis/{x}/nodes/detail", None),
    ("node", "GET", "/v1/nodes?parent_node={x}", None), ("name", "GET", "/v1/nodes?parent_node={x}", None),
    ("instance", "GET", "/v1/nodes?instance_uuid={x}", None),
    ("name", "GET", "/v1/nodes/validate?node={x}", None),
    ("node", "GET", "/v1/ports?node={x}", None), ("name", "GET", "/v1/ports?node={x}", None),
    ("node", "GET", "/v1/ports?node_uuid={x}", None), ("portgroup", "GET", "/v1/ports?portgroup={x}", None),
    ("node", "GET", "/v1/portgroups?node={x}", None), ("name", "GET", "/v1/volume/targets?node={x}", None),
    ("node", "GET", "/v1/volume/connectors?node={x}", None), ("node", "GET", "/v1/allocations?node={x}", None),
    ("node", "GET", "/ops/v1/events?node={x}", None), ("name", "GET", "/ops/v1/events?node={x}", None),
    ("node", "GET", "/ops/v1/nodes/{x}/timeline", None), ("name", "GET", "/ops/v1/nodes/{x}/events", None),
    # what something new shall belong to
    ("chassis", "POST", "/v1/nodes", {"driver": "fake-hardware", "chassis_uuid": "{x}"}),
    ("node", "POST", "/v1/nodes", {"driver": "fake-hardware", "parent_node": "{x}"}),
    ("name", "POST", "/v1/nodes", {"driver": "fake-hardware", "parent_node": "{x}"}),
    ("node", "POST", "/v1/ports", {"node_uuid": "{x}", "address": "52:54:01:00:00:01"}),
    ("name", "POST", "/v1/ports", {"node_ident": "{x}", "address": "52:54:01:00:00:01"}),
    ("portgroup", "POST", "/v1/ports", {"node_uuid": "$node", "portgroup_uuid": "{x}",
                                        "address": "52:54:01:00:00:01"}),
    ("node", "POST", "/v1/portgroups", {"node_uuid": "{x}"}),
    ("node", "POST", "/v1/volume/connectors", {"node_uuid": "{x}", "type": "ip", "connector_id": "a"}),
    ("node", "POST", "/v1/volume/targets", {"node_uuid": "{x}", "volume_type": "iscsi", "volume_id": "a",
                                            "boot_index": 9}),
    ("node", "POST", "/v1/allocations", {"resource_class": "x", "candidate_nodes": ["{x}"]}),
    ("name", "POST", "/v1/allocations", {"resource_class": "x", "candidate_nodes": ["{x}"]}),
    ("node", "POST", "/v1/allocations", {"node": "{x}"}), ("name", "POST", "/v1/allocations", {"node": "{x}"}),
    # … or what there is
    ("node", "PATCH", "/v1/ports/$port", patch("/node_uuid", "{x}")),
    ("portgroup", "PATCH", "/v1/ports/$port", patch("/portgroup_uuid", "{x}")),
    ("node", "PATCH", "/v1/portgroups/$portgroup", patch("/node_uuid", "{x}")),
    ("node", "PATCH", "/v1/volume/connectors/$connector", patch("/node_uuid", "{x}")),
    ("node", "PATCH", "/v1/volume/targets/$target", patch("/node_uuid", "{x}")),
    ("node", "PATCH", "/v1/nodes/$node", patch("/parent_node", "{x}")),
    ("chassis", "PATCH", "/v1/nodes/$node", patch("/chassis_uuid", "{x}")),
    # what a verb shall use
    ("runbook", "PUT", "/v1/nodes/$node/states/provision", {"target": "clean", "runbook": "{x}"}),
    ("node", "PUT", "/v1/nodes/$node/states/provision", {"target": "clean", "clean_steps": [
        {**STEP, "limit_child_node_execution": ["{x}"]}]}),
]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stages.Stage]:
    """A world of nobody's and the owner's, and one of the asker's."""
    with stages.opened(pathlib.Path(tmp_path_factory.mktemp("hidden"))) as found:
        found.build(whose=True)
        others = dict(found.scene)
        others["instance"] = str(uuid.uuid4())
        others["entry"] = entry(found, others["node"])
        found.ask("system admin", "PATCH", f"/v1/nodes/{others['node']}", [
            *patch("/name", "rack-7"), *patch("/instance_uuid", others["instance"])])
        others["name"] = "rack-7"
        found.scene["node"] = found.make("nodes", owner=matrix.OTHER)
        for word in ("port", "portgroup", "connector", "target"):
            found.scene[word] = found.make(stages.OBJECTS[word])
        found.door.write(found.scene["node"], provision_state="manageable", power_state="power off")
        found.scene |= {f"other {word}": ident for word, ident in others.items()}
        yield found


def entry(stage: stages.Stage, node: str) -> str:
    """Write an entry into a node's history; its UUID."""
    ident = str(uuid.uuid4())
    with stage.door.database.write() as connection:
        number = connection.scalar(sa.select(models.NODES.c.id).where(models.NODES.c.uuid == node))
        connection.execute(sa.insert(history.HISTORY), {
            "uuid": ident, "node_id": number, "created_at": stage.door.time.now(), "severity": "INFO",
            "event_type": "transition", "event": "x"})
    return ident


def fill(stage: stages.Stage, what: Any, ident: str) -> Any:
    """Put identifiers into a request."""
    if isinstance(what, dict):
        return {key: fill(stage, value, ident) for key, value in what.items()}
    if isinstance(what, list):
        return [fill(stage, value, ident) for value in what]
    if not isinstance(what, str):
        return what
    text = what.replace("{x}", ident)
    for word in sorted(stages.OBJECTS, key=len, reverse=True):
        text = text.replace(f"${word}", stage.scene.get(word, ""))
    return text


def said(answer: inside.Answer, ident: str) -> tuple[int, bytes]:
    """Return what an answer tells beside the identifier that was asked for."""
    return answer.status, answer.content.replace(ident.encode(), b"X")


@pytest.mark.parametrize(("what", "method", "path", "body"), REQUESTS, ids=lambda one: str(one)[:60])
def test_others_are_as_if_they_were_not(stage: stages.Stage, what: str, method: str, path: str, body: Any) -> None:
    known, unknown = stage.scene[f"other {what}"], "rack-8" if what == "name" else str(uuid.uuid4())
    answers = [said(stage.ask(ASKER, method, fill(stage, path, ident), fill(stage, body, ident)), ident)
               for ident in (known, unknown)]
    assert answers[0] == answers[1]
    assert answers[0][0] < 500 and answers[0][0] not in (201, 202)


def test_markers_are_ones_own(stage: stages.Stage) -> None:
    """The same requests with the asker's own are answered."""
    own = stage.scene
    entry_uuid = entry(stage, own["node"])
    for path in (f"nodes?marker={own['node']}", f"ports?marker={own['port']}",
                 f"portgroups?marker={own['portgroup']}", f"volume/connectors?marker={own['connector']}",
                 f"volume/targets?marker={own['target']}", f"nodes/{own['node']}/history?marker={entry_uuid}"):
        assert stage.ask(ASKER, "GET", f"/v1/{path}").status == 200, path
        assert stage.ask("system reader", "GET", f"/v1/{path}").status == 200, path
    for role in ("owner reader", "system reader"):
        assert stage.ask(role, "GET", f"/v1/nodes?marker={own['other node']}").status == 200


def test_ones_own_chassis_may_be_named(stage: stages.Stage) -> None:
    """A project knows the chassis that its nodes sit in, and puts more nodes there."""
    chassis = stage.make("chassis")
    stage.make("nodes", owner=matrix.OTHER, chassis_uuid=chassis)
    body = {"driver": "fake-hardware", "chassis_uuid": chassis}
    assert stage.ask(ASKER, "POST", "/v1/nodes", body).status == 201
    assert stage.ask("owner admin", "POST", "/v1/nodes", body).status == 400
    assert len(stage.ask(ASKER, "GET", f"/v1/chassis/{chassis}/nodes").json()["nodes"]) == 2
    assert stage.ask("owner admin", "GET", f"/v1/chassis/{chassis}/nodes").json()["nodes"] == []
    unknown = str(uuid.uuid4())
    assert stage.ask("system reader", "GET", f"/v1/chassis/{unknown}/nodes").status == 404


def test_children_that_are_not_ones_own_are_not_named(stage: stages.Stage) -> None:
    parent = stage.make("nodes", owner=matrix.OWNER, lessee=matrix.LESSEE)
    seen = stage.make("nodes", owner=matrix.OWNER, lessee=matrix.LESSEE, parent_node=parent)
    hidden = stage.make("nodes", owner=matrix.OWNER, parent_node=parent)
    stage.door.write(parent, provision_state="manageable")

    def clean(role: str, **more: Any) -> inside.Answer:
        return stage.ask(role, "PUT", f"/v1/nodes/{parent}/states/provision", {
            "target": "clean", "clean_steps": [{**STEP, **more}]})
    every, some = clean("lessee admin"), clean("lessee admin", limit_child_node_execution=[seen])
    strange = clean("lessee admin", limit_child_node_execution=[hidden])
    assert every.status == 403 and "limit_child_node_execution" in every.text() and hidden not in every.text()
    assert some.status == 202, some.content
    assert strange.status == 400 and seen in strange.text() and strange.text().count(hidden) == 1
    assert clean("owner admin").status == 202
