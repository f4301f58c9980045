"""Every case of the tables, against our own service."""

from typing import Any

import pytest

from tests.api import case, drive


@pytest.mark.parametrize("row", [row for row in case.load() if not row.later], ids=lambda row: row.name)
def test_answers_as_the_case_says(row: case.Case, service: Any) -> None:
    drive.drive(drive.Endpoint(service.url, service.auth), row)
