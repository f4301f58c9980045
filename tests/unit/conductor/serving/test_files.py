"""The file listener: whose files, which paths, parts of files, and what becomes a milestone."""

import dataclasses
import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal import clock, config, milestones
from baremetal.boot import loaders, shelf
from baremetal.cmd import web
from baremetal.conductor import witness
from baremetal.conductor.serving import files
from baremetal.db import engine, models, schema

NODE, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
MAC, OTHER_MAC = "52:54:00:aa:00:01", "52:54:00:aa:00:02"
CONTENT = bytes(range(256)) * 8192      # 2 MiB
PATIENCE = 60
NOTHING = (404, b"Nothing here.\n")


@dataclasses.dataclass
class House:
    """A file listener with one node's files."""

    port: int
    place: shelf.Place
    places: shelf.Shelf
    seen: witness.Witness
    database: engine.Database
    leases: dict[str, str]

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes, Any]:
        """Send a request with the path as it stands."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body, answer.headers

    def key(self, name: str) -> str:
        """The path of an item."""
        return f"/boot/{self.place.key}/{name}"

    def rows(self, last: str) -> list[tuple[str, dict[str, Any]]]:
        """The milestones, once the last one is written: a client has a file before it is noted that it was sent."""
        end = time.monotonic() + PATIENCE
        while True:
            with self.database.read() as connection:
                found = connection.execute(sa.select(models.MILESTONES).order_by(models.MILESTONES.c.id)).all()
            if (found and found[-1].name == last) or time.monotonic() > end:
                return [(row.name, json.loads(row.facts or "{}")) for row in found]
            time.sleep(0.05)


@pytest.fixture(params=[False, True], ids=["dhcp-of-others", "dhcp-ours"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    conf = config.build(state_path=str(tmp_path))
    database = engine.Database(conf)
    schema.upgrade(database)
    with database.write() as connection:
        connection.execute(sa.insert(models.NODES).values(uuid=NODE, driver="ipmi", provision_state="deploying"))
    places = shelf.Shelf(tmp_path / "boot", "http://127.0.0.1")
    (tmp_path / "file").write_bytes(CONTENT)
    places.open(OTHER, [OTHER_MAC], "deploy")
    places.open(NODE, [MAC], "deploy")
    for name in ("kernel", "ramdisk", "image"):
        places.put(NODE, name, path=tmp_path / "file")
    places.put(NODE, shelf.SCRIPT, text="#!ipxe\nboot\n")
    found = loaders.Loaders(tmp_path / "tftp")
    found.found = {"snponly.efi": str(tmp_path / "file")}
    found.fill()
    seen = witness.Witness(database, clock.REAL, places)
    seen.start()
    leases = {"127.0.0.1": MAC}
    app = files.Files(places, seen, found, clock.REAL, leases.get if request.param else None)
    server = web.Web(conf, app, web.Listener("127.0.0.1", 0, 2))
    server.start()
    place = places.of(NODE)
    assert place is not None
    yield House(server.port, place, places, seen, database, leases if request.param else {})
    server.stop()
    seen.stop()


def test_a_boot_is_seen(house: House) -> None:
    assert house.ask("/boot/boot.ipxe")[1].startswith(b"#!ipxe\n")
    assert house.ask(f"/boot/mac/{MAC.replace(':', '-')}/boot.ipxe")[1] == b"#!ipxe\nboot\n"
    assert house.ask(house.key("kernel"), "HEAD")[2]["Content-Length"] == str(len(CONTENT))
    for name in ("kernel", "kernel", "ramdisk", "image"):
        assert house.ask(house.key(name))[1] == CONTENT
    told = house.rows(milestones.SENT)
    assert [name for name, _ in told if name != milestones.SENDING] == [
        milestones.SCRIPT, milestones.KERNEL, milestones.RAMDISK, milestones.SENT]
    assert all(facts["bytes"] == len(CONTENT) for name, facts in told if name in (milestones.KERNEL, milestones.SENT))


@pytest.mark.parametrize(("asked", "status", "part"), [
    ("bytes=0-99", 206, CONTENT[:100]), ("bytes=100-", 206, CONTENT[100:]), ("bytes=-7", 206, CONTENT[-7:]),
    ("bytes=0-99999999999", 206, CONTENT), ("bytes=5-5", 206, CONTENT[5:6]), ("bytes=99999999-", 416, b""),
    ("bytes=-0", 416, b""), ("bytes=9-5", 416, b""), ("bytes=0-1,5-6", 200, CONTENT), ("lines=1-2", 200, CONTENT),
    ("bytes=-", 200, CONTENT), (f"bytes=0-{'9' * 400}", 206, CONTENT)])
def test_parts(house: House, asked: str, status: int, part: bytes) -> None:
    got, body, headers = house.ask(house.key("image"), Range=asked)
    assert (got, body) == (status, part)
    assert headers["Content-Length"] == str(len(part))


def test_a_part_of_another_version_is_the_whole(house: House) -> None:
    tag = house.ask(house.key("image"), "HEAD")[2]["ETag"]
    assert house.ask(house.key("image"), Range="bytes=0-9", If_Range=tag)[0] == 206
    assert house.ask(house.key("image"), Range="bytes=0-9", If_Range='"old"')[0] == 200


#: KEY stands for the key of the node's place
PATHS = (
    "/", "/boot", "/boot/", "/boot/mac/", "/boot//boot.ipxe", "/boot/boot.ipxe/", "/boot/./boot.ipxe",
    "/boot/boot%2eipxe", "/boot/../boot/boot.ipxe", "/boot/%2e%2e/nodes", "/boot/boot.ipxe%00",
    "/boot/mac/52:54:00:aa:00:01/boot.ipxe", "/boot/mac/52-54-00-AA-00-01/boot.ipxe",
    "/boot/mac/52-54-00-aa-00-99/boot.ipxe", "/boot/loaders/", "/boot/loaders/..", "/boot/loaders/.snponly.efi.new",
    "/boot/loaders/undionly.kpxe", f"/boot/{'k' * 43}/kernel", f"/boot/{'k' * 42}/kernel", "/boot/KEY/",
    "/boot/KEY/nothing", "/boot/KEY/../KEY/kernel", "/boot/KEY/%6bernel", "/boot/KEY/kernel%0a",
    f"/boot/KEY/{'a' * 65}", f"/boot/{'a' * 8000}", "/v1/nodes", "/boot/KEY/kernel/", "/boot/KEY/kernel?x=%2e")


def test_all_that_is_nothing_looks_the_same(house: House) -> None:
    found = {path: house.ask(path.replace("KEY", house.place.key))[:2] for path in PATHS}
    assert {path: answer for path, answer in found.items() if answer != NOTHING} == {}


def test_nothing_but_reading(house: House) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"):
        assert house.ask(house.key("kernel"), method, Content_Length="0")[:2] == NOTHING


def test_a_key_is_worth_nothing_when_the_place_is_closed(house: House) -> None:
    house.places.close(NODE)
    assert house.ask(house.key("kernel"))[:2] == NOTHING


def test_who_has_the_address_of_another_node_gets_nothing(house: House) -> None:
    if not house.leases:
        assert house.ask(house.key("kernel"))[0] == 200
        return
    house.leases["127.0.0.1"] = OTHER_MAC
    assert house.ask(house.key("kernel"))[:2] == NOTHING
    assert house.ask(f"/boot/mac/{MAC.replace(':', '-')}/boot.ipxe")[:2] == NOTHING
    house.leases.clear()
    assert house.ask(house.key("kernel"))[0] == 200     # the agent came by another card, with its key
    assert house.ask(f"/boot/mac/{MAC.replace(':', '-')}/boot.ipxe")[:2] == NOTHING


def test_loaders_are_for_all(house: House) -> None:
    assert house.ask("/boot/loaders/snponly.efi")[:2] == (200, CONTENT)


def test_an_empty_file(house: House, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    house.places.put(NODE, "empty", path=tmp_path / "empty")
    assert house.ask(house.key("empty"))[:2] == (200, b"")


def test_a_server_that_hangs_up_harms_nobody(house: House) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=60)
    connection.request("GET", house.key("image"))
    connection.getresponse().read(10)
    connection.close()
    assert house.ask(house.key("image"))[1] == CONTENT


def test_a_part_of_an_empty_file(tmp_path: Path) -> None:
    empty, told = tmp_path / "empty", list[Any]()
    empty.touch()
    made = files._file({"REQUEST_METHOD": "GET", "HTTP_RANGE": "bytes=0-5"}, lambda *answer: told.append(answer),
                       str(empty), None)
    assert list(made) == []
    assert told[0][0].startswith("416")
    assert dict(told[0][1])["Content-Range"] == "bytes */0"
