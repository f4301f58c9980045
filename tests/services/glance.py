"""A private Glance for tests: the real one from PyPI, in .venv-neighbours, with SQLite and files, on loopback.

It believes the tests' Keystone. What tests need of its API is asked over HTTP like any client asks.
"""

import dataclasses
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import processes
from tests.services import keystone

CONFIG = """\
[DEFAULT]
bind_host = {host}
use_stderr = true
enabled_backends = files:file
enabled_import_methods = []
worker_self_reference_url = {url}
node_staging_uri = file://{folder}/staging
[database]
connection = sqlite:///{folder}/glance.sqlite
[glance_store]
default_backend = files
[files]
filesystem_store_datadir = {folder}/images
[os_glance_staging_store]
filesystem_store_datadir = {folder}/staging
[os_glance_tasks_store]
filesystem_store_datadir = {folder}/tasks
[paste_deploy]
flavor = keystone
config_file = {paste}
[keystone_authtoken]
www_authenticate_uri = {keystone}/v3
auth_url = {keystone}/v3
auth_type = password
username = glance
password = {password}
project_name = service
user_domain_id = default
project_domain_id = default
"""
#: arguments of ours are none of its own
SERVE = """\
import sys
listen = sys.argv.pop()
import waitress
from glance.common import wsgi_app
waitress.serve(wsgi_app.init_app(), listen=listen, threads=4)
"""


@dataclasses.dataclass(frozen=True)
class Service:
    """A running Glance."""

    process: processes.Process
    folder: Path
    url: str

    def ask(self, token: str, method: str, path: str, **options: Any) -> Any:
        """What it answers who has ``token``."""
        told = requests.request(method, f"{self.url}/v2/{path}", timeout=120, **{
            **options, "headers": {"X-Auth-Token": token, **options.get("headers", {})}})
        assert told.status_code < 300, told.text
        return told.json() if told.content else None

    def image(self, token: str, content: bytes, **fields: Any) -> str:
        """Make an image with its content; its id."""
        made = self.ask(token, "POST", "images", json={
            "name": "test", "disk_format": "raw", "container_format": "bare", **fields})
        self.ask(token, "PUT", f"images/{made['id']}/file", data=content,
                 headers={"Content-Type": "application/octet-stream"})
        return str(made["id"])

    def stop(self) -> None:
        """End it and throw its data away."""
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(workdir: Path, identity: keystone.Service, password: str) -> Service:
    """Start a Glance whose own user ``glance`` in project ``service`` has ``password``; return when it answers."""
    if not (keystone.BIN / "glance-manage").exists():
        pytest.fail(f"{keystone.BIN} has no Glance: run .ci/environment neighbours", pytrace=False)
    folder = workdir / "glance"
    for name in ("images", "staging", "tasks"):
        (folder / name).mkdir(parents=True)
    port = processes.free_port()
    url = f"http://{keystone.HOST}:{port}"
    config = folder / "glance-api.conf"
    config.write_text(CONFIG.format(
        host=keystone.HOST, url=url, folder=folder, keystone=identity.url, password=password,
        paste=keystone.BIN.parent / "etc" / "glance" / "glance-api-paste.ini"))
    done = subprocess.run([keystone.BIN / "glance-manage", "--config-file", config, "db_sync"], capture_output=True,
                          text=True, timeout=300, check=False)
    if done.returncode:
        raise RuntimeError(f"glance-manage db_sync: {done.stdout}{done.stderr}")
    command = processes.Command([str(keystone.BIN / "python"), "-c", SERVE, f"{keystone.HOST}:{port}"], cwd=folder,
                                env={"OS_GLANCE_CONFIG_DIR": str(folder)})
    process = processes.Process("glance", command, folder / "glance.log")
    try:
        process.wait_for(lambda: requests.get(f"{url}/versions", timeout=10).status_code < 400, within=300)
    except processes.NotReady:
        process.stop()
        raise
    return Service(process, folder, url)
