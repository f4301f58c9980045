"""Wrong credentials in every form, over HTTP."""

import base64
from typing import Any

import pytest
import requests

OPEN = ("/", "/v1", "/v1/", "/healthcheck", "/ops/v1/openapi.json", "/ops/v1/reference")
CLOSED = ("/v1/nodes", "/v1/ports", "/v1/chassis", "/v1/drivers", "/v1/conductors", "/ops/v1/fleet", "/v1/unicorns",
          "/nodes", "/v1/nodes/x/states/provision")


def basic(text: str) -> str:
    """A Basic header."""
    return "Basic " + base64.b64encode(text.encode()).decode()


# fmt: off
HEADERS = {
    "wrong password":   (401, basic("admin:geheim")),
    "no password":      (401, basic("admin:")),
    "unknown user":     (401, basic("eve:geheim")),
    "NUL":              (401, basic("admin:\0")),
    "a great password": (401, basic("admin:" + "x" * 5000)),
    "no colon":         (400, basic("admin")),
    "no base64":        (400, "Basic ***"),
    "another scheme":   (400, "Bearer geheim"),
    "only a scheme":    (400, "Basic"),
    "not UTF-8":        (400, "Basic " + base64.b64encode(b"admin:\xff").decode()),
}
# fmt: on


@pytest.mark.parametrize("name", HEADERS)
def test_wrong_credentials(service: Any, name: str) -> None:
    status, header = HEADERS[name]
    answer = requests.get(service.url + "/v1/nodes", headers={"Authorization": header}, timeout=60)
    assert answer.status_code == answer.json()["error"]["code"] == status
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    assert answer.json()["error"]["message"]
    assert "geheim" not in answer.text and "$2" not in answer.text
    assert answer.headers["X-OpenStack-Ironic-API-Maximum-Version"] == "1.115"
    assert requests.get(service.url + "/v1", headers={"Authorization": header}, timeout=60).status_code == 200


@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_nobody_gets_in(service: Any, method: str, path: str) -> None:
    answer = requests.request(method, service.url + path, data=b"{}" if method != "GET" else None, timeout=60)
    assert answer.status_code == 401, answer.text
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize("path", OPEN)
def test_discovery_is_open(service: Any, path: str) -> None:
    assert requests.get(service.url + path, timeout=60).status_code == 200
