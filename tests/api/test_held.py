"""What is answered of the belongings of a node that somebody holds: new ones are taken, others stay as they are."""

from typing import Any

import pytest

from tests.api import case, drive, stored

EXTRA = [{"op": "add", "path": "/extra/a", "value": 1}]
CONNECTOR = {"node_uuid": "$node", "type": "iqn", "connector_id": "$name"}
TARGET = {"node_uuid": "$node", "volume_type": "iscsi", "volume_id": "v", "boot_index": 0}
# fmt: off
ROWS = [
    # made for it     method    path                                    body                                     status
    ((),             "POST",   "/v1/portgroups",                       {"node_uuid": "$node"},                   201),
    (("portgroup",), "PATCH",  "/v1/portgroups/$portgroup",            EXTRA,                                    409),
    (("portgroup",), "DELETE", "/v1/portgroups/$portgroup",            None,                                     409),
    (("portgroup",), "GET",    "/v1/portgroups/$portgroup",            None,                                     200),
    ((),             "POST",   "/v1/volume/connectors",                CONNECTOR,                                201),
    (("connector",), "PATCH",  "/v1/volume/connectors/$connector",     EXTRA,                                    409),
    (("connector",), "DELETE", "/v1/volume/connectors/$connector",     None,                                     409),
    (("connector",), "GET",    "/v1/nodes/$node/volume/connectors",    None,                                     200),
    ((),             "POST",   "/v1/volume/targets",                   TARGET,                                   201),
    (("target",),    "PATCH",  "/v1/volume/targets/$target",           EXTRA,                                    409),
    (("target",),    "DELETE", "/v1/volume/targets/$target",           None,                                     409),
    (("target",),    "GET",    "/v1/nodes/$node/volume/targets",       None,                                     200),
    ((),             "POST",   "/v1/allocations",                      {"node": "$node"},                        409),
    ((),             "GET",    "/v1/nodes/$node/children",             None,                                     200),
    ((),             "GET",    "/v1/nodes/$node/portgroups",           None,                                     200),
]
# fmt: on


@pytest.mark.parametrize(("made", "method", "path", "body", "status"), ROWS, ids=lambda part: str(part)[:40])
def test_answer_while_the_node_is_held(
        made: tuple[str, ...], method: str, path: str, body: Any, status: int, service: Any) -> None:
    run = drive.Run(drive.Endpoint(service.url, service.auth))
    kept = stored.Stored(service.data)
    try:
        run.set_up({"node": {"state": "active", "resource_class": "held"}, **{word: {} for word in made}})
        kept.put(run.words["node"], power_state="power off", **stored.HELD)
        expect = {"status": status, **({"says": ["$node", "somebody"]} if status == 409 else {})}
        run.judge(case.Step(method, path, {} if body is None else {"body": body}, expect))
    finally:
        kept.put(run.words["node"], **stored.FREE)
        run.clean_up()


def test_an_allocation_stays_while_its_node_is_held(service: Any) -> None:
    run = drive.Run(drive.Endpoint(service.url, service.auth))
    kept = stored.Stored(service.data)
    try:
        run.set_up({"node": {"state": "active", "resource_class": "held"}})
        run.judge(case.Step("POST", "/v1/allocations", {"body": {"node": "$node"}}, {"status": 201}))
        kept.put(run.words["node"], provision_state="available", target_provision_state=None, **stored.HELD)
        for path in ("/v1/allocations/$made", "/v1/nodes/$node/allocation"):
            run.judge(case.Step("DELETE", path, {}, {"status": 409, "says": ["$node", "somebody"]}))
        kept.put(run.words["node"], **stored.FREE)
        run.judge(case.Step("DELETE", "/v1/nodes/$node/allocation", {}, {"status": 204}))
    finally:
        kept.put(run.words["node"], **stored.FREE)
        run.clean_up()
