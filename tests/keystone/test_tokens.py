"""Who a token of a real Keystone says somebody is, and what follows: who is let in, sees what, may do what.

The application answers in this process; Keystone is one of its own. What each role may do of each route is the business
of ``tests/api/test_access.py``.
"""

import dataclasses
import pathlib
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import webob

from baremetal.api.guards import keystone as guard
from tests import processes
from tests.api import inside, test_access_headers
from tests.services import keystone as keystone_server

CONFIG = """\
[DEFAULT]
auth_strategy = keystone
rbac_service_role_elevated_access = {elevated}
[keystone_authtoken]
www_authenticate_uri = {url}
auth_url = {auth_url}/v3
auth_type = password
username = baremetal
password = {password}
project_name = service
user_domain_id = default
project_domain_id = default
http_connect_timeout = {patience}
http_request_max_retries = 0
"""
#: user: its roles, and the project of that name or the system
USERS = {
    "operator": (["admin"], None), "watcher": (["reader"], None),
    "red-admin": (["admin"], "red"), "red-member": (["member"], "red"), "red-reader": (["reader"], "red"),
    "blue-admin": (["admin"], "blue"), "blue-reader": (["reader"], "blue"),
    "baremetal": (["service"], "service"), "nobody": ([], "red"),
}


@dataclasses.dataclass
class Town:
    """A Keystone with users, and ways to ask our service as them."""

    keystone: keystone_server.Service
    projects: dict[str, str]
    passwords: dict[str, str]
    tokens: dict[str, str] = dataclasses.field(default_factory=dict)

    def token(self, user: str) -> str:
        """A token of a user, the same each time."""
        if user not in self.tokens:
            project = USERS[user][1]
            self.tokens[user] = self.keystone.token(user, self.passwords[user], project or keystone_server.SYSTEM)
        return self.tokens[user]


@pytest.fixture(scope="module")
def town(keystone: keystone_server.Service) -> Town:
    """Keystone with all users."""
    projects = {name: keystone.project(name) for name in ("red", "blue", "service")}
    passwords = {name: keystone.user(name, roles, projects.get(project or ""))
                 for name, (roles, project) in USERS.items()}
    return Town(keystone, projects, passwords)


Open = Callable[..., inside.Inside]


@pytest.fixture(scope="module")
def opened(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Our service, with options of [keystone_authtoken] in a file as operators write it."""
    made = []

    def open_one(auth_url: str = "", elevated: str = "false", patience: int = 30) -> inside.Inside:
        folder = tmp_path_factory.mktemp("house")
        path = folder / "baremetal.conf"
        path.write_text(CONFIG.format(url=town.keystone.url, auth_url=auth_url or town.keystone.url, patience=patience,
                                      password=town.passwords["baremetal"], elevated=elevated))
        made.append(inside.Inside(folder, files=[str(path)], auth_strategy="keystone"))
        return made[-1]
    yield open_one
    for house in made:
        house.close()


@pytest.fixture(scope="module")
def house(opened: Open) -> inside.Inside:
    """Our service."""
    return opened()


def ask(house: inside.Inside, token: str | None, method: str, path: str, body: Any = None,
        **headers: str) -> inside.Answer:
    """Ask with a token."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return house.ask(method, path, body=body, headers={**({"X-Auth-Token": token} if token else {}), **given})


def enrol(house: inside.Inside, token: str, **fields: str) -> dict[str, Any]:
    """Enrol a node with a token."""
    answer = ask(house, token, "POST", "/v1/nodes", {"driver": "fake-hardware", **fields})
    assert answer.status == 201, answer.content
    return dict(answer.json())


def test_open_routes_need_no_token(house: inside.Inside) -> None:
    for path in ("/", "/v1", "/healthcheck"):
        assert ask(house, None, "GET", path).status == 200, path
        assert ask(house, "wrong", "GET", path).status == 200, path
    assert ask(house, None, "GET", "/v1/lookup?addresses=52:54:00:00:00:01").status == 404


def test_when_a_token_ends_is_noted_for_streams(house: inside.Inside, town: Town) -> None:
    for _ in ("asked of Keystone", "remembered"):
        environ = webob.Request.blank("/v1/nodes", headers={"X-Auth-Token": town.token("watcher")}).environ
        b"".join(house.application(environ, lambda *_answer: None))
        assert environ[guard.EXPIRES] > house.time.now()


@pytest.mark.parametrize("token", [None, "wrong", "gAAAAAB" + "x" * 170, "é"])
def test_no_or_a_wrong_token_is_unauthorized(house: inside.Inside, town: Town, token: str | None) -> None:
    answer = ask(house, token, "GET", "/v1/nodes")
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == f'Keystone uri="{town.keystone.url}"'
    assert answer.json()["error"]["code"] == 401 and answer.json()["error"]["message"]


def test_what_a_client_says_of_itself_counts_for_nothing(house: inside.Inside, town: Town) -> None:
    tokens = ("X-Auth-Token", "X-Storage-Token", "X-Service-Token")
    lies = {name.replace("-", "_"): value for name, value in test_access_headers.LIES.items() if name not in tokens}
    lies["X_Project_Id"] = town.projects["red"]
    red = enrol(house, town.token("operator"), owner=town.projects["red"])["uuid"]
    assert ask(house, None, "GET", "/v1/nodes", **lies).status == 401
    assert ask(house, "wrong", "GET", "/v1/nodes", **lies).status == 401
    for user in ("red-reader", "blue-admin", "baremetal"):
        assert ask(house, town.token(user), "GET", "/v1/chassis", **lies).status == 403, user
    assert ask(house, town.token("red-reader"), "POST", "/v1/nodes", {"driver": "fake-hardware"}, **lies).status == 403
    assert ask(house, town.token("blue-admin"), "GET", f"/v1/nodes/{red}", **lies).status == 404
    unscoped = town.keystone.token("red-admin", town.passwords["red-admin"], {"unscoped": {}})
    for path in ("nodes", "chassis"):
        assert ask(house, unscoped, "GET", f"/v1/{path}", **lies).status == 403, path
    assert ask(house, unscoped, "GET", f"/v1/nodes/{red}", **lies).status == 404
    assert ask(house, town.token("operator"), "DELETE", f"/v1/nodes/{red}", **lies).status == 204


def test_the_system_sees_all_and_its_reader_changes_nothing(house: inside.Inside, town: Town) -> None:
    node = enrol(house, town.token("operator"), owner=town.projects["red"])
    assert node["owner"] == town.projects["red"]
    for user in ("operator", "watcher"):
        assert node["uuid"] in {one["uuid"] for one in ask(house, town.token(user), "GET", "/v1/nodes").json()["nodes"]}
        assert ask(house, town.token(user), "GET", "/v1/chassis").status == 200
    assert ask(house, town.token("watcher"), "DELETE", f"/v1/nodes/{node['uuid']}").status == 403
    assert ask(house, town.token("operator"), "DELETE", f"/v1/nodes/{node['uuid']}").status == 204


def test_a_project_sees_and_keeps_its_own(house: inside.Inside, town: Town) -> None:
    node = enrol(house, town.token("red-admin"))
    path = f"/v1/nodes/{node['uuid']}"
    assert node["owner"] == town.projects["red"]
    refused = ask(house, town.token("red-admin"), "POST", "/v1/nodes", {"driver": "fake-hardware", "owner": "other"})
    assert refused.status == 403
    for user, status, count in (("red-member", 200, 1), ("red-reader", 200, 1), ("blue-admin", 404, 0)):
        assert ask(house, town.token(user), "GET", path).status == status, user
        assert len(ask(house, town.token(user), "GET", "/v1/nodes").json()["nodes"]) == count, user
    patch = [{"op": "add", "path": "/extra/a", "value": 1}]
    for user, status in (("red-member", 200), ("red-reader", 403), ("blue-admin", 404)):
        assert ask(house, town.token(user), "PATCH", path, patch).status == status, user
    # lent to another project, which sees less of it
    lent = [{"op": "replace", "path": "/lessee", "value": town.projects["blue"]}]
    assert ask(house, town.token("red-member"), "PATCH", path, lent).status == 200
    seen = ask(house, town.token("blue-reader"), "GET", path).json()
    assert "baremetal:node:get:driver_info" in seen["driver_info"]["content"]
    assert ask(house, town.token("blue-admin"), "DELETE", path).status == 403
    assert ask(house, town.token("red-admin"), "DELETE", path).status == 204


def test_a_token_that_is_for_neither_project_nor_system_may_nothing(house: inside.Inside, town: Town) -> None:
    scope = {"domain": {"id": "default"}}
    ident = town.keystone.ask("GET", "users?name=nobody")["users"][0]["id"]
    role = next(role["id"] for role in town.keystone.ask("GET", "roles")["roles"] if role["name"] == "admin")
    town.keystone.ask("PUT", f"domains/default/users/{ident}/roles/{role}")
    token = town.keystone.token("nobody", town.passwords["nobody"], scope)
    assert ask(house, token, "GET", "/v1/nodes").status == 403


def test_tokens_end_and_services_may_finish_what_their_users_began(house: inside.Inside, town: Town) -> None:
    for seconds in (4, 20, 100):        # a busy machine may be slower than a token lasts
        short, url = town.keystone.beside(seconds)
        try:
            token = town.keystone.token("red-reader", town.passwords["red-reader"], "red", url)
            status = ask(house, token, "GET", "/v1/nodes").status
        finally:
            short.stop()
        if status == 200:
            break
    assert status == 200
    time.sleep(seconds + 0.5)
    # it is remembered, and not believed any more
    assert ask(house, token, "GET", "/v1/nodes").status == 401
    assert ask(house, token, "GET", "/v1/nodes", X_Service_Token=town.token("red-admin")).status == 401
    assert ask(house, token, "GET", "/v1/nodes", X_Service_Token=town.token("baremetal")).status == 200


def test_a_revoked_token_is_refused_by_who_has_not_seen_it(opened: Open, town: Town) -> None:
    token = town.keystone.token("red-reader", town.passwords["red-reader"], "red")
    town.keystone.revoke(token)
    assert ask(opened(), token, "GET", "/v1/nodes").status == 401


def test_a_service_is_elevated_only_where_the_operator_says_so(house: inside.Inside, opened: Open, town: Town) -> None:
    token = town.token("baremetal")
    for asked, count in ((house, 0), (opened(elevated="true"), 1)):
        enrol(asked, town.token("operator"), owner=town.projects["red"])
        assert len(ask(asked, token, "GET", "/v1/nodes").json()["nodes"]) == count


def test_a_token_is_asked_about_once(house: inside.Inside, town: Town) -> None:
    token = town.keystone.token("red-reader", town.passwords["red-reader"], "red")
    assert ask(house, token, "GET", "/v1/nodes").status == 200
    town.keystone.process.send(signal.SIGSTOP)
    try:
        assert ask(house, token, "GET", "/v1/nodes").status == 200
    finally:
        town.keystone.process.send(signal.SIGCONT)


def test_without_keystone_nobody_is_let_in_and_told_why(opened: Open, town: Town) -> None:
    answer = ask(opened(f"http://127.0.0.1:{processes.free_port()}", patience=2), town.token("red-reader"),
                 "GET", "/v1/nodes")
    assert answer.status == 503 and "Keystone" in answer.text()


def test_a_section_that_lacks_what_is_needed_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ValueError, match=r"\[keystone_authtoken\].*auth_url"):
        inside.Inside(tmp_path, auth_strategy="keystone")
