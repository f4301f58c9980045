"""What was read of hardware, on each kind of database: rows come, change, stay and go."""

import datetime
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from baremetal.db import bios, firmware, models
from tests.api import inside

NOW = datetime.datetime(2026, 1, 1, 12, 0, 0)
LATER = NOW + datetime.timedelta(hours=1)


@pytest.fixture
def house(database_url: str, tmp_path: pathlib.Path) -> Iterator[inside.Inside]:
    made = inside.Inside(tmp_path, database__connection=database_url)
    yield made
    made.close()


def _node(house: inside.Inside) -> tuple[str, int]:
    uuid = str(house.make("/v1/nodes", {"driver": "fake-hardware"})["uuid"])
    with house.database.read() as connection:
        return uuid, int(connection.scalar(sa.select(models.NODES.c.id).where(models.NODES.c.uuid == uuid)) or 0)


def test_rows_come_change_stay_and_go(house: inside.Inside) -> None:
    uuid, node = _node(house)
    _other, beside = _node(house)
    facts: dict[str, Any] = {"attribute_type": "Enumeration", "allowable_values": ["on", "off"], "read_only": False}
    with house.database.write() as connection:
        bios.store(connection, node, [{"name": "a", "value": 1}, {"name": "B", "value": "on", **facts},
                                      {"name": "b", "value": "x"}], NOW)
        bios.store(connection, beside, [{"name": "a", "value": "other"}], NOW)
    with house.database.write() as connection:
        bios.store(connection, node, [{"name": "a", "value": 1}, {"name": "B", "value": "off", **facts},
                                      {"name": "ü" * 300, "value": "😀" * 3000}], LATER)
    told = {row["name"]: row for row in house.ask("GET", f"/v1/nodes/{uuid}/bios?detail=true").json()["bios"]}
    assert set(told) == {"a", "B", "ü" * 255}
    assert (told["a"]["value"], told["a"]["updated_at"]) == ("1", None)
    assert (told["B"]["value"], told["B"]["updated_at"], told["B"]["allowable_values"], told["B"]["read_only"]) == (
        "off", "2026-01-01T13:00:00+00:00", ["on", "off"], False)
    assert told["ü" * 255]["value"] == "😀" * 3000
    with house.database.write() as connection:
        bios.store(connection, node, [], LATER)
    assert house.ask("GET", f"/v1/nodes/{uuid}/bios").json() == {"bios": []}
    assert house.ask("GET", f"/v1/nodes/{_other}/bios/a").json()["a"]["value"] == "other"


def test_a_version_that_follows_another_was_flashed(house: inside.Inside) -> None:
    uuid, node = _node(house)
    for version, now in (("1", NOW), ("2", LATER), ("2", LATER), (None, LATER)):
        with house.database.write() as connection:
            firmware.store(connection, node, [{"component": "bmc", "current_version": version}], now)
    [told] = house.ask("GET", f"/v1/nodes/{uuid}/firmware").json()["firmware"]
    assert (told["initial_version"], told["current_version"], told["last_version_flashed"]) == ("1", None, "2")
    # what hangs on a node goes with it
    assert house.ask("DELETE", f"/v1/nodes/{uuid}").status == 204
    with house.database.read() as connection:
        assert firmware.of_node(connection, [models.FIRMWARE.c.component], node) == []
