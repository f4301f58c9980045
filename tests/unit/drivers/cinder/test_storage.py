"""Volumes by Cinder's recorded answers: what is asked, what is kept, what is undone, what validation says."""

import json
import re
import typing

import pytest

from baremetal import clock, config, errors
from baremetal.drivers import load, task, volumes, wires
from baremetal.drivers.cinder import storage
from tests.contract import devices
from tests.unit.clients.cloud import recorded

FIRST, SECOND = "6f8f3d3e-8b7c-4f0e-9a49-0c6b6b3f2a11", "6f8f3d3e-8b7c-4f0e-9a49-0c6b6b3f2a12"
INFO = {"driver_volume_type": "iscsi", "target_iqn": "iqn.2026-01.test:a", "target_portal": "192.0.2.1:3260",
        "target_lun": 1, "auth_password": "S3cret"}
NAMES = (volumes.Connector("iqn", "iqn.2026-01.test:server"), volumes.Connector("ip", "192.0.2.9"))
FINE: recorded.Answers = {
    "GET /v3/attachments": (200, {}, {"attachments": []}),
    f"GET /v3/volumes/{FIRST}": (200, {}, {"volume": {"id": FIRST, "status": "available"}}),
    f"GET /v3/volumes/{SECOND}": (200, {}, {"volume": {"id": SECOND, "status": "available"}}),
    "POST /v3/attachments": (200, {}, {"attachment": {"id": "a1"}}),
    "PUT /v3/attachments/a1": (200, {}, {"attachment": {"id": "a1", "connection_info": INFO}}),
    "POST /v3/attachments/a1/action": (204, {}, b""),
    "DELETE /v3/attachments/a1": (200, {}, {"attachments": []}),
}


def held(url: str = "", connectors: tuple[volumes.Connector, ...] = NAMES, kind: str = "iscsi", **columns: typing.Any
         ) -> task.Task:
    """A node with two volumes."""
    given: dict[str, typing.Any] = {"cinder__auth_type": "none", "cinder__endpoint_override": url,
                                    "cinder__status_code_retries": 0} if url else {}
    conf = config.build(**given)
    node = devices.node("fake-hardware", driver_info={}, **columns)
    made = task.Task(node, {**load.Drivers(conf).bind(node), "storage": storage.CinderStorage()},
                     task.Surroundings(conf, wires.Wires(conf), clock.MovedClock()))
    made.volumes = volumes.Volumes(tuple(volumes.Target(ident, kind, place, ident, {"mine": 1})
                                         for place, ident in enumerate((FIRST, SECOND))), connectors)
    return made


def test_volumes_are_attached_and_what_cinder_says_is_kept() -> None:
    with recorded.serving(dict(FINE)) as server:
        made = held(server.url, instance_uuid=None)
        made.storage.validate(made)
        made.storage.attach(made)
        assert [target.properties for target in made.volumes.targets] == [{"mine": 1, **INFO}] * 2
        told = [json.loads(body) for line, _, body in server.asked if line.startswith("PUT")]
        assert told == [{"attachment": {"connector": {
            "host": made.node.uuid, "initiator": "iqn.2026-01.test:server", "ip": "192.0.2.9", "multipath": True}}}] * 2
        server.answers["GET /v3/attachments"] = (200, {}, {"attachments": [{"id": "a1"}]})
        made.storage.detach(made)
        assert server.lines[-1] == "DELETE /v3/attachments/a1"


def test_when_one_fails_all_are_detached() -> None:
    with recorded.serving({**FINE, f"GET /v3/volumes/{SECOND}": (404, {}, {})}) as server:
        made = held(server.url)
        with pytest.raises(errors.NeighbourLacks):
            made.storage.attach(made)
        asked = [line for line in server.lines if line.startswith("GET /v3/attachments")]
        assert [re.findall("volume_id=([-0-9a-f]+)", line)[0] for line in asked] == [FIRST, SECOND, FIRST, SECOND]


def test_what_failed_is_told_also_when_detaching_fails_then() -> None:
    with recorded.serving({**FINE, "GET /v3/attachments": (200, {}, {"attachments": [{"id": "a1"}]}),
                           "PUT /v3/attachments/a1": (404, {}, {}),
                           "DELETE /v3/attachments/a1": (409, {}, {})}) as server:
        made = held(server.url)
        with pytest.raises(errors.NeighbourLacks):
            made.storage.attach(made)
        assert server.lines.count("DELETE /v3/attachments/a1") == 2, "one that fails does not keep the others attached"


@pytest.mark.parametrize(("given", "says"), [
    ({"connectors": ()}, "no volume connector of type iqn"),
    ({"connectors": (volumes.Connector("mac", "a"),)}, "no volume connector of type iqn"),
    ({"kind": "floppy", "instance_info": {"image_source": "http://x/y"}}, "'floppy'; right would be one of iscsi"),
    ({"kind": "fibre_channel"}, "cannot boot from volume target .* type 'fibre_channel'"),
    ({"kind": "fibre_channel", "instance_info": {"image_source": "http://x/y"}}, "of type wwpn or wwnn"),
])
def test_validation_says_what_is_missing(given: dict[str, typing.Any], says: str) -> None:
    made = held("http://127.0.0.1:1", **given)
    with pytest.raises(errors.Invalid, match=says):
        made.storage.validate(made)


def test_without_cinder_only_nodes_with_volumes_are_refused() -> None:
    made = held()
    with pytest.raises(errors.NeighbourNotConfigured, match="cinder"):
        made.storage.validate(made)
    made.volumes = volumes.Volumes()
    for ask in (made.storage.validate, made.storage.attach, made.storage.detach):
        ask(made)
    assert made.storage.writes_image(made)
