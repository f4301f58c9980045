"""Which URLs may be fetched, and that the address that was judged is the one that is connected to."""

import typing

import pytest

from baremetal import config, errors
from baremetal.images import guard, library
from tests.unit.images import conftest, web

FORBIDDEN = (
    "http://127.0.0.1/x", "http://localhost/x", "http://[::1]/x", "http://127.1/x", "http://2130706433/x",
    "http://0x7f000001/x", "http://0.0.0.0/x", "http://[::]/x", "http://169.254.169.254/latest/meta-data",
    "http://[fe80::1]/x", "http://[::ffff:169.254.169.254]/x", "http://[::ffff:127.0.0.1]/x", "http://224.0.0.1/x",
    "http://255.255.255.255/x", "http://[ff02::1]/x", "http://[64:ff9b::7f00:1]/x", "http://[2002:7f00:1::]/x",
    "ftp://192.0.2.1/x", "gopher://192.0.2.1/x", "http://user:pw@127.0.0.1/x", "http:///x", "http://192.0.2.1:0/x",
    "http://192.0.2.1/a b", "http://192.0.2.1/a\0b", "http://192.0.2.1:99999/", "http://[::1/x",
)


@pytest.mark.parametrize("url", FORBIDDEN)
def test_forbidden(url: str) -> None:
    with pytest.raises(errors.ImageForbidden) as refused:
        guard.Guard(config.build()).check(url)
    assert "pw" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://192.0.2.1/x", "https://10.0.0.1:8443/x", "http://[2001:db8::1]/x"])
def test_allowed(url: str) -> None:
    guard.Guard(config.build()).check(url)


@pytest.mark.parametrize(("network", "url"), [("127.0.0.0/8", "http://127.0.0.1/"), ("::1", "http://[::1]/"),
                                              ("127.0.0.1", "http://[::ffff:127.0.0.1]/"),
                                              ("169.254.1.0/24", "http://169.254.1.9/")])
def test_allowed_by_option(network: str, url: str) -> None:
    guard.Guard(config.build(images__allowed_networks=[network])).check(url)


def test_option_that_is_no_network_is_named() -> None:
    with pytest.raises(ValueError, match=r"allowed_networks: 'here' is no network"):
        guard.Guard(config.build(images__allowed_networks=["here"]))


@pytest.mark.parametrize(("url", "shown"), [
    ("http://user:secret@h.example/a?signature=secret#x", "http://h.example/a?…"),
    ("http://[::1/secret", "(not a URL)"),
    ("file:///a/b\n", "file:///a/b"),
])
def test_what_is_shown_of_a_url(url: str, shown: str) -> None:
    assert guard.plain(url) == shown


def test_a_session_judges_what_it_connects_to(site: web.Site) -> None:
    site.files["/x"] = b"x"
    with guard.Guard(config.build()).session() as session, pytest.raises(errors.ImageForbidden):
        session.get(f"{site.url}/x", timeout=5)
    assert site.asked == []


Maker = typing.Callable[..., library.Library]


def test_connecting_judges_by_itself(site: web.Site, make: Maker) -> None:
    """What a name server said when the URL was checked does not count: ``read`` checks nothing before."""
    site.files["/x"] = b"x"
    books = make(images__allowed_networks=[])
    with pytest.raises(errors.ImageForbidden):
        books.read(site.url.replace("127.0.0.1", "localhost") + "/x", 10)
    assert site.asked == []


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest", "http://127.0.0.2/x", "file:///etc/passwd",
                                    "ftp://x/y"])
def test_redirect_to_a_forbidden_place(site: web.Site, books: library.Library, target: str) -> None:
    site.redirects["/x"] = target
    with pytest.raises(errors.ImageForbidden):
        books.fetch(f"{site.url}/x", conftest.promise(b"x"), raw=False)
    assert conftest.left(books) == []


def test_redirects_end(site: web.Site, books: library.Library) -> None:
    site.redirects["/x"] = "/x"
    with pytest.raises(errors.ImageUnavailable, match="more than 5 redirects"):
        books.fetch(f"{site.url}/x", conftest.promise(b"x"), raw=False)
