"""The shelf: keys, items, restarts, and what goes away."""

import os
import stat
import threading
from pathlib import Path

import pytest

from baremetal import errors
from baremetal.boot import shelf

NODE, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
MAC = "52:54:00:aa:00:01"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "boot"


@pytest.fixture
def places(folder: Path) -> shelf.Shelf:
    return shelf.Shelf(folder, "http://10.0.0.1:6387/")


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    (tmp_path / "vmlinuz").write_bytes(b"kernel")
    return tmp_path / "vmlinuz"


def test_what_is_put_is_found_by_key_and_mac(places: shelf.Shelf, kernel: Path) -> None:
    place = places.open(NODE, [MAC.upper()], "deploy")
    url = places.put(NODE, "kernel", path=kernel)
    places.put(NODE, shelf.SCRIPT, text="#!ipxe\n")
    assert url == f"http://10.0.0.1:6387/boot/{place.key}/kernel" == places.url(NODE, "kernel")
    found = places.by_mac(MAC)
    assert found is not None
    assert found == places.by_key(place.key) == places.of(NODE) == places.every()[0]
    assert (found.items["kernel"].size, found.script, found.mode) == (6, "#!ipxe\n", "deploy")


def test_keys_cannot_be_guessed_and_are_new_each_time(places: shelf.Shelf) -> None:
    keys = {places.open(NODE, [MAC], "clean").key for _ in range(20)}
    assert len(keys) == 20
    assert all(len(key) == 43 for key in keys)
    assert sum(places.by_key(key) is not None for key in keys) == 1


def test_a_restart_changes_nothing(places: shelf.Shelf, folder: Path, kernel: Path) -> None:
    places.open(NODE, [MAC], "deploy")
    places.put(NODE, "kernel", path=kernel)
    places.put(NODE, shelf.SCRIPT, text="#!ipxe ü\n")
    kernel.unlink()     # the cache forgot it
    again = shelf.Shelf(folder, "http://10.0.0.1:6387")
    assert again.of(NODE) == places.of(NODE)
    place = again.by_mac(MAC)
    assert place is not None
    assert Path(str(place.items["kernel"].path)).read_bytes() == b"kernel"


def test_closing_takes_all_away(places: shelf.Shelf, folder: Path, kernel: Path) -> None:
    key = places.open(NODE, [MAC], "deploy").key
    places.put(NODE, "kernel", path=kernel)
    places.close(NODE)
    places.close(NODE)
    assert places.of(NODE) is places.by_key(key) is places.by_mac(MAC) is None
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    with pytest.raises(errors.BootFileMissing, match=NODE):
        places.url(NODE, "kernel")
    assert kernel.exists()


def test_the_last_one_that_was_opened_has_a_mac(places: shelf.Shelf) -> None:
    places.open(NODE, [MAC], "deploy")
    places.open(OTHER, [MAC], "deploy")
    places.close(NODE)
    found = places.by_mac(MAC)
    assert found is not None
    assert found.node == OTHER


def test_others_of_this_machine_see_nothing(places: shelf.Shelf, folder: Path, kernel: Path) -> None:
    places.open(NODE, [MAC], "deploy")
    places.put(NODE, "kernel", path=kernel)
    for path in (folder / "nodes", folder / "files", folder / "nodes" / f"{NODE}.json"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_what_is_broken_or_left_over_is_removed(folder: Path) -> None:
    (folder / "nodes").mkdir(parents=True)
    (folder / "files" / "nobody").mkdir(parents=True)
    for name, text in (("half", "{"), ("old", '{"node": 1}'), ("list", "[]")):
        (folder / "nodes" / f"{name}.json").write_text(text)
    assert shelf.Shelf(folder, "http://x").every() == []
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert not (folder / "files" / "nobody").exists()


def test_what_cannot_be_read_is_named(places: shelf.Shelf, tmp_path: Path) -> None:
    places.open(NODE, [MAC], "deploy")
    with pytest.raises(errors.BootFileMissing, match="nowhere"):
        places.put(NODE, "kernel", path=tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a b", "ä", "x" * 65])
def test_names_are_plain(places: shelf.Shelf, name: str) -> None:
    places.open(NODE, [MAC], "deploy")
    with pytest.raises(ValueError, match="plain name"):
        places.put(NODE, name, text="")


def test_many_threads_at_once(places: shelf.Shelf, kernel: Path, folder: Path) -> None:
    def work(number: int) -> None:
        node = f"00000000-0000-4000-8000-{number:012}"
        for _ in range(10):
            places.open(node, [f"52:54:00:bb:00:{number:02x}"], "deploy")
            places.put(node, "kernel", path=kernel)
            places.put(node, shelf.SCRIPT, text=node)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(places.every()) == 8
    assert sorted(shelf.Shelf(folder, "http://x").every(), key=lambda place: place.node) == sorted(
        places.every(), key=lambda place: place.node)
    assert len(os.listdir(folder / "files")) == 8
