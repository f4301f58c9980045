"""What images are by their content: compressed, qcow2 and others by the real qemu-img, and what is refused."""

import bz2
import gzip
import lzma
import subprocess
import typing
from pathlib import Path

import pytest
import zstandard

from baremetal import errors
from baremetal.images import library
from tests.unit.images import conftest, web

Maker = typing.Callable[..., library.Library]
MIB = 1 << 20
CONTENT = conftest.disk(2, 14)
PACKERS: dict[str, typing.Callable[[bytes], bytes]] = {
    "gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress, "zst": zstandard.compress,
    "gz of two members": lambda content: gzip.compress(content[:5 * MIB]) + gzip.compress(content[5 * MIB:]),
    "gz with padding": lambda content: gzip.compress(content) + bytes(5000),
    "zst of two frames": lambda content: zstandard.compress(content[:5 * MIB]) + zstandard.compress(content[5 * MIB:]),
}
OTHERS = ("qcow2", "vmdk", "vpc", "vhdx", "vdi")
PERMITTED = ["raw", "qcow2", "vmdk", "vhd", "vhdx", "vdi"]


def qemu(folder: Path, kind: str, content: bytes = CONTENT, *words: str) -> bytes:
    (folder / "plain").write_bytes(content)
    subprocess.run(["qemu-img", "convert", "-O", kind, *words, folder / "plain", folder / "other"], check=True)
    return (folder / "other").read_bytes()


def fetch(books: library.Library, site: web.Site, content: bytes, **options: typing.Any) -> library.Image:
    site.files["/disk.img"] = content
    return books.fetch(f"{site.url}/disk.img", conftest.promise(content), **{"raw": True, **options})


@pytest.mark.parametrize("how", PACKERS)
def test_compressed(site: web.Site, books: library.Library, how: str) -> None:
    image = fetch(books, site, PACKERS[how](CONTENT))
    assert image.path.read_bytes() == CONTENT and image.virtual_size == len(CONTENT)
    assert image.sha256 == conftest.promise(CONTENT).value
    assert image.path.stat().st_blocks * 512 < 3 * MIB      # holes stay holes


@pytest.mark.parametrize("how", ["gz", "xz", "bz2", "zst"])
@pytest.mark.parametrize("harm", [lambda packed: packed[:len(packed) // 2], lambda packed: packed + b"garbage"],
                         ids=["cut", "longer"])
def test_damaged(site: web.Site, books: library.Library, how: str, harm: typing.Callable[[bytes], bytes]) -> None:
    with pytest.raises(errors.ImageFault, match="stream"):
        fetch(books, site, harm(PACKERS[how](CONTENT)))
    assert conftest.left(books) == []


@pytest.mark.parametrize("how", ["gz", "zst"])
def test_bomb(site: web.Site, make: Maker, how: str) -> None:
    books = make(images__largest=1)
    packed = PACKERS[how](bytes(1 << 26)) * 17         # more than 1 GiB of zeros in a few hundred KiB
    with pytest.raises(errors.ImageTooLarge):
        fetch(books, site, packed)
    assert conftest.left(books) == []


@pytest.mark.parametrize("kind", OTHERS)
def test_made_raw(site: web.Site, tmp_path: Path, make: Maker, kind: str) -> None:
    books = make(conductor__permitted_image_formats=PERMITTED)
    image = fetch(books, site, qemu(tmp_path, kind))
    made = image.path.read_bytes()
    assert made[:len(CONTENT)] == CONTENT and not made[len(CONTENT):].strip(b"\0")
    assert image.disk_format == "raw" and image.virtual_size == image.size == len(made)
    assert image.sha256 == conftest.promise(made).value and image.map_path is not None


def test_made_raw_when_packed(site: web.Site, tmp_path: Path, books: library.Library) -> None:
    image = fetch(books, site, gzip.compress(qemu(tmp_path, "qcow2", CONTENT, "-c")))
    assert image.path.read_bytes() == CONTENT


def test_left_as_it_is(site: web.Site, tmp_path: Path, books: library.Library) -> None:
    content = qemu(tmp_path, "qcow2")
    image = fetch(books, site, content, raw=False)
    assert image.path.read_bytes() == content and image.disk_format == "qcow2" and image.virtual_size == len(CONTENT)
    assert image.sha256 == conftest.promise(content).value and image.map_path is None
    assert fetch(books, site, content, raw=True).disk_format == "raw"


@pytest.mark.parametrize(("kind", "declared", "words"), [
    ("qcow2", "raw", "content is qcow2, but instance_info/image_disk_format says raw"),
    ("raw", "qcow2", "content is raw"),
    ("vmdk", None, "permitted_image_formats"),
    ("vdi", "qcow2", "permitted_image_formats"),
])
def test_not_what_was_said(site: web.Site, tmp_path: Path, books: library.Library, kind: str, declared: str | None,
                           words: str) -> None:
    with pytest.raises(errors.ImageFault, match=words):
        fetch(books, site, qemu(tmp_path, kind), disk_format=declared)
    assert conftest.left(books) == []


def test_kept_copy_does_not_hide_a_wrong_word(site: web.Site, tmp_path: Path, books: library.Library) -> None:
    content = qemu(tmp_path, "qcow2")
    fetch(books, site, content, disk_format="qcow2")
    with pytest.raises(errors.ImageFault, match="says raw"):
        fetch(books, site, content, disk_format="raw")


@pytest.mark.parametrize("words", [
    ["-b", "/etc/passwd", "-F", "raw", "-u"],
    ["-o", "data_file=/etc/passwd,data_file_raw=on"],
])
def test_images_that_reach_out(site: web.Site, tmp_path: Path, books: library.Library, words: list[str]) -> None:
    path = tmp_path / "evil.qcow2"
    if words[0] == "-o":
        words = ["-o", f"data_file={tmp_path}/data,data_file_raw=on"]
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *words, path, "8M"], check=True)
    with pytest.raises(errors.ImageFault, match="not safe"):
        fetch(books, site, path.read_bytes())
    assert conftest.left(books) == []


def test_qcow2_of_a_monstrous_disk(site: web.Site, tmp_path: Path, make: Maker) -> None:
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", tmp_path / "x", "60T"], check=True)
    with pytest.raises(errors.ImageTooLarge, match="largest"):
        fetch(make(), site, (tmp_path / "x").read_bytes())


def test_conversion_that_takes_too_long(site: web.Site, tmp_path: Path, make: Maker) -> None:
    books = make()
    content = qemu(tmp_path, "qcow2", conftest.disk(64), "-c")
    books.conf.set_override("convert_timeout", 0.01, group="images")
    with pytest.raises(errors.ImageFault, match="convert_timeout"):
        fetch(books, site, content)
    assert conftest.left(books) == []


def test_empty_file(site: web.Site, books: library.Library) -> None:
    with pytest.raises(errors.ImageFault, match="empty|format"):
        fetch(books, site, b"")
