"""Live events over a real server: what is told, to how many, to whom no more, and from where on."""

import concurrent.futures
import contextlib
import json
import pathlib
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from baremetal import milestones as names
from baremetal.api.ops import cursor, events, place, watcher
from tests.unit.api.served import STREAMS, Served


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
    # the step may be seen done before the flow has ended
    assert [word for word in rest if word != "active"][-2:] == ["boot done", "done"] and "active" in rest
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


def test_who_hears_the_last_progress_has_not_heard_of_the_end(served: Served) -> None:
    served.begin()
    stream = served.listen()
    stream.next()
    served.end()
    ids = []
    while (event := stream.next()) is not None and event[0] != "end":
        ids.append((event[0], stream.last))
    stream.close()
    assert ids[-1][0] == "progress"
    again = served.listen(ids[-1][1])
    assert brief(again.until("end")) == ["done"]
    again.close()


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
        # who waited for a stream would wait for an hour
        for _ in range(20):
            with urllib.request.urlopen(served.url("/v1/nodes"), timeout=60) as answer:
                assert answer.status == 200


def begun(served: Served) -> bool:
    """Ask for a stream and go away; whether there was a place."""
    with socket.create_connection(("127.0.0.1", served.conf.api.port), timeout=60) as half:
        half.send(b"GET /ops/v1/nodes/web-1/events HTTP/1.1\r\nHost: x\r\n\r\n")
        return b"200 OK" in half.recv(1000)


def test_gone_clients_free_their_places_at_once(served: Served) -> None:
    """Not only when the next sign of life cannot be sent to them."""
    for _ in range(3 * STREAMS):
        end = time.monotonic() + 0.8 * events.HEARTBEAT
        while not begun(served):
            assert time.monotonic() < end, "no place becomes free"
            time.sleep(0.05)
    end = time.monotonic() + 0.8 * events.HEARTBEAT
    while served.listening():
        assert time.monotonic() < end, "somebody reads the database for nobody"
        time.sleep(0.05)


def test_nobody_is_read_for_who_does_not_read(served: Served) -> None:
    """A client that takes nothing is dropped, and others are not kept waiting by it."""
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", served.conf.api.port))
        deaf.send(b"GET /ops/v1/nodes/web-1/events HTTP/1.1\r\nHost: x\r\n\r\n")
        served.begin()
        stream = served.listen()
        facts = json.dumps({"text": "x" * 60_000})
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            # however long the writing takes: who does not take what it is sent for some seconds is dropped
            reading = pool.submit(stream.until, "end")
            for _ in range(80):
                served.saw(names.COMMAND, facts)
            served.end()
            told = [document["id"] for name, document in reading.result() if name == "milestone"]
        assert len(told) == len(set(told)) > 0
        stream.close()
        end = time.monotonic() + 60
        while served.listening() and time.monotonic() < end:
            time.sleep(0.05)
        assert served.listening() == 0


def test_stopping_ends_open_streams(served: Served) -> None:
    streams = [served.listen() for _ in range(STREAMS)]
    for stream in streams:
        assert (stream.next() or ("",))[0] == "snapshot"
    began = time.monotonic()
    served.stop()
    assert time.monotonic() - began < 60, "streams last an hour"
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


@pytest.mark.parametrize("field", ["owner", "lessee"])
def test_a_node_that_becomes_another_projects_ends_a_projects_stream(served: Served, field: str) -> None:
    """Who may hear of it is asked anew, when the client comes again. An operator's goes on."""
    watching = watcher.Watcher(served.conf, served.database, served.time)
    listener = watching.listen(served.number(), None, (None, None))
    stream = served.listen()
    assert (stream.next() or ("",))[0] == "snapshot" and listener.take(10)
    patch = [{"op": "add", "path": f"/{field}", "value": "another"}]
    assert served.ask("PATCH", f"/v1/nodes/{served.node}", body=patch).status == 200
    for _ in range(10):
        if not listener.over:
            listener.take(10)
    assert listener.over
    watching.leave(listener)
    served.state("deploying")
    assert brief(stream.until("state")) == ["deploying"]
    stream.close()


def test_cursor_is_its_text() -> None:
    made = cursor.Cursor(3, 12, True, place.Place(70, 0b101), 0xabc, 0xdef, ["d1", "u2", "p0", "s12", "p0"])
    assert str(made) == "3.12e.70.5.abc.def.d1u2p0s12"
    assert str(cursor.Cursor.read(str(made))) == str(made)


def test_milestones_that_become_visible_late_are_told_once() -> None:
    made = cursor.Cursor(1)
    told = []
    for ident in (5, 7, 6, 7, 5, 90, 89, 90, 12):
        if not made.milestones.told(ident):
            made.milestones.tell(ident)
            told.append(ident)
    assert told == [5, 7, 6, 90, 89]
