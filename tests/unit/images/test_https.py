"""Images over HTTPS: whose certificate is believed, and what is said where it is not."""

import pathlib
import ssl
from collections.abc import Iterator

import pytest

from baremetal import errors
from tests.unit.clients.agent import server
from tests.unit.images import conftest, web

CONTENT = conftest.disk(2)


@pytest.fixture
def secure(tmp_path: pathlib.Path) -> Iterator[web.Site]:
    """A site whose certificate nobody knows but who has ``ca.pem``."""
    with web.serve(_tls(tmp_path, "127.0.0.1")) as site:
        site.files["/disk.img"] = CONTENT
        yield site


def _tls(folder: pathlib.Path, host: str) -> ssl.SSLContext:
    public, private = server.certificate(host)
    (folder / "ca.pem").write_text(public)
    (folder / "key.pem").write_text(private)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return tls


# who verifies nothing is warned, by the library
@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
@pytest.mark.parametrize("verify", ["ca.pem", "false", "False"])
def test_an_image_comes_over_https(secure: web.Site, make: conftest.Maker, tmp_path: pathlib.Path, verify: str) -> None:
    books = make(webserver_verify_ca=str(tmp_path / verify) if verify.endswith(".pem") else verify)
    secure.break_after = [1_000_000]
    image = books.fetch(f"{secure.url}/disk.img", conftest.promise(CONTENT), raw=True)
    assert image.path.read_bytes() == CONTENT
    assert [asked for _, _, asked in secure.asked] == [None, "bytes=1000000-"]


def test_a_certificate_that_nobody_signed_is_not_believed(secure: web.Site, make: conftest.Maker) -> None:
    books = make()
    with pytest.raises(errors.ImageUnavailable) as refused:
        books.fetch(f"{secure.url}/disk.img", conftest.promise(CONTENT), raw=True)
    assert "TLS failed" in refused.value.text and "[DEFAULT]webserver_verify_ca is 'true'" in refused.value.text
    assert "self-signed" in refused.value.text
    assert secure.asked == [] and conftest.left(books) == []


def test_a_certificate_of_another_host_is_not_believed(make: conftest.Maker, tmp_path: pathlib.Path) -> None:
    with web.serve(_tls(tmp_path, "127.0.0.2")) as site:
        site.files["/disk.img"] = CONTENT
        books = make(webserver_verify_ca=str(tmp_path / "ca.pem"))
        with pytest.raises(errors.ImageUnavailable) as refused:
            books.fetch(f"{site.url}/disk.img", conftest.promise(CONTENT), raw=True)
        assert "127.0.0.1" in refused.value.text and site.asked == []


def test_a_redirect_from_https_is_judged_too(secure: web.Site, make: conftest.Maker, tmp_path: pathlib.Path) -> None:
    books = make(webserver_verify_ca=str(tmp_path / "ca.pem"))
    secure.redirects["/moved"] = "http://169.254.169.254/disk.img"
    with pytest.raises(errors.ImageForbidden):
        books.fetch(f"{secure.url}/moved", conftest.promise(CONTENT), raw=True)
    secure.redirects["/moved"] = "/disk.img"
    assert books.fetch(f"{secure.url}/moved", conftest.promise(CONTENT), raw=True).path.read_bytes() == CONTENT
