"""The starters of foreign servers do what they promise: really started, spoken to, and gone afterwards."""

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import kombu
import psutil
import pytest
import sqlalchemy

from tests import processes, programs
from tests.services import mariadb, postgresql, rabbitmq


@pytest.fixture(params=["mariadb", "postgresql"])
def server(request: pytest.FixtureRequest) -> mariadb.Service | postgresql.Service:
    """Each database server."""
    return request.getfixturevalue(request.param)


def test_database_is_fresh_each_time(server: mariadb.Service | postgresql.Service) -> None:
    for _ in range(2):
        engine = sqlalchemy.create_engine(server.database("fresh"))
        with engine.begin() as connection:
            assert sqlalchemy.inspect(connection).get_table_names() == []
            connection.execute(sqlalchemy.text("CREATE TABLE once (name VARCHAR(20))"))
            connection.execute(sqlalchemy.text("INSERT INTO once VALUES ('straße')"))
            assert connection.scalar(sqlalchemy.text("SELECT name FROM once")) == "straße"
        engine.dispose()


def test_database_url_is_usable(database_url: str) -> None:
    engine = sqlalchemy.create_engine(database_url)
    with engine.begin() as connection:
        assert connection.scalar(sqlalchemy.text("SELECT 1")) == 1
        assert sqlalchemy.inspect(connection).get_table_names() == []
    engine.dispose()


def test_broker_carries_a_message(rabbitmq: rabbitmq.Service) -> None:
    url = rabbitmq.transport_url("carries").replace("rabbit://", "amqp://")
    with kombu.Connection(url) as connection:
        queue = connection.SimpleQueue("greetings")
        queue.put({"hello": "house"})
        message = queue.get(timeout=60)
        assert message.payload == {"hello": "house"}
        message.ack()
        queue.close()


def test_vhosts_are_apart(rabbitmq: rabbitmq.Service) -> None:
    urls = [rabbitmq.transport_url(name).replace("rabbit://", "amqp://") for name in ("one", "two")]
    with kombu.Connection(urls[0]) as first, kombu.Connection(urls[1]) as second:
        box = first.SimpleQueue("box")
        box.put("for one only")
        assert second.SimpleQueue("box").qsize() == 0
        assert box.get(timeout=60).payload == "for one only"


def _family(process: processes.Process) -> list[psutil.Process]:
    root = psutil.Process(process.pid)
    return [root, *root.children(recursive=True)]


def _connections(process: psutil.Process) -> list[Any]:
    with contextlib.suppress(psutil.NoSuchProcess):      # servers have children that come and go
        return list(process.net_connections("inet"))
    return []


@pytest.mark.parametrize("name", ["mariadb", "postgresql", "rabbitmq"])
def test_server_listens_on_loopback_only(name: str, request: pytest.FixtureRequest) -> None:
    service = request.getfixturevalue(name)
    family = _family(service.process)
    heard = {found.laddr.ip for process in family for found in _connections(process)
             if found.status == psutil.CONN_LISTEN}
    assert heard == {"127.0.0.1"}


@pytest.mark.parametrize("starter", [mariadb, postgresql, rabbitmq], ids=lambda module: module.__name__)
def test_nothing_is_left_after_stop(starter: object, workdir: Path) -> None:
    folder = workdir / f"second-{starter.__name__.rpartition('.')[2]}"      # type: ignore[attr-defined]
    folder.mkdir(mode=0o711)
    service = starter.start(folder)                                        # type: ignore[attr-defined]
    roots = [service.process, *([service.mapper] if starter is rabbitmq else [])]
    family = [member for root in roots for member in _family(root)]
    service.stop()
    assert psutil.wait_procs(family, timeout=60)[1] == []
    assert not service.folder.exists()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", service.port), timeout=1)


def test_process_that_ends_early_tells_its_log(tmp_path: Path) -> None:
    command = processes.Command([sys.executable, "-c", "print('no such disk'); raise SystemExit(3)"])
    with (processes.spawned("early", command, tmp_path / "log") as process,
          pytest.raises(processes.NotReady, match=r"(?s)early ended with 3.*no such disk")):
        process.wait_for(lambda: False, within=20)


def test_process_that_is_never_ready_is_ended(tmp_path: Path) -> None:
    command = processes.Command([sys.executable, "-c", "import time; time.sleep(100)"])
    with processes.spawned("late", command, tmp_path / "log") as process:
        with pytest.raises(processes.NotReady, match=r"late is not ready after 0 s"):
            process.wait_for(lambda: False, within=0.2)
        pid = process.pid
    assert not psutil.pid_exists(pid)
    assert process not in processes.running


def test_whole_group_is_ended(tmp_path: Path) -> None:
    command = processes.Command(["sh", "-c", "sleep 100 & echo $!; wait"])
    with processes.spawned("parent", command, tmp_path / "log") as process:
        process.wait_for(process.tail)
        child = psutil.Process(int(process.tail()))
    assert psutil.wait_procs([child], timeout=60)[1] == []


# fmt: off
@pytest.mark.parametrize(("ci", "ending"), [
    ("",     "1 skipped"),
    ("true", "1 failed"),
])
# fmt: on
def test_missing_server_is_skipped_here_and_fails_in_ci(ci: str, ending: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "from tests import services\n\ndef test_it():\n    services.require('ipmitool')\n")
    root = Path(__file__).parents[2]
    env = {**os.environ, "CI": ci, "PYTHONPATH": str(root),
           "BAREMETAL_TEST_WITHOUT": '{"ipmitool": "no root here, so no ipmitool"}'}
    done = subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", tmp_path,
                           "-c", os.devnull, "-rs", str(tmp_path)],
                          env=env, capture_output=True, text=True, check=False)
    assert ending in done.stdout and "no root here, so no ipmitool" in done.stdout


def test_program_is_found_or_none() -> None:
    assert all(path is None or os.access(path, os.X_OK) for path in map(programs.find, programs.PROGRAMS))
