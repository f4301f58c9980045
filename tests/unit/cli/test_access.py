"""Where the API is and who we are: the environment, the options, and what is wrong with them."""

import pytest

from baremetal.cli import access

HERE = {"OS_ENDPOINT": "http://h:6385", "OS_AUTH_TYPE": "http_basic", "OS_USERNAME": "u", "OS_PASSWORD": "p"}


@pytest.mark.parametrize(("given", "endpoint", "user", "wanted"), [
    (HERE, None, None, access.Access("http://h:6385", "u", "p")),
    (HERE, "https://x:1/v1/", "w", access.Access("https://x:1", "w", "p")),
    ({"OS_ENDPOINT": "http://h/"}, None, None, access.Access("http://h")),
    ({**HERE, "OS_AUTH_TYPE": "none"}, None, None, access.Access("http://h:6385")),
    ({"OS_ENDPOINT": "http://[::1]:6385", "OS_PASSWORD": "p"}, None, "u", access.Access("http://[::1]:6385", "u", "p")),
])
def test_access(given: dict[str, str], endpoint: str | None, user: str | None, wanted: access.Access) -> None:
    assert access.of(given, endpoint, user, None) == wanted


@pytest.mark.parametrize(("given", "endpoint", "says"), [
    ({}, None, "OS_ENDPOINT"),
    ({}, "h:6385", "must be a URL"),
    ({}, "http://", "must be a URL"),
    ({}, "http://h:99999", "must be a URL"),
    ({}, "http://u:p@h", "OS_USERNAME"),
    ({**HERE, "OS_AUTH_TYPE": "kerberos"}, None, "http_basic, none, password"),
    ({**HERE, "OS_AUTH_TYPE": "password"}, None, "OS_AUTH_URL"),
    ({"OS_AUTH_URL": "http://127.0.0.1:1/v3", "OS_USERNAME": "u", "OS_PASSWORD": "geheim"}, None, "does not let us in"),
    ({"OS_ENDPOINT": "http://h", "OS_AUTH_TYPE": "http_basic"}, None, "--user"),
    ({"OS_ENDPOINT": "http://h", "OS_USERNAME": "u"}, None, "OS_PASSWORD"),
])
def test_what_is_wrong_is_said(given: dict[str, str], endpoint: str | None, says: str) -> None:
    with pytest.raises(access.Wrong, match=says):
        access.of(given, endpoint, None, None)


def test_a_person_is_asked_for_the_password_and_it_is_not_shown() -> None:
    made = access.of({"OS_ENDPOINT": "http://h", "OS_USERNAME": "u"}, None, None, lambda _prompt: "geheim")
    assert made.password == "geheim" and "geheim" not in repr(made)


def test_credentials_do_not_follow_redirections() -> None:
    request = access.Access("http://h", "u", "p").request("/x", {"A": "b"})
    assert "Authorization" in request.unredirected_hdrs and "Authorization" not in request.headers
