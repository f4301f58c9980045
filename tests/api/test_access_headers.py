"""What a request says of itself counts for nothing: who asks, only credentials say. Keystone's part: tests/keystone."""

import pathlib
from collections.abc import Iterator

import bcrypt
import pytest

from baremetal import clock
from baremetal.api import app
from baremetal.rpc import wire
from tests.api import inside

PASSWORD, BASIC = "geheim", "Basic YWxpY2U6Z2VoZWlt"
#: what services behind Keystone believe, and what proxies say
LIES = {
    "X-Roles": "admin,member,reader", "X-Role": "admin", "X-User-Id": "root", "X-User": "root", "X-User-Name": "root",
    "X-Project-Id": "p", "X-Project-Name": "service", "X-Tenant-Id": "p", "X-Tenant-Name": "p", "X-Tenant": "p",
    "X-Domain-Id": "default", "X-Identity-Status": "Confirmed", "X-Is-Admin-Project": "True",
    "OpenStack-System-Scope": "all", "X-System-Scope": "all", "X-Service-Identity-Status": "Confirmed",
    "X-Service-Roles": "service,admin", "X-Service-Project-Name": "service", "X-Service-Token": "t",
    "X-Auth-Token": "t", "X-Storage-Token": "t", "Remote-User": "root", "X-Remote-User": "root",
    "X-Forwarded-User": "root", "X-OpenStack-Request-Id": "req-lie", "OpenStack-Request-Id": "req-lie",
    "X-HTTP-Method-Override": "GET", "baremetal.context": "root",
}
#: paths that need no credentials, and how they answer without any
OPEN = {"/": 200, "/v1": 200, "/v1/": 200, "/v1.json": 200, "/healthcheck": 200, "/ops/v1/openapi.json": 200,
        "/ops/v1/reference": 200, "/v1/lookup": 400, "/v1/lookup.json": 400, "/v1/heartbeat/x": 405,
        "/v1/heartbeat/x.json": 405, "/v1/continue_inspection": 405}
#: ways to write paths that need some
CLOSED = ("/v1/nodes", "/nodes", "//v1/nodes", "/v1//nodes", "/v1/./nodes", "/v1/lookup/../nodes", "/v1/lookup/nodes",
          "/v1/nodes/", "/v1/nodes.json", "/v1/nodes/lookup", "/v1/heartbeat", "/v1/heartbeat/x/y", "/lookup/nodes",
          "/V1", "/ops", "/ops/v1", "/ops/v1/fleet", "/ops/v1/fleet.json", "/ops/v1/events", "/metrics", "/web",
          "/healthcheck/nodes", "/v1/healthcheck", "/.json/nodes", "/v1/nodes;/v1/lookup", "/v1/lookup;/nodes")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[inside.Inside]:
    """The application, with one user."""
    folder = pathlib.Path(tmp_path_factory.mktemp("headers"))
    path = folder / "htpasswd"
    path.write_text(f"alice:{bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()}\n")
    made = inside.Inside(folder, auth_strategy="http_basic", http_basic_auth_user_file=str(path))
    yield made
    made.close()


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE", "HEAD"])
@pytest.mark.parametrize("path", CLOSED)
def test_lies_open_nothing(house: inside.Inside, method: str, path: str) -> None:
    older = {"X-OpenStack-Ironic-API-Version": "1.30"}
    for headers in ({}, LIES, older, {**LIES, **older}, {"Authorization": "Basic YWxpY2U6eA==", **LIES}):
        assert house.ask(method, path, headers=headers).status == 401, headers


@pytest.mark.parametrize("path", OPEN)
def test_open_paths(house: inside.Inside, path: str) -> None:
    older = {"X-OpenStack-Ironic-API-Version": "1.30"}
    for headers in (older, {**older, **LIES}, {**older, "Authorization": "Basic YWxpY2U6eA=="}):
        assert house.ask("GET", path, version=None, headers=headers).status == OPEN[path], headers


def test_who_has_credentials_stays_who_it_is(house: inside.Inside) -> None:
    made = house.ask("POST", "/v1/nodes", body={"driver": "fake-hardware"},
                     headers={**LIES, "Authorization": BASIC})
    assert made.status == 201 and made.json()["owner"] is None
    assert made.headers["openstack-request-id"] != "req-lie"
    told = house.ask("PATCH", f"/v1/nodes/{made.json()['uuid']}", headers={**LIES, "Authorization": BASIC},
                     body=[{"op": "add", "path": "/extra/a", "value": 1}])
    assert told.status == 200


def test_without_auth_everybody_is_an_operator_and_nobody_else(tmp_path: pathlib.Path) -> None:
    house = inside.Inside(tmp_path)
    made = house.ask("POST", "/v1/nodes", body={"driver": "fake-hardware"}, headers={**LIES, "X-Roles": "reader"})
    assert made.status == 201 and made.json()["owner"] is None
    assert house.ask("GET", "/v1/chassis", headers=LIES).status == 200
    house.close()


def test_the_agents_listener_has_what_agents_ask_and_nothing_else(house: inside.Inside) -> None:
    agents = app.build_agents(house.conf, house.database, wire.transport(house.conf), clock.REAL)
    operators, house.application = house.application, agents
    try:
        for path in (*CLOSED, "/healthcheck", "/ops/v1/openapi.json"):
            for headers in ({}, LIES, {"Authorization": BASIC}):
                assert house.ask("GET", path, headers=headers).status in (400, 404), path
        for path in ("/", "/v1", "/v1/lookup", "/v1/continue_inspection"):
            assert house.ask("GET", path, headers=LIES).status == OPEN[path], path
    finally:
        house.application = operators

