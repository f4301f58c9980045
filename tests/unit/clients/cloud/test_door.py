"""The way to a service: what is missing is named by option, every exception of keystoneauth becomes a fault of ours."""

import threading
from pathlib import Path

import pytest
from keystoneauth1 import exceptions

from baremetal import config, errors
from baremetal.clients import cloud
from baremetal.clients.cloud import door
from baremetal.config import neighbours
from tests.unit.clients.cloud import recorded


def _every(kind: type[Exception]) -> list[type[Exception]]:
    return [kind, *[below for child in kind.__subclasses__() for below in _every(child)]]


def test_table_of_faults_is_complete_and_narrow_before_wide() -> None:
    kinds = [kind for kind, _ in door.FAULTS]
    assert all(issubclass(kind, tuple(kinds)) for kind in _every(exceptions.ClientException))
    assert [(one, two) for n, one in enumerate(kinds) for two in kinds[n + 1:] if issubclass(two, one)] == []


@pytest.mark.parametrize("service", sorted(neighbours.TYPES))
def test_every_service_is_off_and_says_so(service: str) -> None:
    way = cloud.Cloud(config.build()).door(service)
    assert way.missing() == [f"[{service}]auth_type"]
    with pytest.raises(errors.NeighbourNotConfigured, match=rf"\[{service}\]auth_type must be set"):
        way.ask("GET", "/")


# fmt: off
@pytest.mark.parametrize(("text", "missing"), [
    ("auth_type = password",                          ["auth_url", "username or user_id", "password"]),
    ("auth_type = password\nauth_url = http://a\nusername = b", ["password"]),
    ("auth_type = password\nauth_url = http://a\nuser_id = b\npassword = c", []),
    ("auth_type = none",                              ["endpoint_override"]),
    ("auth_section = keystone_authtoken",             []),
])
# fmt: on
def test_what_is_missing_is_named(text: str, missing: list[str], tmp_path: Path) -> None:
    (tmp_path / "conf").write_text(f"[neutron]\n{text}\n")
    way = cloud.Cloud(config.build(files=[str(tmp_path / "conf")])).door("neutron")
    assert way.missing() == [f"[neutron]{option}" for option in missing]


# fmt: off
@pytest.mark.parametrize(("status", "fault"), [
    (400, errors.NeighbourRefuses),
    (401, errors.NeighbourRefuses),
    (403, errors.NeighbourRefuses),
    (404, errors.NeighbourLacks),
    (409, errors.NeighbourConflict),
    (413, errors.NeighbourRefuses),
    (500, errors.NeighbourUnavailable),
    (503, errors.NeighbourUnavailable),
])
# fmt: on
def test_refusals_become_faults_with_the_sentence_of_the_service(
        status: int, fault: type[errors.NeighbourFault]) -> None:
    with recorded.serving({"GET /v2.0/x": (status, {}, {"NeutronError": {"message": "so it is"}})}) as server:
        conf = config.build(neutron__auth_type="none", neutron__endpoint_override=server.url,
                            neutron__status_code_retries=0)
        with pytest.raises(fault, match=f"GET /x: {status} so it is") as told:
            cloud.Cloud(conf).door("neutron").ask("GET", "/x")
        assert type(told.value) is fault


def test_what_is_no_json_is_said() -> None:
    with recorded.serving({"GET /v2.0/x": (200, {}, b"<html>")}) as server:
        conf = config.build(neutron__auth_type="none", neutron__endpoint_override=server.url)
        with pytest.raises(errors.NeighbourUnavailable, match="no JSON"):
            cloud.Cloud(conf).door("neutron").ask("GET", "/x")


def test_many_threads_share_one_way() -> None:
    with recorded.serving({"GET /v2.0/x": (200, {}, {"x": 1})}) as server:
        conf = config.build(neutron__auth_type="none", neutron__endpoint_override=server.url)
        way = cloud.Cloud(conf).door("neutron")
        found: list[door.Json] = []
        threads = [threading.Thread(target=lambda: found.append(way.ask("GET", "/x"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [{"x": 1}] * 8
