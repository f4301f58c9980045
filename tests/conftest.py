"""Fixtures that whole parts of the tests share: foreign servers, fresh databases, our own service.

Servers start when the first test asks for them and end with the session. When a test fails, the ends of
the logs of all processes that run at that moment are shown with it.
"""

import dataclasses
import itertools
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import baremetal  # noqa: F401  it tells oslo.service to use threads, before a test asks it
from tests import processes
from tests.services import keystone as keystone_server
from tests.services import mariadb as mariadb_server
from tests.services import postgresql as postgresql_server
from tests.services import rabbitmq as rabbitmq_server

FLEET = 5
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def workdir() -> Iterator[Path]:
    """A folder for the data of servers; others may pass through it, since PostgreSQL does not run as root."""
    folder = Path(tempfile.mkdtemp(prefix="baremetal-tests-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mariadb(workdir: Path) -> Iterator[mariadb_server.Service]:
    """A private MariaDB server; ``.database(name)`` gives the URL of a fresh database."""
    server = mariadb_server.start(workdir)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgresql(workdir: Path) -> Iterator[postgresql_server.Service]:
    """A private PostgreSQL server; ``.database(name)`` gives the URL of a fresh database."""
    server = postgresql_server.start(workdir)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def rabbitmq(workdir: Path) -> Iterator[rabbitmq_server.Service]:
    """A private RabbitMQ broker; ``.transport_url(vhost)`` gives the URL of a fresh virtual host."""
    server = rabbitmq_server.start(workdir)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def keystone(workdir: Path) -> Iterator[keystone_server.Service]:
    """A private Keystone; ``.token(user, password, scope)`` gives a token."""
    server = keystone_server.start(workdir)
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "mariadb", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh, empty database; the test runs once on each kind."""
    name = f"baremetal_{next(_numbers)}"
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / name}.sqlite"
    return str(request.getfixturevalue(request.param).database(name))


@dataclasses.dataclass(frozen=True)
class Running:
    """Our service in one process, as a user starts it: where it answers and with what credentials."""

    url: str
    auth: tuple[str, str]
    data: Path
    process: processes.Process


@pytest.fixture(scope="session")
def service(workdir: Path) -> Iterator[Running]:
    """The all-in-one service with a simulated fleet, http_basic, SQLite. One for the whole session.

    Its BMCs have a network of their own, since port 623 of an address can be had only once on a machine.
    """
    data, port = workdir / "service", processes.free_port()
    command = processes.Command([
        sys.executable, "-m", "baremetal.cmd.single", "--data", str(data), "--port", str(port),
        "--fleet", str(FLEET), "--fleet-network", processes.free_network()],
        logs=[data / "baremetal.log", data / "fleet.log"])
    with processes.spawned("baremetal", command, workdir / "service.log") as process:
        # said once the fleet is enrolled; the API answers before that
        process.wait_for(lambda: "Ctrl-C" in process.tail(100), within=300)
        told = json.loads((data / "credentials.json").read_text())
        yield Running(told["url"], (told["username"], told["password"]), data, process)


@pytest.fixture(scope="session")
def clients() -> Path:
    """The folder of the foreign clients' commands, unmodified, in an environment of their own."""
    folder = Path(__file__).parent.parent / ".venv-clients" / "bin"
    if not (folder / "baremetal").exists():
        pytest.fail(f"{folder} has no baremetal command: run .ci/environment clients", pytrace=False)
    return folder


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show the logs of what runs beside a test that has failed."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.failed:
        for process in processes.running:
            report.sections.append((f"log of {process.name} (pid {process.pid})", process.tail()))
