"""Every case of the tables: the reference's status, a text that names field, value and remedy, and nothing more."""

import pathlib
import re
from typing import Any

import pytest
import requests

from tests.api import answers, case, drive

FOLDER = pathlib.Path(__file__).parent / "cases"

#: what no answer may hold: traces, SQL, names of our classes, and the secrets that cases send
FORBIDDEN = re.compile(r"Traceback|File \\?\"|line \d+, in |sqlalchemy|sqlite3?\.|psycopg|pymysql|SELECT "
                       r"|INSERT |UPDATE |baremetal\.(api|db|rpc)|geheim|<html")


class Listener(drive.Endpoint):
    """An endpoint that keeps what it heard."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.heard: list[requests.Response] = []

    def ask(self, method: str, path: str, version: str | None = case.NEWEST, **send: Any) -> requests.Response:
        answer = super().ask(method, path, version, **send)
        self.heard.append(answer)
        return answer


@pytest.mark.parametrize("row", case.load(folder=FOLDER), ids=lambda row: row.name)
def test_is_refused_and_says_why(row: case.Case, service: Any) -> None:
    listener = Listener(service.url, service.auth)
    drive.drive(listener, row)
    for answer in listener.heard:
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert not FORBIDDEN.search(answer.text), answer.text
            assert len(answer.text) < 4000, "an answer is no echo"
            assert answers.fault_of(answer)[1].strip()
            assert answer.headers["Openstack-Request-Id"].startswith("req-")
            assert "/ops/" in answer.url or answer.headers["X-OpenStack-Ironic-API-Maximum-Version"] == "1.115"


def test_the_service_still_answers(service: Any) -> None:
    assert drive.Endpoint(service.url, service.auth).ask("GET", "/v1/nodes").ok
    assert service.process.alive
