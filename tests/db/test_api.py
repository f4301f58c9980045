"""What the API asks of databases beyond plain SQL: duplicates by name, locks, nulls in order, counts. On each kind."""

import concurrent.futures
import pathlib
import uuid
from collections.abc import Iterator

import pytest

from tests.api import inside


@pytest.fixture
def house(database_url: str, tmp_path: pathlib.Path) -> Iterator[inside.Inside]:
    made = inside.Inside(tmp_path, database__connection=database_url)
    yield made
    made.close()


def mac(number: int) -> str:
    """The address of that number."""
    return f"52:54:00:00:00:{number:02x}"


def node(house: inside.Inside, **fields: object) -> str:
    """A new node."""
    return str(house.make("/v1/nodes", {"driver": "fake-hardware", **fields})["uuid"])


def test_duplicates_are_named(house: inside.Inside) -> None:
    owner = node(house, name="n1")
    taken = house.make("/v1/ports", {"node_uuid": owner, "address": mac(1), "name": "p1"})
    other = house.make("/v1/ports", {"node_uuid": owner, "address": mac(2)})["uuid"]
    for field in ("uuid", "address", "name"):
        answer = house.ask("POST", "/v1/ports", body={"node_uuid": owner, "address": mac(3), field: taken[field]})
        assert answer.status == 409 and f"with {field} {taken[field]}" in answer.text()
    for field in ("address", "name"):
        patch = [{"op": "replace", "path": f"/{field}", "value": taken[field]}]
        answer = house.ask("PATCH", f"/v1/ports/{other}", body=patch)
        assert answer.status == 409 and f"with {field} {taken[field]}" in answer.text()
    chassis = house.make("/v1/chassis", {})["uuid"]
    answer = house.ask("POST", "/v1/chassis", body={"uuid": chassis})
    assert answer.status == 409 and chassis in answer.text()
    for field, value in (("uuid", owner), ("name", "n1")):
        answer = house.ask("POST", "/v1/nodes", body={"driver": "fake-hardware", field: value})
        assert answer.status == 409 and field in answer.text() and value in answer.text()


def test_names_differ_by_case_and_unicode_is_kept(house: inside.Inside) -> None:
    owner = node(house, name="Web")
    node(house, name="web")
    for number, name in enumerate(("Port", "port", "pört 😀 雪")):
        port = {"node_uuid": owner, "address": mac(number), "name": name, "extra": {name: name}}
        made = house.make("/v1/ports", port)
        shown = house.ask("GET", f"/v1/ports/{made['uuid']}").json()
        assert shown["name"] == name and shown["extra"] == {name: name}
    assert house.ask("GET", "/v1/nodes/Web").json()["uuid"] == owner


def test_filters_and_orders(house: inside.Inside) -> None:
    house.register("distant", "far")
    one, two = node(house, shard="Rack1", conductor_group=""), node(house, conductor_group="far")
    for number, owner in enumerate((one, one, two, two)):
        house.make("/v1/ports", {"node_uuid": owner, "address": mac(number),
                                 "description": None if number % 2 else f"100% of {number}_"})
    for query, numbers in (
            ("shard=rack1", [0, 1]), ("conductor_groups=far", [2, 3]), ("description_contains=%25", [0, 2]),
            ("description_contains=_", [0, 2]), ("description_contains=2_", [2]), (f"node={two}", [2, 3]),
            ("sort_key=description&sort_dir=asc", [1, 3, 0, 2]), ("sort_key=description&sort_dir=desc", [2, 0, 3, 1])):
        seen: list[str] = []
        path = f"/v1/ports?{query}&limit=1"
        while path:
            page = house.ask("GET", path).json()
            seen += [port["address"] for port in page["ports"]]
            path = page.get("next", "").removeprefix("http://localhost")
        assert seen == [mac(number) for number in numbers], query


def test_changes_at_once_are_all_kept(house: inside.Inside) -> None:
    port = house.make("/v1/ports", {"node_uuid": node(house), "address": mac(1)})["uuid"]

    def add(number: int) -> int:
        patch = [{"op": "add", "path": f"/extra/k{number}", "value": number}]
        return house.ask("PATCH", f"/v1/ports/{port}", body=patch).status
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(add, range(24))) == {200}
    assert house.ask("GET", f"/v1/ports/{port}").json()["extra"] == {f"k{number}": number for number in range(24)}


def test_one_of_many_with_the_same_address_wins(house: inside.Inside) -> None:
    owner = node(house)

    def make(_number: int) -> int:
        return house.ask("POST", "/v1/ports", body={"node_uuid": owner, "address": mac(1)}).status
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(make, range(8))) == [201] + [409] * 7


def test_counting_and_looking_back(house: inside.Inside) -> None:
    owner = node(house)
    assert house.ask("GET", "/ops/v1/fleet").json()["provision_state"] == {"enroll": 1}
    shown = house.ask("GET", f"/ops/v1/nodes/{owner}/timeline").json()
    assert shown["node"] == owner and shown["flows"] == []
    assert house.ask("GET", f"/ops/v1/nodes/{uuid.uuid4()}/timeline").status == 404


def test_conductors_by_page(house: inside.Inside) -> None:
    for number in range(3):
        house.register(f"host-{number}")
    first = house.ask("GET", "/v1/conductors?limit=2&sort_key=hostname").json()
    assert [item["hostname"] for item in first["conductors"]] == [inside.HOST, "host-0"]
    rest = house.ask("GET", first["next"].removeprefix("http://localhost")).json()
    assert [item["hostname"] for item in rest["conductors"]] == ["host-1", "host-2"]
