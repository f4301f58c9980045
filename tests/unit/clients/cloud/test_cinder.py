"""Cinder by recorded answers: attachments that are made, completed, found again and thrown away."""

import json

import pytest

from baremetal import config, errors
from baremetal.clients import cloud
from baremetal.clients.cloud import cinder
from tests.unit.clients.cloud import recorded

VOLUME, SERVER = "6f8f3d3e-8b7c-4f0e-9a49-0c6b6b3f2a11", "0c8f7a0e-1111-4222-8333-444455556666"
CONNECTOR = {"initiator": "iqn.2026-01.test:server", "ip": "192.0.2.9"}
MADE = {"id": "a1", "connection_info": {"driver_volume_type": "iscsi", "target_iqn": "iqn.2026-01.test:volume"}}
FINE: recorded.Answers = {
    "GET /v3/attachments": (200, {}, {"attachments": []}),
    f"GET /v3/volumes/{VOLUME}": (200, {}, {"volume": {"id": VOLUME, "status": "available"}}),
    "POST /v3/attachments": (200, {}, {"attachment": {"id": "a1"}}),
    "PUT /v3/attachments/a1": (200, {}, {"attachment": MADE}),
    "POST /v3/attachments/a1/action": (204, {}, b""),
    "DELETE /v3/attachments/a1": (200, {}, {"attachments": []}),
}


def client(server: recorded.Server) -> cinder.Cinder:
    """Our client of that server."""
    return cloud.Cloud(config.build(cinder__auth_type="none", cinder__endpoint_override=server.url,
                                    cinder__status_code_retries=0)).cinder


def test_volume_is_attached_and_told_how_it_is_reached() -> None:
    with recorded.serving(FINE) as server:
        assert client(server).attach(VOLUME, SERVER, CONNECTOR) == MADE
        assert [line.partition("?")[0] for line in server.lines] == [
            "GET /v3/attachments", f"GET /v3/volumes/{VOLUME}", "POST /v3/attachments", "PUT /v3/attachments/a1",
            "POST /v3/attachments/a1/action"]
        assert json.loads(server.asked[3][2]) == {"attachment": {"connector": CONNECTOR}}
        assert server.asked[0][1]["OpenStack-API-Version"] == "volume 3.44"


def test_attaching_again_takes_what_is_there() -> None:
    there: recorded.Answers = {**FINE, "GET /v3/attachments": (200, {}, {"attachments": [{"id": "a1"}]})}
    with recorded.serving(there) as server:
        assert client(server).attach(VOLUME, SERVER, CONNECTOR) == MADE
        assert "POST /v3/attachments" not in server.lines


def test_attachment_that_fails_is_taken_back() -> None:
    broken: recorded.Answers = {**FINE, "PUT /v3/attachments/a1": (400, {}, {"badRequest": {"message": "no target"}})}
    with recorded.serving(broken) as server:
        with pytest.raises(errors.NeighbourRefuses, match="400 no target"):
            client(server).attach(VOLUME, SERVER, CONNECTOR)
        assert server.lines[-1] == "DELETE /v3/attachments/a1"


def test_volume_in_a_wrong_state_is_said() -> None:
    deleting: recorded.Answers = {**FINE, f"GET /v3/volumes/{VOLUME}": (
        200, {}, {"volume": {"id": VOLUME, "status": "deleting"}})}
    with recorded.serving(deleting) as server, pytest.raises(errors.NeighbourConflict, match="is deleting"):
        client(server).attach(VOLUME, SERVER, CONNECTOR)


def test_detaching_may_be_repeated() -> None:
    with recorded.serving(FINE) as server:
        client(server).detach(VOLUME, SERVER)
