"""Nova as operators run it: a user of Keystone with the service role, and our service found in Keystone's catalog."""

import sys
from collections.abc import Iterator

import pytest
import requests

from tests import processes
from tests.api import drive
from tests.nova import conftest, servers
from tests.services import keystone as keystone_server

PARTS = ("lists_and_reports", "keeps_to_its_share", "reserves", "plugs", "spawns", "looks", "destroys")
CONFIG = """\
[DEFAULT]
auth_strategy = keystone
rbac_service_role_elevated_access = true
[keystone_authtoken]
www_authenticate_uri = {url}
auth_url = {url}/v3
auth_type = password
username = baremetal
password = {password}
project_name = service
user_domain_id = default
project_domain_id = default
"""


class Token(requests.auth.AuthBase):
    """Puts a token into each request."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["X-Auth-Token"] = self.token
        return request


@pytest.fixture(scope="module")
def project(keystone: keystone_server.Service) -> str:
    """The project of the services."""
    return keystone.project("service")


@pytest.fixture(scope="module")
def url(keystone: keystone_server.Service, project: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Our service, which asks Keystone who somebody is, and stands in its catalog."""
    folder, port = tmp_path_factory.mktemp("service"), processes.free_port()
    config = folder / "baremetal.conf"
    config.write_text(CONFIG.format(url=keystone.url, password=keystone.user("baremetal", ["service"], project)))
    command = processes.Command([sys.executable, "-m", "baremetal.cmd.single", "--config-file", str(config),
                                 "--data", str(folder), "--port", str(port)], logs=[folder / "baremetal.log"])
    with processes.spawned("baremetal", command, folder / "log") as process:
        process.wait_for(lambda: "Ctrl-C" in process.tail(100), within=300)
        keystone.register("baremetal", f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def lived(live: conftest.Live, url: str, keystone: keystone_server.Service, project: str) -> conftest.Lived:
    """What each part of the driver's work came to."""
    operator = Token(keystone.token("admin", keystone.admin, keystone_server.SYSTEM))
    made = servers.fake(drive.Endpoint(url, operator))
    return live({
        "auth_type": "password", "auth_url": f"{keystone.url}/v3", "username": "nova", "project_name": "service",
        "password": keystone.user("nova", ["service"], project), "user_domain_id": "default",
        "project_domain_id": "default", "region_name": keystone_server.REGION,
    }, [{**made, "name": "fake", "parts": PARTS}])


@pytest.mark.parametrize("part", PARTS)
def test_nova_does_as_a_service_of_keystone(part: str, lived: conftest.Lived) -> None:
    conftest.judge(lived, "fake", part)
