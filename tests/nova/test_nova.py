"""Nova's driver does its work against our service: on a fake server, and on a simulated one with an IPMI BMC and agent.

``compute.py`` is what nova-compute would do; here it is started, and each thing that it has done is a test.
"""

from typing import Any

import pytest

from tests.api import drive
from tests.nova import conftest, servers

PARTS = ("lists_and_reports", "keeps_to_its_share", "reserves", "plugs", "spawns", "looks", "switches",
         "plugs_while_it_runs", "opens_a_console", "rescues", "rebuilds", "destroys")
SERVERS = {"fake": (*PARTS, "gives_up", "bonds"), "ipmi": PARTS}


@pytest.fixture(scope="module")
def lived(live: conftest.Live, service: Any) -> conftest.Lived:
    """What each part of the driver's work came to."""
    endpoint = drive.Endpoint(service.url, service.auth)
    user, password = service.auth
    given = [{**made, "name": name, "parts": SERVERS[name]} for name, made in (
        ("fake", servers.fake(endpoint)), ("ipmi", servers.simulated(endpoint, service.data)))]
    return live({"auth_type": "http_basic", "endpoint": service.url, "endpoint_override": service.url,
                 "username": user, "password": password}, given)


@pytest.mark.parametrize(("server", "part"), [(name, part) for name, parts in SERVERS.items() for part in parts])
def test_nova_does(server: str, part: str, lived: conftest.Lived) -> None:
    conftest.judge(lived, server, part)
