"""A private PostgreSQL server for tests: own data, own port on loopback, no care for power cuts.

PostgreSQL refuses to run as root; started by root, it runs as ``postgres`` (the package makes that user) or
``nobody``, in a folder of theirs.
"""

import dataclasses
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg2

from tests import processes, services

USER = "baremetal"

# What is unsafe on a power cut and fast without one.
SETTINGS = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off",
    "max_connections": "300", "shared_buffers": "64MB", "max_wal_size": "1GB",
    "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "dynamic_shared_memory_type": "mmap",
}


@dataclasses.dataclass(frozen=True)
class Service:
    """A running server."""

    process: processes.Process
    folder: Path
    port: int
    password: str

    def connect(self) -> "psycopg2.extensions.connection":
        """An open connection with all rights, each statement for itself."""
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user=USER, password=self.password,
                                      dbname="postgres")
        connection.autocommit = True
        return connection

    def answers(self) -> bool:
        """Whether it lets us in."""
        self.connect().close()
        return True

    def database(self, name: str) -> str:
        """A fresh, empty database; the URL that SQLAlchemy wants."""
        connection = self.connect()
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            cursor.execute(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")
        connection.close()
        return f"postgresql+psycopg2://{USER}:{self.password}@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        """End the server at once and throw its data away."""
        self.process.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)


def start(workdir: Path) -> Service:
    """Start a server with its data below ``workdir`` and return when it answers."""
    program, initdb = services.require("postgres"), services.require("initdb")
    user = _unprivileged()
    folder, log = workdir / "postgresql", workdir / "postgresql.log"
    folder.mkdir(parents=True)
    data, secret, password = folder / "data", folder / "secret", secrets.token_hex(12)
    secret.write_text(password)
    if user:
        for path in (folder, secret):
            shutil.chown(path, user)
    with log.open("wb") as out:
        subprocess.run(
            [initdb, "-D", str(data), "-U", USER, "--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync",
             "--encoding=UTF8", "--locale=C"], stdout=out, stderr=subprocess.STDOUT, check=True, cwd=folder,
            **processes.identity(user))
    port = processes.free_port()
    argv = [program, "-D", str(data), "-p", str(port)]
    for name, value in SETTINGS.items():
        argv += ["-c", f"{name}={value}"]
    process = processes.Process("postgresql", processes.Command(argv, cwd=folder, user=user), log)
    service = Service(process, folder, port, password)
    try:
        process.wait_for(service.answers, within=300)
    except processes.NotReady:
        service.stop()
        raise
    return service


def _unprivileged() -> str | None:
    """As whom to run it: nobody else, unless we are root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
