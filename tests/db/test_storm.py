"""Many writers at once, and a server that goes away: the API answers each request as what it is, on each database."""

import collections
import concurrent.futures
import pathlib
import random
import signal
import time
from collections.abc import Iterator

import pytest

from tests.api import inside
from tests.services import mariadb as mariadb_server


@pytest.fixture
def house(database_url: str, tmp_path: pathlib.Path) -> Iterator[inside.Inside]:
    """The API on each database."""
    made = inside.Inside(tmp_path, database__connection=database_url)
    yield made
    made.close()


def test_writers_that_meet_are_not_refused(house: inside.Inside) -> None:
    """InnoDB ends one of two transactions that wait for each other; that is not the client's fault."""
    nodes = [str(house.make("/v1/nodes", {"driver": "fake-hardware"})["uuid"]) for _ in range(40)]
    seen: collections.Counter[int] = collections.Counter()

    def ask(method: str, path: str, body: object = None) -> inside.Answer:
        answer = house.ask(method, path, body=body)
        seen[answer.status] += 1
        return answer

    def write(number: int) -> None:
        chance = random.Random(number)
        path = f"/v1/nodes/{chance.choice(nodes)}"
        what = chance.choice(("traits", "no traits", "node", "extra"))
        if what == "traits":
            ask("PUT", f"{path}/traits", {"traits": [f"CUSTOM_{chance.randrange(1000)}" for _ in range(5)]})
        elif what == "no traits":
            ask("DELETE", f"{path}/traits")
        elif what == "extra":
            ask("PATCH", path, [{"op": "add", "path": f"/extra/k{number}", "value": number}])
        else:
            made = ask("POST", "/v1/nodes", {"driver": "fake-hardware"}).json()["uuid"]
            ask("PUT", f"/v1/nodes/{made}/traits", {"traits": ["CUSTOM_A"]})
            ask("DELETE", f"/v1/nodes/{made}")

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(600)))
    assert set(seen) == {200, 201, 204}, seen


def test_a_server_that_falls_silent_is_not_waited_for_for_ever(
        mariadb: mariadb_server.Service, tmp_path: pathlib.Path) -> None:
    made = inside.Inside(tmp_path, database__connection=mariadb.database("silent") + "&read_timeout=5")
    try:
        assert made.ask("GET", "/v1/nodes").status == 200
        mariadb.process.send(signal.SIGSTOP)
        for method, body in (("GET", None), ("POST", {"driver": "fake-hardware"})):
            began = time.monotonic()
            answer = made.ask(method, "/v1/nodes", body=body)
            assert answer.status == 503 and "database did not answer" in answer.text()
            # each connection has its own bound; ours is half a minute
            assert time.monotonic() - began < 28
    finally:
        mariadb.process.send(signal.SIGCONT)
    assert made.ask("POST", "/v1/nodes", body={"driver": "fake-hardware"}).status == 201
    made.close()
