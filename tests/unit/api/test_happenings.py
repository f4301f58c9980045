"""What happens to anything, as a stream over a real server: in order, once, from where one was, and only one's own."""

import datetime
import pathlib
import re
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

import baremetal
from baremetal.api.ops import place
from baremetal.api.volumes import volume
from baremetal.db import events
from baremetal.notify import happening
from tests.unit.api import served as serving
from tests.unit.api.served import Served

PATH = "/ops/v1/events"


@pytest.fixture
def served(tmp_path: pathlib.Path) -> Iterator[Served]:
    made = Served(tmp_path)
    yield made
    made.stop()
    made.close()


def listen(served: Served, query: str = "", last: str | None = None) -> serving.Stream:
    return serving.Stream(served.url(PATH + query), last)


def told(served: Served, kind: str = "node", action: str = "power", **columns: Any) -> str:
    """Something that has happened, as another process would have written it."""
    ident = str(uuid.uuid4())
    with served.database.write() as connection:
        events.add(connection, [happening.Happening(kind, action, ident, served.time.now(), **columns)])
    return ident


def settled(served: Served) -> None:
    """Wait until what the fixture made is written."""
    while not count(served):
        served.time.sleep(0.05)


def count(served: Served) -> int:
    with served.database.read() as connection:
        return events.newest(connection)


def test_it_begins_now_and_tells_what_the_api_does(served: Served) -> None:
    settled(served)
    stream = listen(served)
    name, hello = stream.next() or ("", {})
    assert name == "hello" and hello["missed"] is False
    made = served.make("/v1/nodes", {"driver": "fake-hardware", "name": "web-2", "owner": "blue"})
    name, event = stream.next() or ("", {})
    assert (name, event["kind"], event["action"], event["uuid"]) == ("node", "node", "create", made["uuid"])
    assert event["name"] == "web-2" and event["node_uuid"] == made["uuid"] and event["request_id"].startswith("req-")
    assert event["user"] == "noauth" and "owner" not in event
    stream.close()


def test_who_put_a_node_into_maintenance_is_known_by_what_was_told(served: Served) -> None:
    def put() -> Any:
        return served.ask("GET", "/ops/v1/nodes/web-1/timeline").json()["maintenance_set"]
    assert put() is None
    assert served.ask("PUT", "/v1/nodes/web-1/maintenance", body={"reason": "a fan"}).status == 202
    while not put():        # it is written beside
        served.time.sleep(0.05)
    assert put()["user"] == "noauth"
    assert served.ask("DELETE", "/v1/nodes/web-1/maintenance").status == 202
    assert put() is None


def test_it_goes_on_where_it_was_once_each(served: Served) -> None:
    settled(served)
    stream = listen(served)
    stream.next()
    first = told(served)
    assert (stream.next() or ("", {}))[1]["uuid"] == first
    stream.close()
    missed = [told(served) for _ in range(300)]
    again = listen(served, last=stream.last)
    assert [(again.next() or ("", {}))[1]["uuid"] for _ in missed] == missed
    again.close()


def test_what_appears_late_is_told_all_the_same() -> None:
    made = place.Place(100)
    for ident in (103, 101, 104):
        assert not made.told(ident)
        made.tell(ident)
    again = place.Place.read(str(made))
    assert again is not None
    assert [ident for ident in range(30, 106) if not again.told(ident)] == [102, 105]


@pytest.mark.parametrize("text", ["", "x", "1", "1.g", "-1.0", "1.0.0", "9" * 40 + ".0"])
def test_what_is_no_place(text: str) -> None:
    assert place.Place.read(text) is None


def test_who_comes_too_late_is_told_so(served: Served) -> None:
    settled(served)
    stream = listen(served)
    stream.next()
    told(served)
    stream.next()
    stream.close()
    for _ in range(3):
        told(served)
    with served.database.write() as connection:
        events.purge(connection, served.time.now() + datetime.timedelta(seconds=1))
    told(served)
    again = listen(served, last=stream.last)
    name, hello = again.next() or ("", {})
    assert name == "hello" and hello["missed"] is True
    again.close()


@pytest.mark.parametrize(("query", "wanted"), [
    ("?kind=port", ["port create", "port delete"]),
    ("?kind=port,chassis&action=create", ["port create", "chassis create"]),
    ("?node=web-1", ["node power", "port create"]),
])
def test_filters(served: Served, query: str, wanted: list[str]) -> None:
    settled(served)
    stream = listen(served, query)
    stream.next()
    told(served, "node", "power", node_uuid=served.node)
    told(served, "port", "create", node_uuid=served.node)
    told(served, "node", "power", node_uuid=str(uuid.uuid4()))
    told(served, "chassis", "create")
    told(served, "port", "delete")
    seen = [(stream.next() or ("", {}))[1] for _ in wanted]
    assert [f"{event['kind']} {event['action']}" for event in seen] == wanted
    stream.close()


def test_places_are_bounded_and_given_back(served: Served) -> None:
    streams = [listen(served) for _ in range(serving.STREAMS)]
    for stream in streams:
        stream.next()
    with pytest.raises(Exception, match="503"):
        listen(served)
    for stream in streams:
        stream.close()
    for _ in range(600):
        try:
            listen(served).close()
            return
        except Exception:
            served.time.sleep(0.1)
    raise AssertionError("the places were not given back")


def test_a_node_that_is_none(served: Served) -> None:
    assert served.ask("GET", f"{PATH}?node=unicorn").status == 404


def test_a_service_that_keeps_none(tmp_path: pathlib.Path) -> None:
    from tests.api import inside
    house = inside.Inside(tmp_path, api__events_kept_seconds=0)
    answer = house.ask("GET", PATH)
    assert answer.status == 400 and "events_kept_seconds" in answer.text()
    house.make("/v1/nodes", {"driver": "fake-hardware"})
    with house.database.read() as connection:
        assert events.newest(connection) == 0
    house.close()


@pytest.mark.parametrize(("path", "names"), [
    (f"{PATH}?kind=nonsense", ("kind", "nonsense", "volumetarget")),
    (f"{PATH}?kind=node,nonsense", ("kind", "node, ")),
    (f"{PATH}?kind=", ("kind", "portgroup")),
    (f"{PATH}?action=explode", ("action", "explode", "maintenance")),
    (f"{PATH}?node=%2F", ("node", "UUID or name")),
    (f"{PATH}?kinds=node", ("kinds", "kind, action, node")),
    ("/ops/v1/fleet?state=active", ("state", "none")),
    ("/ops/v1/nodes/web-1/timeline?limit=many", ("limit", "many", "100")),
    ("/ops/v1/nodes/web-1/events?kind=node", ("kind", "none")),
])
def test_what_is_asked_wrongly_is_said(served: Served, path: str, names: tuple[str, ...]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(served.url(path), timeout=60)
    with refused.value as error:
        said = error.read().decode()
    assert refused.value.code == 400 and all(name in said for name in names), said


def test_everything_that_is_told_can_be_asked_for() -> None:
    for path in pathlib.Path(baremetal.__file__).parent.rglob("*.py"):
        for kind, action in re.findall(r'call\.tell\("(\w+)", "?(\w+)"?', path.read_text()):
            assert kind in happening.KINDS and (action in happening.ACTIONS or not action.islower() or
                                                action in ("action", "happening")), (path, kind, action)
    for kind in (volume.Connector, volume.Target):
        assert kind.about().title.replace(" ", "") in happening.KINDS
