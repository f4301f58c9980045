"""Servers that do not do as they should."""

import hashlib
import typing

import pytest

from baremetal import clock, errors
from baremetal.images import library
from tests.unit.images import conftest, web

Maker = typing.Callable[..., library.Library]
CONTENT = conftest.disk(3)


def fetch(books: library.Library, site: web.Site, content: bytes = CONTENT) -> library.Image:
    return books.fetch(f"{site.url}/disk.img", conftest.promise(content), raw=True)


def test_it_goes_on_where_it_broke_off(site: web.Site, books: library.Library) -> None:
    site.files["/disk.img"], site.break_after = CONTENT, [1_000_000, 1_000_000]
    image = fetch(books, site)
    assert image.path.read_bytes() == CONTENT
    assert [asked for _, _, asked in site.asked] == [None, "bytes=1000000-", "bytes=2000000-"]


@pytest.mark.parametrize("habit", ["ranges", "tags"])
def test_without_ranges_or_tags_it_begins_again(site: web.Site, books: library.Library, habit: str) -> None:
    site.files["/disk.img"], site.break_after = CONTENT, [1_000_000]
    setattr(site, habit, False)
    assert fetch(books, site).path.read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_is_fetched_anew(site: web.Site, books: library.Library) -> None:
    class Changing(dict[str, bytes]):
        def __getitem__(self, path: str) -> bytes:
            return CONTENT if site.asked[1:] else conftest.disk(3, seed=2)
    site.files, site.break_after = Changing({"/disk.img": b""}), [1_000_000]
    assert fetch(books, site).path.read_bytes() == CONTENT


@pytest.mark.parametrize("lengths", [True, False])
def test_one_that_always_breaks_off(site: web.Site, books: library.Library, lengths: bool) -> None:
    site.files["/disk.img"], site.break_after, site.ranges, site.lengths = CONTENT, [1000] * 9, False, lengths
    # without Content-Length only the checksum can tell
    with pytest.raises(errors.ImageUnavailable if lengths else errors.ImageChecksumWrong):
        fetch(books, site)
    assert conftest.left(books) == []


def test_server_trouble_passes(site: web.Site, books: library.Library, ticker: clock.MovedClock) -> None:
    site.files["/disk.img"], site.statuses = CONTENT, [503, 500]
    before = ticker.tick()
    fetch(books, site)
    assert ticker.tick() - before == 3          # waited 1 s, then 2 s


@pytest.mark.parametrize(("statuses", "asked", "words"), [([404], 1, "404"), ([403], 1, "403"), ([503] * 3, 3, "503")])
def test_server_says_no(site: web.Site, books: library.Library, statuses: list[int], asked: int, words: str) -> None:
    site.statuses = statuses
    with pytest.raises(errors.ImageUnavailable, match=words):
        fetch(books, site)
    assert len(site.asked) == asked and conftest.left(books) == []


def test_nobody_listens(books: library.Library) -> None:
    with pytest.raises(errors.ImageUnavailable, match="no connection"):
        books.fetch("http://127.0.0.1:1/disk.img", conftest.promise(b""), raw=True)


def test_unknown_host(books: library.Library) -> None:
    with pytest.raises(errors.ImageUnavailable, match="unknown"):
        books.fetch("http://nowhere.invalid/disk.img", conftest.promise(b""), raw=True)


def test_server_that_stops(site: web.Site, make: Maker) -> None:
    site.files["/disk.img"], site.pause = CONTENT, 30
    books = make(images__stall_timeout=0.5, images__attempts=1)
    with pytest.raises(errors.ImageUnavailable, match=r"sent nothing within \[images\]stall_timeout"):
        fetch(books, site)
    assert conftest.left(books) == []


def test_server_that_dawdles(site: web.Site, make: Maker) -> None:
    site.files["/disk.img"], site.pause, site.piece = CONTENT, 0.1, 10
    # a busy machine must not keep a piece back for that long: nothing at all is another fault
    built = make(images__stall_timeout=4, images__attempts=1)
    books = library.Library(built.conf, clock.REAL)
    with pytest.raises(errors.ImageUnavailable, match="too slow"):
        fetch(books, site)


def test_wrong_checksum(site: web.Site, books: library.Library) -> None:
    site.files["/disk.img"] = CONTENT
    with pytest.raises(errors.ImageChecksumWrong) as wrong:
        fetch(books, site, b"other")
    text = str(wrong.value)
    assert hashlib.sha256(CONTENT).hexdigest() in text and hashlib.sha256(b"other").hexdigest() in text
    assert "/disk.img" in text and conftest.left(books) == []


def test_too_large(site: web.Site, make: Maker) -> None:
    books = make(images__largest=1)

    class Long(bytes):
        def __len__(self) -> int:
            return 2 << 30
    site.files["/disk.img"] = Long(CONTENT)
    with pytest.raises(errors.ImageTooLarge, match=r"\[images\]largest has 1073741824"):
        fetch(books, site)


def test_user_and_query_are_never_told(site: web.Site, books: library.Library) -> None:
    place = site.url.removeprefix("http://")
    with pytest.raises(errors.ImageUnavailable) as missing:
        books.fetch(f"http://user:secret@{place}/disk.img?sig=secret", conftest.promise(b""), raw=True)
    assert "secret" not in str(missing.value)


def test_progress_is_told(site: web.Site, books: library.Library) -> None:
    site.files["/disk.img"] = CONTENT
    told: list[tuple[str, int, int | None]] = []
    books.fetch(f"{site.url}/disk.img", conftest.promise(CONTENT), raw=True, progress=lambda *args: told.append(args))
    assert ("download", len(CONTENT), len(CONTENT)) in told and told[-1][0] == "map"
