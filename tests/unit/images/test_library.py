"""What is kept: once for many, for as long as somebody needs it, and whole after whatever happened."""

import concurrent.futures
import fcntl
import hashlib
import json
import os
import subprocess
import time
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

from baremetal import clock, errors
from baremetal.images import checksum, library
from tests.unit.images import conftest, web

Maker = typing.Callable[..., library.Library]
DAY = 86400


def put(site: web.Site, name: str, megabytes: int = 1, seed: int = 1) -> tuple[str, checksum.Promise]:
    content = conftest.disk(megabytes, seed=seed)
    site.files[f"/{name}"] = content
    return f"{site.url}/{name}", conftest.promise(content)


def gets(site: web.Site) -> int:
    return sum(method == "GET" for method, _, _ in site.asked)


def test_eight_ask_at_once_and_one_fetches(site: web.Site, tmp_path: Path, books: library.Library) -> None:
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", tmp_path / "x", "8M"], check=True)
    site.files["/x"], site.pause = (tmp_path / "x").read_bytes(), 0.2
    asked, told = conftest.promise(site.files["/x"]), []
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        images = list(pool.map(lambda number: books.fetch(f"{site.url}/x", asked, raw=True, holder=f"node-{number}",
                                                          progress=lambda *args: told.append(args)), range(8)))
    assert gets(site) == 1 and len({image.id for image in images}) == 1
    assert len(books.store.holders()) == 8 and len([one for one in told if one[0] == "map"]) == 8


def test_all_who_waited_hear_of_a_failure_and_the_next_tries_again(site: web.Site, books: library.Library) -> None:
    url, asked = put(site, "x")
    site.statuses, site.pause = [404], 0.2
    with pytest.raises(errors.ImageUnavailable):
        books.fetch(url, asked, raw=True)
    assert books.fetch(url, asked, raw=True).size == 1 << 20


def test_same_content_from_elsewhere_is_not_fetched(site: web.Site, books: library.Library) -> None:
    url, asked = put(site, "x")
    first = books.fetch(url, asked, raw=True)
    assert books.fetch(f"{site.url}/never-there", asked, raw=True) == first
    with pytest.raises(errors.ImageForbidden):      # what is kept is no way round the guard
        books.fetch("http://169.254.169.254/x", asked, raw=True)


def test_checksum_file(site: web.Site, books: library.Library) -> None:
    url, asked = put(site, "x.img")
    site.files["/SUMS"] = f"{asked.value}  x.img\n".encode()
    assert books.fetch(url, checksum.Promise(f"{site.url}/SUMS"), raw=True).digests["sha256"] == asked.value
    site.files["/SUMS"] = b"x" * (2 << 20)
    with pytest.raises(errors.ImageTooLarge):
        books.fetch(url, checksum.Promise(f"{site.url}/SUMS"), raw=True)
    with pytest.raises(errors.ImageForbidden):
        books.fetch(url, checksum.Promise("http://169.254.169.254/SUMS"), raw=True)


def test_sha512_finds_the_kept_copy(site: web.Site, books: library.Library) -> None:
    url, _ = put(site, "x")
    strong = checksum.Promise(hashlib.sha512(site.files["/x"]).hexdigest())
    books.fetch(url, strong, raw=True)
    books.fetch(url, strong, raw=True)
    assert gets(site) == 1


def test_kept_over_a_restart(site: web.Site, make: Maker) -> None:
    url, asked = put(site, "x")
    first = make().fetch(url, asked, raw=True, holder="node-1")
    again = make()
    assert again.fetch(url, asked, raw=True) == first and gets(site) == 1
    assert again.store.holders() == {"node-1": {first.id}}


def test_kernel_by_its_stamp(site: web.Site, books: library.Library) -> None:
    url, _ = put(site, "vmlinuz")
    first = books.file(url)
    assert books.file(url) == first and gets(site) == 1
    site.files["/vmlinuz"] = b"new"
    assert books.file(url).path.read_bytes() == b"new" and first.path.exists()


def test_kernel_of_a_server_that_tells_nothing_is_fetched_each_time(site: web.Site, books: library.Library) -> None:
    url, _ = put(site, "vmlinuz")
    site.tags = False
    assert books.file(url) == books.file(url) and gets(site) == 2


def test_a_kernel_is_never_unpacked(site: web.Site, books: library.Library) -> None:
    site.files["/initrd.gz"] = b"\x1f\x8b\x08 not even gzip"
    assert books.file(f"{site.url}/initrd.gz").path.read_bytes() == site.files["/initrd.gz"]


def test_partial_files_of_a_dead_process_go_and_those_of_a_living_one_stay(make: Maker) -> None:
    work = make().store.folder / "work"
    for name in ("dead", "living", "no-lock"):
        (work / name).mkdir()
        (work / name / "fetched").write_bytes(b"half")
    (work / "dead" / "lock").touch()
    with open(work / "living" / "lock", "wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        make()
        assert [path.name for path in work.iterdir()] == ["living"]


def test_killed_while_it_fetches(site: web.Site, tmp_path: Path, make: Maker) -> None:
    url, asked = put(site, "x", 8)
    site.piece, site.pause = 1 << 18, 2
    child = os.fork()
    if child == 0:
        try:
            make().fetch(url, asked, raw=True)
        finally:
            os._exit(0)
    work = tmp_path / "images" / "work"
    until = time.monotonic() + 60
    while not list(work.glob("*/fetched")):
        assert time.monotonic() < until, "it did not begin to fetch"
        time.sleep(0.02)
    os.kill(child, 9)
    os.waitpid(child, 0)
    assert list(work.iterdir())
    site.pause = 0
    books = make()
    assert conftest.left(books) == [] and books.fetch(url, asked, raw=True).size == 8 << 20


@pytest.mark.parametrize("harm", ["short", "about", "gone"])
def test_damaged_copies_are_fetched_anew(site: web.Site, make: Maker, harm: str) -> None:
    url, asked = put(site, "x")
    image = make().fetch(url, asked, raw=True)
    if harm == "short":
        os.truncate(image.path, 5)
    elif harm == "about":
        image.path.with_name("about.json").write_text("{")
    else:
        image.path.unlink()
    assert make().fetch(url, asked, raw=True).path.read_bytes() == site.files["/x"]


def test_what_no_node_uses_goes_first(site: web.Site, make: Maker, ticker: clock.MovedClock) -> None:
    books, images = make(pxe__image_cache_size=4), []
    for number in range(5):
        url, asked = put(site, f"x{number}", seed=number)
        images.append(books.fetch(url, asked, raw=True, holder="node-1" if number < 2 else None))
        ticker.move(100)
    books.tidy()
    assert [image.path.exists() for image in images] == [True, True, False, False, True]
    books.release("node-1")
    books.release("node-1")
    ticker.move(8 * DAY)
    books.tidy()
    assert conftest.left(books) == []


def test_an_image_on_its_way_stays(site: web.Site, make: Maker) -> None:
    books = make(pxe__image_cache_size=0)
    image = books.fetch(*put(site, "x"), raw=True)
    books.tidy()
    assert image.path.exists()


def test_who_reads_may_read_on(site: web.Site, make: Maker, ticker: clock.MovedClock) -> None:
    books = make(pxe__image_cache_size=0)
    image = books.fetch(*put(site, "x"), raw=True)
    with image.path.open("rb") as served:
        ticker.move(100)
        books.tidy()
        assert not image.path.exists() and served.read() == site.files["/x"]


def test_holder_cannot_be_a_path(site: web.Site, books: library.Library) -> None:
    with pytest.raises(errors.BadField):
        books.fetch(*put(site, "x"), raw=True, holder="../../x")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "small", folder]
    if os.geteuid() or subprocess.run(mount, check=False).returncode:
        pytest.skip("needs root, to mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("lengths", [True, False], ids=["length known", "length unknown"])
def test_disk_full(site: web.Site, make: Maker, small: Path, lengths: bool) -> None:
    books = make(pxe__images_path=str(small))
    site.lengths = lengths
    url, asked = put(site, "x", 9)
    with pytest.raises(errors.ImageFolderFull) as full:
        books.fetch(url, asked, raw=True)
    assert str(small) in str(full.value) and full.value.facts["needed"] and full.value.facts["free"] < 9 << 20
    assert conftest.left(books) == []
    assert books.fetch(*put(site, "y", 5), raw=True).size == 5 << 20


def test_disk_full_in_conversion(site: web.Site, tmp_path: Path, make: Maker, small: Path) -> None:
    (tmp_path / "plain").write_bytes(b"abcdefgh" * (12 << 17))
    subprocess.run(["qemu-img", "convert", "-c", "-O", "qcow2", tmp_path / "plain", tmp_path / "x"], check=True)
    site.files["/x"] = (tmp_path / "x").read_bytes()
    books = make(pxe__images_path=str(small))
    with pytest.raises(errors.ImageFolderFull):
        books.fetch(f"{site.url}/x", conftest.promise(site.files["/x"]), raw=True)
    assert conftest.left(books) == []


def test_room_is_made_by_what_nobody_needs(site: web.Site, make: Maker, small: Path,
                                               ticker: clock.MovedClock) -> None:
    books = make(pxe__images_path=str(small))
    kept = books.fetch(*put(site, "a", 2, seed=1), raw=True, holder="node-1")
    gone = books.fetch(*put(site, "b", 4, seed=2), raw=True)
    ticker.move(100)
    books.fetch(*put(site, "c", 4, seed=3), raw=True)
    assert kept.path.exists() and not gone.path.exists()


def test_map_lies_beside_the_image(site: web.Site, books: library.Library) -> None:
    image = books.fetch(*put(site, "x"), raw=True)
    assert image.map_path is not None
    text = image.map_path.read_bytes()
    assert hashlib.sha256(text).hexdigest() == image.map_sha256 and json.loads(text)["virtual_size"] == 1 << 20
