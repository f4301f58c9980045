"""A private Neutron server for tests: the real one from PyPI, in .venv-neighbours, with SQLite and ML2, on loopback.

It believes the tests' Keystone and has no agents: it keeps networks and ports and binds none of them to a wire.
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
use_stderr = true
core_plugin = ml2
service_plugins =
transport_url = fake://
state_path = {folder}
api_paste_config = {paste}
auth_strategy = keystone
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
[oslo_concurrency]
lock_path = {folder}/lock
[database]
connection = sqlite:///{folder}/neutron.sqlite
[ml2]
type_drivers = flat,vlan,local
tenant_network_types = local
mechanism_drivers = openvswitch
extension_drivers = port_security
[ml2_type_flat]
flat_networks = *
[ml2_type_vlan]
network_vlan_ranges = physnet:100:200
[keystone_authtoken]
www_authenticate_uri = {keystone}/v3
auth_url = {keystone}/v3
auth_type = password
username = neutron
password = {password}
project_name = service
user_domain_id = default
project_domain_id = default
"""
#: its migrations are not for SQLite; the tables as its models say are
TABLES = """\
import sys
import sqlalchemy
from neutron.db.migration.models import head
head.get_metadata().create_all(sqlalchemy.create_engine(sys.argv[1]))
"""
#: its module reads the command line of who imports it
SERVE = """\
import sys
listen = sys.argv.pop()
import waitress
from neutron.wsgi import api
waitress.serve(api.application, listen=listen, threads=4)
"""


@dataclasses.dataclass(frozen=True)
class Service:
    """A running Neutron server."""

    process: processes.Process
    folder: Path
    url: str

    def ask(self, token: str, method: str, path: str, **body: Any) -> Any:
        """What it answers who has ``token``."""
        told = requests.request(method, f"{self.url}/v2.0/{path}", timeout=120, json=body or None,
                                headers={"X-Auth-Token": token})
        assert told.status_code < 300, told.text
        return told.json() if told.content else None

    def stop(self) -> None:
        """End it and throw its data away."""
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(workdir: Path, identity: keystone.Service, password: str) -> Service:
    """Start a Neutron whose own user ``neutron`` in project ``service`` has ``password``; return when it answers."""
    if not (keystone.BIN / "neutron-db-manage").exists():
        pytest.fail(f"{keystone.BIN} has no Neutron: run .ci/environment neighbours", pytrace=False)
    folder = workdir / "neutron"
    folder.mkdir(parents=True)
    config = folder / "neutron.conf"
    config.write_text(CONFIG.format(folder=folder, keystone=identity.url, password=password,
                                    paste=keystone.BIN.parent / "etc" / "neutron" / "api-paste.ini"))
    done = subprocess.run([keystone.BIN / "python", "-c", TABLES, f"sqlite:///{folder}/neutron.sqlite"],
                          capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise RuntimeError(f"Neutron's tables: {done.stdout}{done.stderr}")
    port = processes.free_port()
    url = f"http://{keystone.HOST}:{port}"
    command = processes.Command([str(keystone.BIN / "python"), "-c", SERVE, "--config-file", str(config),
                                 f"{keystone.HOST}:{port}"], cwd=folder,
                                env={"OS_NEUTRON_CONFIG_DIR": str(folder), "OS_NEUTRON_CONFIG_FILES": str(config)})
    process = processes.Process("neutron", command, folder / "neutron.log")
    try:
        process.wait_for(lambda: requests.get(url, timeout=10).status_code < 400, within=300)
    except processes.NotReady:
        process.stop()
        raise
    return Service(process, folder, url)
