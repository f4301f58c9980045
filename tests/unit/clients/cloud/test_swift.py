"""Swift by recorded answers: objects, the account's key, temporary URLs by Swift's own formula."""

import hashlib
import hmac

import pytest

from baremetal import config, errors
from baremetal.clients import cloud
from baremetal.clients.cloud import swift
from tests.unit.clients.cloud import recorded

IDENT = "3b1f4a52-7ac6-4c3e-9a56-1f0a1d1b2c3d"
ACCOUNT = "/v1/AUTH_project"
KEYED = {"HEAD " + ACCOUNT: (204, {swift.KEY: "the-key"}, b"")}


def client(server: recorded.Server, **options: object) -> swift.Swift:
    """Our client of that server."""
    conf = config.build(swift__auth_type="none", swift__endpoint_override=server.url + ACCOUNT,
                        swift__status_code_retries=0, **options)
    return cloud.Cloud(conf).swift


def signed(path: str, expires: str) -> str:
    """What Swift computes for itself and compares."""
    return hmac.new(b"the-key", f"GET\n{expires}\n{path}".encode(), hashlib.sha256).hexdigest()


def test_formula_of_temporary_urls() -> None:
    path = "/v1/AUTH_account/container/object"
    assert swift.sign("the-key", path, 1700000000) == (
        f"{path}?temp_url_sig={signed(path, '1700000000')}&temp_url_expires=1700000000")


def test_object_is_put_and_got_by_a_temporary_url() -> None:
    answers: recorded.Answers = {**KEYED, f"PUT {ACCOUNT}/drives": (202, {}, b""),
                                 f"PUT {ACCOUNT}/drives/one": (201, {}, b""),
                                 f"GET {ACCOUNT}/drives/one": (200, {}, b"text")}
    with recorded.serving(answers) as server:
        ours = client(server)
        ours.put("drives", "one", b"text", 60)
        assert server.asked[-1][2] == b"text" and server.asked[-1][1]["X-Delete-After"] == "60"
        assert ours.get("drives", "one") == b"text"
        url = ours.temporary("drives", "one", 600)
        base, _, query = url.partition("?")
        assert base == f"{server.url}{ACCOUNT}/drives/one"
        found = dict(part.split("=") for part in query.split("&"))
        assert found["temp_url_sig"] == signed(f"{ACCOUNT}/drives/one", found["temp_url_expires"])
        ours.delete("drives", "gone")


@pytest.mark.parametrize(("seed", "container"), [(0, "glance"), (3, "glance_3b1"), (9, "glance_3b1f4a52-7")])
def test_image_is_where_glance_puts_it(seed: int, container: str) -> None:
    with recorded.serving(KEYED) as server:
        url = client(server, glance__swift_account="AUTH_images",
                     glance__swift_store_multiple_containers_seed=seed).image(IDENT)
        path = f"/v1/AUTH_images/{container}/{IDENT}"
        assert url.startswith(f"{server.url}{path}?temp_url_sig=")
        assert signed(path, url.rpartition("=")[2]) in url


def test_account_without_a_key_that_shows_none_is_said() -> None:
    answers: recorded.Answers = {f"HEAD {ACCOUNT}": (204, {}, b""), f"POST {ACCOUNT}": (204, {}, b"")}
    with recorded.serving(answers) as server, pytest.raises(errors.NeighbourRefuses, match="no key of temporary URLs"):
        client(server).temporary("drives", "one", 600)
