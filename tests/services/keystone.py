"""A private Keystone for tests: the real one from PyPI, in .venv-neighbours, with SQLite, on loopback.

What tests need of its API (users, projects, tokens, the catalog) is asked over HTTP like any client asks.
"""

import contextlib
import dataclasses
import os
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import processes

HOST, REGION = "127.0.0.1", "RegionOne"
BIN = Path(__file__).resolve().parent.parent.parent / ".venv-neighbours" / "bin"
CONFIG = """\
[DEFAULT]
use_stderr = true
default_log_levels = keystone.common.password_hashing=ERROR
[database]
connection = sqlite:///{folder}/keystone.sqlite
[token]
provider = fernet
expiration = {expiration}
[fernet_tokens]
key_repository = {folder}/fernet
[fernet_receipts]
key_repository = {folder}/fernet
[credential]
key_repository = {folder}/credential
[cache]
enabled = false
[identity]
password_hash_rounds = 4
"""
#: it would take arguments for its own
SERVE = """\
import sys
listen = sys.argv.pop()
import waitress
from keystone.server import wsgi
waitress.serve(wsgi.initialize_public_application(), listen=listen, threads=4)
"""
#: seconds for which its tokens last
LASTING = 3600
#: a token's scope: everything, instead of a project
SYSTEM = {"system": {"all": True}}


@dataclasses.dataclass(frozen=True)
class Service:
    """A running Keystone. ``admin`` is the password of user ``admin``, who may do everything."""

    process: processes.Process
    folder: Path
    url: str
    admin: str

    def token(self, user: str, password: str, scope: Any, url: str = "") -> str:
        """A token of a user of the default domain: with a project's name as scope, or ``SYSTEM``."""
        wanted = scope if isinstance(scope, dict) else {"project": {"name": scope, "domain": {"id": "default"}}}
        identity = {"methods": ["password"], "password": {"user": {
            "name": user, "domain": {"id": "default"}, "password": password}}}
        told = requests.post(f"{url or self.url}/v3/auth/tokens", timeout=120,
                             json={"auth": {"identity": identity, "scope": wanted}})
        assert told.status_code == 201, told.text
        return told.headers["X-Subject-Token"]

    def ask(self, method: str, path: str, **body: Any) -> Any:
        """What Keystone answers its admin."""
        told = requests.request(method, f"{self.url}/v3/{path}", timeout=120, json=body or None,
                                headers={"X-Auth-Token": self.token("admin", self.admin, SYSTEM)})
        assert told.status_code < 300, told.text
        return told.json() if told.content else None

    def revoke(self, token: str) -> None:
        """End a token before its time."""
        told = requests.delete(f"{self.url}/v3/auth/tokens", timeout=120, headers={
            "X-Auth-Token": self.token("admin", self.admin, SYSTEM), "X-Subject-Token": token})
        assert told.status_code == 204, told.text

    def project(self, name: str) -> str:
        """Make a project; its id."""
        return str(self.ask("POST", "projects", project={"name": name, "domain_id": "default"})["project"]["id"])

    def user(self, name: str, roles: Iterable[str], project: str | None = None) -> str:
        """Make a user with roles in a project (by id), or in the system; its password."""
        password = secrets.token_hex(12)
        wanted = {"name": name, "domain_id": "default", "password": password}
        ident = self.ask("POST", "users", user=wanted)["user"]["id"]
        known = {role["name"]: role["id"] for role in self.ask("GET", "roles")["roles"]}
        where = f"projects/{project}" if project else "system"
        for role in roles:
            self.ask("PUT", f"{where}/users/{ident}/roles/{known[role]}")
        return password

    def register(self, kind: str, url: str) -> None:
        """Put a service into the catalog."""
        ident = self.ask("POST", "services", service={"type": kind, "name": kind})["service"]["id"]
        for interface in ("public", "internal"):
            self.ask("POST", "endpoints", endpoint={
                "service_id": ident, "interface": interface, "url": url, "region_id": REGION})

    def beside(self, expiration: int) -> tuple[processes.Process, str]:
        """Start a second one on the same data, whose tokens last only so many seconds; it and its URL."""
        port = processes.free_port()
        return _serve(self.folder, expiration, port), _url(port)

    def stop(self) -> None:
        """End it and throw its data away."""
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(workdir: Path) -> Service:
    """Start a Keystone with its data below ``workdir`` and return when it answers."""
    if not (BIN / "keystone-manage").exists():
        pytest.fail(f"{BIN} has no Keystone: run .ci/environment neighbours", pytrace=False)
    folder = workdir / "keystone"
    folder.mkdir(parents=True)
    config, password = _config(folder, LASTING), secrets.token_hex(12)
    who = [f"--keystone-user={os.getuid()}", f"--keystone-group={os.getgid()}"]
    for words in (["fernet_setup", *who], ["credential_setup", *who], ["db_sync"]):
        _manage(config, *words)
    with contextlib.closing(sqlite3.connect(folder / "keystone.sqlite")) as database:
        database.execute("PRAGMA journal_mode=WAL")     # else one request that reads makes one that writes fail
    port = processes.free_port()
    first = {"password": password, "public-url": f"{_url(port)}/v3", "internal-url": f"{_url(port)}/v3",
             "region-id": REGION}
    _manage(config, "bootstrap", *[f"--bootstrap-{name}={value}" for name, value in first.items()])
    return Service(_serve(folder, LASTING, port), folder, _url(port), password)


def _config(folder: Path, expiration: int) -> Path:
    path = folder / f"keystone-{expiration}.conf"
    path.write_text(CONFIG.format(folder=folder, expiration=expiration))
    return path


def _manage(config: Path, *words: str) -> None:
    """Run ``keystone-manage``."""
    done = subprocess.run([BIN / "keystone-manage", "--config-file", config, *words], capture_output=True, text=True,
                          timeout=300, check=False)
    if done.returncode:
        raise RuntimeError(f"keystone-manage {words[0]}: {done.stdout}{done.stderr}")


def _serve(folder: Path, expiration: int, port: int) -> processes.Process:
    """Start a server on a port, and return when it answers."""
    command = processes.Command([str(BIN / "python"), "-c", SERVE, f"{HOST}:{port}"], cwd=folder,
                                env={"OS_KEYSTONE_CONFIG_FILES": str(_config(folder, expiration))})
    process = processes.Process(f"keystone-{expiration}", command, folder / f"keystone-{expiration}.log")
    try:
        process.wait_for(lambda: requests.get(f"{_url(port)}/v3", timeout=10).status_code == 200, within=300)
    except processes.NotReady:
        process.stop()
        raise
    return process


def _url(port: int) -> str:
    return f"http://{HOST}:{port}"
