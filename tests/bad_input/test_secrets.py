"""What is secret goes in and never comes out: not in answers of any kind, not in any log."""

import json
import pathlib
import uuid
from typing import Any

import pytest

from tests.api import drive

MASK = "******"
SECRET = f"geheim-{uuid.uuid4().hex}"
INFO = {"ipmi_address": "127.0.0.1", "ipmi_username": "admin", "ipmi_password": SECRET, "ipmi_hex_kg_key": SECRET,
        "snmp_auth_key": SECRET, "redfish_password": SECRET,
        "nested": {"deeper": {"api_secret": SECRET}, "plain": "seen"},
        "listed": [{"password": SECRET, "plain": "seen"}], "agent_token": SECRET}
INSTANCE = {"configdrive": SECRET, "image_url": f"http://user:{SECRET}@here/", "rescue_password": SECRET,
            "image_source": "seen"}


@pytest.fixture(scope="module")
def endpoint(service: Any) -> drive.Endpoint:
    return drive.Endpoint(service.url, service.auth)


@pytest.fixture
def node(endpoint: drive.Endpoint) -> Any:
    answer = endpoint.ask("POST", "/v1/nodes", body={
        "driver": "fake-hardware", "driver_info": INFO, "instance_info": INSTANCE, "automated_clean": False})
    assert answer.status_code == 201, answer.text
    assert SECRET not in answer.text
    yield answer.json()["uuid"]
    drive.Run(endpoint).remove("node", answer.json()["uuid"])


@pytest.mark.parametrize("path", [
    "", "?fields=driver_info,instance_info", "/validate", "/states", "/history", "/management/boot_device/supported"])
def test_answers_about_one_node(endpoint: drive.Endpoint, node: str, path: str) -> None:
    assert SECRET not in endpoint.ask("GET", f"/v1/nodes/{node}{path}").text


@pytest.mark.parametrize("path", ["/v1/nodes?detail=true", "/v1/nodes/detail", "/v1/nodes?fields=uuid,driver_info"])
def test_answers_about_many_nodes(endpoint: drive.Endpoint, node: str, path: str) -> None:
    answer = endpoint.ask("GET", path)
    assert node in answer.text and SECRET not in answer.text


def test_what_is_no_secret_is_shown(endpoint: drive.Endpoint, node: str) -> None:
    shown = endpoint.ask("GET", f"/v1/nodes/{node}").json()
    info, instance = shown["driver_info"], shown["instance_info"]
    assert info["ipmi_username"] == "admin" and info["nested"]["plain"] == info["listed"][0]["plain"] == "seen"
    assert info["ipmi_password"] == info["nested"]["deeper"]["api_secret"] == info["listed"][0]["password"] == MASK
    assert instance["image_source"] == "seen" and instance["configdrive"] == MASK


def test_sending_the_mask_back_keeps_the_secret(endpoint: drive.Endpoint, node: str) -> None:
    shown = endpoint.ask("GET", f"/v1/nodes/{node}").json()["driver_info"]
    answer = endpoint.ask("PATCH", f"/v1/nodes/{node}", body=[
        {"op": "replace", "path": "/driver_info", "value": {**shown, "ipmi_username": "other"}}])
    assert answer.status_code == 200 and answer.json()["driver_info"]["ipmi_password"] == MASK
    assert SECRET not in answer.text


NODES, NODE, PROVISION = "/v1/nodes", "/v1/nodes/{node}", "/v1/nodes/{node}/states/provision"
FAKE = {"driver": "fake-hardware"}

# fmt: off
WRONG: list[tuple[str, str, Any]] = [
    ("POST",  NODES,     {**FAKE, "driver_info": SECRET}),
    ("POST",  NODES,     {**FAKE, "driver_info": [SECRET]}),
    ("POST",  NODES,     {**FAKE, "instance_info": SECRET}),
    ("POST",  NODES,     {**FAKE, "driver_info": {"password": SECRET}, "uuid": 5}),
    ("POST",  NODES,     {"driver": "unicorn", "driver_info": {"password": SECRET}}),
    ("PATCH", NODE,      [{"op": "replace", "path": "/driver_info", "value": SECRET}]),
    ("PATCH", NODE,      [{"op": "replace", "path": "/driver_info", "value": [SECRET]}]),
    ("PATCH", NODE,      [{"op": "add", "path": "/driver_info/ipmi_password/x", "value": SECRET}]),
    ("PATCH", NODE,      [{"op": "replace", "path": "/driver_info/absent/x", "value": SECRET}]),
    ("PATCH", NODE,      [{"op": "add", "path": "/instance_info", "value": SECRET}]),
    ("PATCH", NODE,      [{"op": "add", "path": "/driver_info/password", "value": SECRET}, {"op": "x"}]),
    ("PUT",   PROVISION, {"target": "rescue", "rescue_password": SECRET}),
    ("PUT",   PROVISION, {"target": "rescue", "rescue_password": [SECRET]}),
    ("PUT",   PROVISION, {"target": "active", "configdrive": SECRET}),
    ("PUT",   PROVISION, {"target": "active", "configdrive": [SECRET]}),
    ("PUT",   PROVISION, {"target": "active", "configdrive": {"user_data": SECRET, "x": 1}}),
]
# fmt: on


@pytest.mark.parametrize(("method", "path", "body"), WRONG)
def test_a_refusal_is_no_echo_of_secrets(
        endpoint: drive.Endpoint, node: str, method: str, path: str, body: Any) -> None:
    answer = endpoint.ask(method, path.format(node=node), body=body)
    assert 400 <= answer.status_code < 500, answer.text
    assert SECRET not in answer.text


def test_a_broken_body_is_not_quoted(endpoint: drive.Endpoint) -> None:
    answer = endpoint.ask("POST", "/v1/nodes", data='{"driver_info": {"password": "' + SECRET + '"')
    assert answer.status_code == 400 and SECRET not in answer.text


def test_a_failing_machine_does_not_tell_its_password(endpoint: drive.Endpoint, service: Any) -> None:
    made = endpoint.make("POST", "/v1/nodes", {"driver": "ipmi", "driver_info": {
        "ipmi_address": "127.0.0.1", "ipmi_port": 9, "ipmi_username": "admin", "ipmi_password": SECRET}})
    path = f"/v1/nodes/{made['uuid']}"
    try:
        run = drive.Run(endpoint)
        endpoint.make("PUT", f"{path}/states/provision", {"target": "manage"})
        run.wait(made["uuid"], reservation=None, target_provision_state=None)
        for part in ("", "/history?detail=true", "/validate", "/states"):
            assert SECRET not in endpoint.ask("GET", path + part).text
        answer = endpoint.ask("GET", f"/ops/v1/nodes/{made['uuid']}/timeline")
        assert answer.ok and SECRET not in answer.text and json.loads(answer.text)["flows"]
    finally:
        endpoint.ask("PUT", f"{path}/maintenance")
        endpoint.ask("DELETE", path)


def test_no_log_has_seen_a_secret(service: Any, endpoint: drive.Endpoint, node: str) -> None:
    """The last test of this file: everything above has been through the logs."""
    logs = [*pathlib.Path(service.data).glob("*.log"), service.process.log]
    assert any(log.stat().st_size for log in logs)
    for log in logs:
        text = log.read_text(errors="replace")
        assert SECRET not in text, f"{log.name} has a secret"
        assert service.auth[1] not in text or log == service.process.log, f"{log.name} has the API's password"
