"""Deploy templates, runbooks and inspection rules on each kind of database: duplicates, traits, locks, order."""

import concurrent.futures
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from baremetal.db import inspection_rules, models, stepped
from tests.api import inside

STEP = {"interface": "bios", "step": "x", "args": {"password": "geheim 😀"}, "priority": 1}
ORDERED = {"interface": "bios", "step": "x", "args": {}, "order": 1}


@pytest.fixture
def house(database_url: str, tmp_path: pathlib.Path) -> Iterator[inside.Inside]:
    made = inside.Inside(tmp_path, database__connection=database_url)
    yield made
    made.close()


def test_duplicates_are_named(house: inside.Inside) -> None:
    kinds: list[tuple[str, str, dict[str, Any]]] = [
        ("deploy_templates", "CUSTOM_A", {"steps": [STEP]}), ("runbooks", "book", {"steps": [ORDERED]})]
    for path, name, body in kinds:
        taken = house.make(f"/v1/{path}", {"name": name, **body})
        other = house.make(f"/v1/{path}", {"name": "CUSTOM_OTHER", **body})["uuid"]
        for field in ("uuid", "name"):
            given = {"name": "CUSTOM_B", **body, field: taken[field]}
            answer = house.ask("POST", f"/v1/{path}", body=given)
            assert answer.status == 409 and f"with {field} {taken[field]}" in answer.text(), answer.content
        patch = [{"op": "replace", "path": "/name", "value": name}]
        answer = house.ask("PATCH", f"/v1/{path}/{other}", body=patch)
        assert answer.status == 409 and name in answer.text()
    rule = house.make("/v1/inspection_rules", {"actions": [{"op": "log", "args": {"msg": "m"}}]})["uuid"]
    answer = house.ask("POST", "/v1/inspection_rules", body={"uuid": rule, "actions": [{"op": "log", "args": ["m"]}]})
    assert answer.status == 409 and rule in answer.text()


def test_names_differ_by_case_and_secrets_stand_apart(house: inside.Inside) -> None:
    upper = house.make("/v1/runbooks", {"name": "Book", "steps": [ORDERED]})["uuid"]
    house.make("/v1/runbooks", {"name": "book", "steps": [ORDERED]})
    assert house.ask("GET", "/v1/runbooks/Book").json()["uuid"] == upper
    made = house.make("/v1/deploy_templates", {"name": "CUSTOM_A", "steps": [STEP]})["uuid"]
    with house.database.read() as connection:
        row = stepped.one(connection, models.DEPLOY_TEMPLATES, "uuid", made)
        assert row is not None and "geheim" not in row.steps
        assert stepped.join(row.steps, row.steps_secrets) == [STEP]
    # who sends the mask back keeps the secret, also at another place
    patch = [{"op": "replace", "path": "/steps", "value": [
        {**STEP, "step": "y"}, {**STEP, "args": {"password": "******"}, "priority": 7}]}]
    assert house.ask("PATCH", f"/v1/deploy_templates/{made}", body=patch).status == 200
    with house.database.read() as connection:
        row = stepped.one(connection, models.DEPLOY_TEMPLATES, "uuid", made)
        assert row is not None
        assert stepped.join(row.steps, row.steps_secrets)[1] == {**STEP, "priority": 7}


def test_traits_added_at_once_are_all_there(house: inside.Inside) -> None:
    made = house.make("/v1/runbooks", {"name": "book", "steps": [ORDERED]})["uuid"]
    names = [f"CUSTOM_{number}" for number in range(12)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda name: house.ask("PUT", f"/v1/runbooks/{made}/traits/{name}"), names))
    assert {answer.status for answer in answers} == {204}
    assert house.ask("GET", f"/v1/runbooks/{made}/traits").json()["traits"] == sorted(names)
    assert house.ask("DELETE", f"/v1/runbooks/{made}").status == 204
    with house.database.read() as connection:
        assert connection.execute(models.RUNBOOK_TRAITS.select()).all() == []


def test_rules_come_in_the_order_in_which_they_run(house: inside.Inside) -> None:
    for priority in (0, 9999, 5, 5):
        house.make("/v1/inspection_rules", {"priority": priority, "actions": [{"op": "log", "args": {"msg": "m"}}]})
    with house.database.read() as connection:
        found = inspection_rules.of_phase(connection, "main")
    assert [(row.priority, row.id) for row in found] == [(9999, 2), (5, 3), (5, 4), (0, 1)]
    pages = house.ask("GET", "/v1/inspection_rules?sort_key=description&limit=2").json()
    assert len(pages["inspection_rules"]) == 2 and "next" in pages
