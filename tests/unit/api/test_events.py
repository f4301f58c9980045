"""Live events over a real server: what is told, to how many, to whom no more, and from where on."""

import contextlib
import json
import pathlib
import socket
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal import milestones as names
from baremetal.api.ops import cursor
from baremetal.cmd import web
from baremetal.db import flows, milestones, models
from tests import processes
from tests.api import inside

STREAMS = 4


class Served(inside.Inside):
    """The application behind the server of the processes, on loopback."""

    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__(folder, api__port=processes.free_port(), api__max_streams=STREAMS, api__threads=2)
        server = web.Web(self.conf, self.application)
        server.start()
        self.server: web.Web | None = server
        self.node = str(self.make("/v1/nodes", {"driver": "fake-hardware", "name": "web-1"})["uuid"])
        self.flow = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.conf.api.port}{path}"

    def listen(self, last: str | None = None, node: str = "web-1") -> "Stream":
        return Stream(self.url(f"/ops/v1/nodes/{node}/events"), last)

    def number(self) -> int:
        with self.database.read() as connection:
            return int(connection.scalar(sa.select(models.NODES.c.id).where(models.NODES.c.uuid == self.node)) or 0)

    def begin(self) -> str:
        """Begin a deploy of two steps."""
        now, ident = self.time.now(), str(uuid.uuid4())
        with self.database.write() as connection:
            self.flow = flows.add(connection, {
                "uuid": ident, "node_id": self.number(), "verb": "deploy", "params": "{}", "state": flows.RUNNING,
                "conductor": inside.HOST, "epoch": 1, "created_at": now, "updated_at": now, "context": "{}"},
                [{"position": n, "step": f'{{"interface": "deploy", "step": "{step}"}}', "state": "planned",
                  "attempts": 0, "started_at": None} for n, step in enumerate(("deploy", "boot"))])
        self.state("deploying")
        return ident

    def step(self, position: int, state: str, **columns: Any) -> None:
        moment = {"started": "started_at", "done": "finished_at"}[state]
        with self.database.write() as connection:
            flows.change_step(connection, self.flow, position, {
                "state": state, "attempts": 1, moment: self.time.now(), **columns})

    def saw(self, name: str, facts: str = "{}") -> None:
        with self.database.write() as connection:
            milestones.add(connection, [{"node_id": self.number(), "flow_id": self.flow, "name": name,
                                         "at": self.time.now(), "facts": facts}])

    def end(self, state: str = flows.DONE) -> None:
        with self.database.write() as connection:
            flows.change(connection, self.flow, {"state": state, "finished_at": self.time.now()})
            self._state(connection, "active")

    def state(self, state: str) -> None:
        with self.database.write() as connection:
            self._state(connection, state)

    def _state(self, connection: sa.Connection, state: str) -> None:
        connection.execute(sa.update(models.NODES).where(models.NODES.c.uuid == self.node).values(
            provision_state=state))

    def stop(self) -> None:
        """Stop the server, once."""
        server, self.server = self.server, None
        if server is not None:
            server.stop()

    def listening(self) -> int:
        return len([thread for thread in threading.enumerate() if thread.name == "watcher"])


class Stream:
    """One client."""

    def __init__(self, url: str, last: str | None = None) -> None:
        request = urllib.request.Request(url, headers={"Last-Event-ID": last} if last else {})
        self.answer = urllib.request.urlopen(request, timeout=10)
        self.last = last

    def next(self) -> tuple[str, dict[str, Any]] | None:
        """The next event, or None at the end of the stream."""
        found: dict[str, str] = {}
        while line := self.answer.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                found[name] = value
            elif "event" in found:
                self.last = found["id"]
                return found["event"], json.loads(found["data"])
            else:
                found = {}
        return None

    def until(self, *wanted: str) -> list[tuple[str, Any]]:
        """The events up to the first of those that are wanted, without progress."""
        seen = []
        while (event := self.next()) is not None:
            if event[0] != "progress" or "progress" in wanted:
                seen.append(event)
            if event[0] in wanted:
                return seen
        raise AssertionError(f"the stream has ended after {seen}")

    def close(self) -> None:
        self.answer.close()


@pytest.fixture
def served(tmp_path: pathlib.Path) -> Iterator[Served]:
    made = Served(tmp_path)
    yield made
    made.stop()
    made.close()


def brief(events: list[tuple[str, Any]]) -> list[str]:
    """Events as words."""
    words = {"step": lambda d: f"{d['step']} {d['state']}", "milestone": lambda d: d["name"],
             "state": lambda d: d["provision_state"], "end": lambda d: d["state"], "power": lambda d: d["power_state"]}
    return [words[name](document) if name in words else name for name, document in events]


def test_a_deploy_is_told_while_it_happens(served: Served) -> None:
    stream = served.listen()
    assert stream.answer.headers["Content-Type"].startswith("text/event-stream")
    name, first = stream.next() or ("", {})
    assert name == "snapshot" and first["node"] == served.node and first["flow"] is None
    ident = served.begin()
    assert brief(stream.until("state")) == ["deploying"]
    served.step(0, "started")
    assert brief(stream.until("step")) == ["deploy started"]
    served.saw(names.POWER_ON, '{"password": "geheim"}')
    _, seen = stream.until("milestone")[-1]
    assert seen["flow"] == ident and seen["verb"] == "deploy" and seen["facts"] == {"password": "******"}
    _, told = stream.until("progress")[-1]
    assert told["phase"] == "waiting for DHCP" and told["expected"] == names.ADDRESS and told["steps_total"] == 2
    served.step(0, "done")
    served.step(1, "started")
    served.step(1, "done")
    served.end()
    rest = brief(stream.until("end"))
    assert rest[-2:] == ["boot done", "done"] and "active" in rest
    stream.close()


def test_last_event_id_goes_on_without_loss_or_doubles(served: Served) -> None:
    served.begin()
    served.step(0, "started")
    served.saw(names.FILES)
    stream = served.listen()
    assert stream.until("snapshot")[0][1]["flow"]["steps"][0]["state"] == "started"
    served.saw(names.POWER_ON)
    assert brief(stream.until("milestone")) == [names.POWER_ON]
    stream.close()
    served.saw(names.ADDRESS)
    served.step(0, "done")
    served.end()
    served.begin()
    served.step(0, "started")
    again = served.listen(stream.last)
    seen = brief(again.until("end"))
    seen += brief(again.until("step"))
    assert seen == [names.ADDRESS, "deploy done", "done", "deploy started"]
    again.close()
    third = served.listen(again.last)
    served.saw(names.LOADER)
    assert brief(third.until("milestone")) == [names.LOADER]
    third.close()


@pytest.mark.parametrize("last", ["nonsense", "999999.1.1.1.1.1.", "\u00e9"])
def test_an_id_that_means_nothing_here_begins_anew(served: Served, last: str) -> None:
    stream = served.listen(last)
    assert (stream.next() or ("",))[0] == "snapshot"
    stream.close()


def test_requests_go_on_while_all_streams_are_taken(served: Served) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(STREAMS):
            stream = served.listen()
            stack.callback(stream.close)
            assert (stream.next() or ("",))[0] == "snapshot"
        with pytest.raises(urllib.error.HTTPError) as refused:
            served.listen()
        assert refused.value.code == 503 and int(refused.value.headers["Retry-After"]) > 0
        assert b"[api]max_streams" in refused.value.read()
        refused.value.close()
        began = time.monotonic()
        for _ in range(20):
            with urllib.request.urlopen(served.url("/v1/nodes"), timeout=5) as answer:
                assert answer.status == 200
        assert time.monotonic() - began < 4


def test_gone_clients_free_their_places_at_once(served: Served) -> None:
    for _ in range(3 * STREAMS):
        with socket.create_connection(("127.0.0.1", served.conf.api.port), timeout=5) as half:
            half.send(b"GET /ops/v1/nodes/web-1/events HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200 OK" in half.recv(1000)
        time.sleep(0.1)
    assert served.listening() <= 1
    end = time.monotonic() + 3
    while served.listening() and time.monotonic() < end:
        time.sleep(0.05)
    assert served.listening() == 0, "somebody reads the database for nobody"


def test_nobody_is_read_for_who_does_not_read(served: Served) -> None:
    """A client that takes nothing is dropped, and others are not kept waiting by it."""
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", served.conf.api.port))
        deaf.send(b"GET /ops/v1/nodes/web-1/events HTTP/1.1\r\nHost: x\r\n\r\n")
        served.begin()
        stream = served.listen()
        facts = json.dumps({"text": "x" * 60_000})
        for _ in range(80):
            served.saw(names.COMMAND, facts)
        served.end()
        told = [document["id"] for name, document in stream.until("end") if name == "milestone"]
        assert len(told) == len(set(told)) > 0
        stream.close()
        end = time.monotonic() + 9
        while served.listening() and time.monotonic() < end:
            time.sleep(0.05)
        assert served.listening() == 0


def test_stopping_ends_open_streams_in_a_moment(served: Served) -> None:
    streams = [served.listen() for _ in range(STREAMS)]
    for stream in streams:
        assert (stream.next() or ("",))[0] == "snapshot"
    began = time.monotonic()
    served.stop()
    assert time.monotonic() - began < 1.5
    assert [stream.next() for stream in streams] == [None] * STREAMS
    for stream in streams:
        stream.close()


def test_unknown_node(served: Served) -> None:
    with pytest.raises(urllib.error.HTTPError) as missing:
        served.listen(node="nobody")
    assert missing.value.code == 404
    missing.value.close()


def test_a_node_that_is_deleted_ends_its_stream(served: Served) -> None:
    stream = served.listen()
    assert (stream.next() or ("",))[0] == "snapshot"
    assert served.ask("DELETE", f"/v1/nodes/{served.node}").status == 204
    assert stream.next() is None
    stream.close()


def test_cursor_is_its_text() -> None:
    made = cursor.Cursor(3, 12, True, 70, 0b101, 0xabc, 0xdef, ["d1", "u2", "p0", "s12", "p0"])
    assert str(made) == "3.12e.70.5.abc.def.d1u2p0s12"
    assert str(cursor.Cursor.read(str(made))) == str(made)


def test_milestones_that_become_visible_late_are_told_once() -> None:
    made = cursor.Cursor(1)
    told = []
    for ident in (5, 7, 6, 7, 5, 90, 89, 90, 12):
        if not made._told(ident):
            made._tell(ident)
            told.append(ident)
    assert told == [5, 7, 6, 90, 89]
