"""file:// leads nowhere but into the allowed folders."""

import os
from pathlib import Path

import pytest

from baremetal import errors
from baremetal.images import library
from tests.unit.images import conftest

CONTENT = conftest.disk(1)


@pytest.fixture
def allowed(tmp_path: Path) -> Path:
    folder = tmp_path / "allowed"
    (folder / "deep").mkdir(parents=True)
    (folder / "disk.img").write_bytes(CONTENT)
    (tmp_path / "secret").write_bytes(CONTENT)
    (tmp_path / "allowed-not").mkdir()
    (tmp_path / "allowed-not" / "x").write_bytes(CONTENT)
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "inner").symlink_to(folder / "disk.img")
    (folder / "away").symlink_to(tmp_path)
    return folder


@pytest.mark.parametrize("path", ["disk.img", "inner", "disk%2Eimg"])
def test_inside(books: library.Library, allowed: Path, path: str) -> None:
    image = books.fetch(f"file://{allowed}/{path}", conftest.promise(CONTENT), raw=True)
    assert image.path.read_bytes() == CONTENT


@pytest.mark.parametrize("path", [
    "../secret", "deep/../../secret", "%2e%2e/secret", "..%2fsecret", "%2E%2E%2Fsecret", "link", "away/secret",
    "away/missing", "../allowed-not/x", "../allowed/disk.img", "disk.img%00", "disk.img\0", "deep", "", ".",
    "../../../../etc/passwd", "a" * 5000, "disk.img?x", "disk.img#x",
])
def test_outside(books: library.Library, allowed: Path, path: str) -> None:
    with pytest.raises((errors.ImageForbidden, errors.ImageUnavailable)) as refused:
        books.fetch(f"file://{allowed}/{path}", conftest.promise(CONTENT), raw=True)
    if path != "a" * 5000:
        assert isinstance(refused.value, errors.ImageForbidden)
    assert conftest.left(books) == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "file:///etc/shadow", "file:///proc/self/environ",
                                 "file:///dev/zero",
                                 "file://other.host/etc/passwd", "file:etc/passwd", "FILE:///etc/passwd"])
def test_elsewhere(books: library.Library, url: str) -> None:
    with pytest.raises(errors.ImageForbidden):
        books.check(url)


def test_what_is_there_outside_is_not_told(books: library.Library, tmp_path: Path) -> None:
    texts = []
    for name in ("passwd", "no-such-file"):
        with pytest.raises(errors.ImageForbidden) as refused:
            books.check(f"file:///etc/{name}")
        texts.append(str(refused.value).replace(name, ""))
    assert texts[0] == texts[1]


def test_missing_inside(books: library.Library, allowed: Path) -> None:
    with pytest.raises(errors.ImageUnavailable, match="no such file"):
        books.check(f"file://{allowed}/missing.img")


def test_a_pipe_is_no_image(books: library.Library, allowed: Path) -> None:
    os.mkfifo(allowed / "pipe")
    with pytest.raises(errors.ImageForbidden, match="regular"):
        books.file(f"file://{allowed}/pipe")


def test_kernel_is_fetched_again_only_when_it_changed(books: library.Library, allowed: Path) -> None:
    first = books.file(f"file://{allowed}/disk.img")
    assert books.file(f"file://{allowed}/disk.img") == first
    (allowed / "disk.img").write_bytes(b"new")
    second = books.file(f"file://{allowed}/disk.img")
    assert second.path.read_bytes() == b"new" and first.path.read_bytes() == CONTENT
