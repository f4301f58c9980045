"""A private MariaDB server for tests: own data, own port on loopback, no care for power cuts."""

import dataclasses
import os
import secrets
import shutil
import subprocess
from pathlib import Path

import pymysql

from tests import processes, services

USER = "baremetal"

# What is unsafe on a power cut and fast without one.
SETTINGS = (
    "--skip-log-bin", "--skip-name-resolve", "--performance-schema=off", "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0", "--innodb-fast-shutdown=2", "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=16M", "--max-connections=400", "--character-set-server=utf8mb4",
)


@dataclasses.dataclass(frozen=True)
class Service:
    """A running server."""

    process: processes.Process
    folder: Path
    port: int
    password: str

    def connect(self) -> "pymysql.connections.Connection[pymysql.cursors.Cursor]":
        """An open connection with all rights."""
        return pymysql.connect(host="127.0.0.1", port=self.port, user=USER, password=self.password,
                               autocommit=True)

    def answers(self) -> bool:
        """Whether it lets us in."""
        self.connect().close()
        return True

    def database(self, name: str) -> str:
        """A fresh, empty database; the URL that SQLAlchemy wants."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
            cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        return f"mysql+pymysql://{USER}:{self.password}@127.0.0.1:{self.port}/{name}?charset=utf8mb4"

    def stop(self) -> None:
        """End the server and throw its data away."""
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(workdir: Path) -> Service:
    """Start a server with its data below ``workdir`` and return when it answers."""
    program, install = services.require("mariadbd"), services.require("mariadb-install-db")
    folder = workdir / "mariadb"
    folder.mkdir(parents=True)
    data, log = folder / "data", workdir / "mariadb.log"
    owner = ["--user=root"] if os.geteuid() == 0 else []
    with log.open("wb") as out:
        subprocess.run(
            [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
             "--skip-test-db", *owner], stdout=out, stderr=subprocess.STDOUT, check=True)
    password, port = secrets.token_hex(12), processes.free_port()
    first = folder / "first.sql"
    first.write_text(f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{password}';\n"
                     f"GRANT ALL ON *.* TO '{USER}'@'%';\nDROP USER IF EXISTS 'root'@'localhost';\n")
    process = processes.Process("mariadb", processes.Command([
        program, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1",
        f"--socket={_socket(folder)}", f"--pid-file={folder}/pid", f"--init-file={first}", *SETTINGS, *owner,
    ]), log)
    service = Service(process, folder, port, password)
    try:
        process.wait_for(service.answers, within=300)
    except processes.NotReady:
        service.stop()
        raise
    return service


def _socket(folder: Path) -> str:
    """A path short enough for a Unix socket (107 bytes), though nobody uses it."""
    path = str(folder / "sock")
    return path if len(path) < 100 else f"/tmp/baremetal-{secrets.token_hex(6)}.sock"
