"""Changing nodes while others do: what waits for a lease, what does not, and who wins."""

import datetime
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from baremetal import clock
from tests.unit.api import door

NOW = datetime.datetime(2026, 1, 1)
LATER, BEFORE = NOW + datetime.timedelta(minutes=1), NOW - datetime.timedelta(minutes=1)
NETWORK: dict[str, Any] = {"links": [], "networks": [], "services": []}

# fmt: off
#: what work on the hardware reads, and what it does not
WAITS = [
    ("/driver_info/a", 1), ("/properties/a", 1), ("/instance_info/a", 1), ("/network_data", NETWORK),
    ("/instance_uuid", "11111111-2222-4333-8444-555555555555"), ("/power_interface", "fake"),
    ("/console_interface", "no-console"),
]
FREE = [
    ("/name", "b"), ("/extra/a", 1), ("/description", "d"), ("/owner", "o"), ("/lessee", "l"), ("/shard", "s"),
    ("/retired", True), ("/maintenance", True), ("/automated_clean", True), ("/disable_power_off", True),
    ("/resource_class", "gold"), ("/instance_name", "i"),
]
# fmt: on


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[door.Door]:
    """An API whose clock stands still."""
    made = door.Door(tmp_path_factory.mktemp("change"), clock.MovedClock(NOW))
    yield made
    made.close()


def hold(house: door.Door, node: str, until: datetime.datetime) -> None:
    house.write(node, **door.HELD, lease_since=BEFORE, lease_deadline=until)


@pytest.mark.parametrize(("path", "value"), WAITS)
def test_what_hardware_work_reads_waits_for_the_holder(house: door.Door, path: str, value: Any) -> None:
    node = house.node(power_interface=None)
    if path == "/power_interface":
        house.write(node, power_interface="ipmitool")
    hold(house, node, LATER)
    answer = house.patch(node, ("add", path, value))
    assert answer.status == 409
    assert "conductor-9" in answer.text()
    assert "a long step" in answer.text()
    assert "2025-12-31T23:59:00" in answer.text()
    assert house.row(node).updated_at is None


@pytest.mark.parametrize(("path", "value"), WAITS)
def test_nobody_waits_for_a_lease_that_ran_out(house: door.Door, path: str, value: Any) -> None:
    node = house.node()
    hold(house, node, BEFORE)
    assert house.patch(node, ("add", path, value)).status == 200
    house.ask("DELETE", f"/v1/nodes/{node}")


@pytest.mark.parametrize(("path", "value"), FREE)
def test_the_rest_waits_for_nobody(house: door.Door, path: str, value: Any) -> None:
    node = house.node()
    hold(house, node, LATER)
    answer = house.patch(node, ("add", path, value))
    assert answer.status == 200, answer.content
    assert answer.json()["reservation"] == "conductor-9"


def test_what_stays_as_it_is_waits_for_nobody(house: door.Door) -> None:
    node = house.node(driver_info={"a": 1})
    hold(house, node, LATER)
    answer = house.patch(node, ("replace", "/driver_info/a", 1), ("replace", "/driver", "fake-hardware"))
    assert answer.status == 200
    assert answer.json()["updated_at"] is None


def test_a_held_node_is_not_deleted(house: door.Door) -> None:
    node = house.node()
    hold(house, node, LATER)
    answer = house.ask("DELETE", f"/v1/nodes/{node}")
    assert answer.status == 409
    assert "conductor-9" in answer.text()
    hold(house, node, BEFORE)
    assert house.ask("DELETE", f"/v1/nodes/{node}").status == 204


def test_only_what_differs_is_written(house: door.Door) -> None:
    node = house.node(extra={"a": 1}, description="d")
    house.patch(node, ("replace", "/extra/a", 2))
    house.write(node, description="written meanwhile")
    house.patch(node, ("replace", "/extra/a", 3))
    assert (house.row(node).description, house.row(node).extra) == ("written meanwhile", '{"a":3}')


def test_concurrent_changes_are_all_kept(house: door.Door) -> None:
    """Sixteen clients, each with a key of its own in the same field."""
    node, wrong = house.node(), []

    def work(number: int) -> None:
        for turn in range(5):
            answer = house.patch(node, ("add", f"/extra/{number}-{turn}", turn))
            while answer.status == 409 and "changed by others" in answer.text():
                answer = house.patch(node, ("add", f"/extra/{number}-{turn}", turn))
            if answer.status != 200:
                wrong.append(answer.content)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(json.loads(house.row(node).extra)) == 80


def test_of_two_instances_one_gets_the_node(house: door.Door) -> None:
    node, statuses = house.node(), []

    def work(number: int) -> None:
        statuses.append(house.patch(node, ("add", "/instance_uuid", f"00000000-0000-4000-8000-{number:012}")).status)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [409] * 7


def test_secrets_are_kept_when_they_come_back_as_they_were_shown(house: door.Door) -> None:
    info = {"ipmi_password": "hush", "deep": {"token": "quiet", "k": 1}, "list": [{"secret": "still"}]}
    node = house.node(driver_info=info)
    shown = house.ask("GET", f"/v1/nodes/{node}").json()["driver_info"]
    assert "hush" not in json.dumps(shown)
    assert house.patch(node, ("replace", "/driver_info", {**shown, "more": 1})).status == 200
    stored = json.loads(house.row(node).driver_info_secrets)
    assert stored == {"ipmi_password": "hush", "deep": {"token": "quiet"}, "list": {"0": {"secret": "still"}}}
    house.patch(node, ("replace", "/driver_info/ipmi_password", "new"), ("remove", "/driver_info/deep"))
    stored = json.loads(house.row(node).driver_info_secrets)
    assert stored == {"ipmi_password": "new", "list": {"0": {"secret": "still"}}}
    assert "new" not in house.row(node).driver_info
