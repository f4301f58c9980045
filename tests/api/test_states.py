"""What requests that are no verbs answer in every provision state, with and without maintenance (``by_state.yaml``)."""

from typing import Any

import pytest
import yaml

from tests.api import case, drive, stored

TABLE = yaml.safe_load((stored.FOLDER / "by_state.yaml").read_text())


def status(told: dict[str, Any], state: str) -> int:
    """What the table says of a state."""
    return next((code for code, states in told.items() if code != "else" and state in states), told["else"])


def rows() -> list[Any]:
    """One row per request, provision state and maintenance."""
    found = []
    for row in TABLE:
        for state in stored.TARGETS:
            for where in ("statuses", "in_maintenance"):
                if where not in row:
                    continue
                told = row["statuses"] if row[where] == "the same" else row[where]
                name = f"{row['name']}-{state}" + ("-in-maintenance" if where == "in_maintenance" else "")
                found.append(pytest.param(row, state, where == "in_maintenance", status(told, state), id=name))
    return found


@pytest.mark.parametrize(("row", "state", "maintenance", "wanted"), rows())
def test_answers_as_the_state_says(*, row: dict[str, Any], state: str, maintenance: bool, wanted: int,
                                   service: Any) -> None:
    run = drive.Run(drive.Endpoint(service.url, service.auth))
    try:
        run.set_up(row["setup"])
        node = run.words["node"]
        stored.Stored(service.data).bring(node, state, maintenance=maintenance)
        method = next(word for word in case.METHODS if word in row["request"])
        run.judge(case.Step(method, row["request"][method], {k: v for k, v in row["request"].items() if k != method},
                            {"status": wanted}))
    finally:
        run.clean_up()
