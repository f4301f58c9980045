"""Starts the peer, OpenStack Ironic as its package installs it, with nothing set that it does not need to run here.

Its name is its address, since its JSON-RPC calls it by that. One API worker: with more, each further worker of its
API (39.0.0) fails to bind the port and is forked again for ever. On SQLite it supports its one-process form only.
"""

import contextlib
import os
import subprocess
from pathlib import Path

from bench import side
from tests import processes

CONF = """\
[DEFAULT]
auth_strategy = noauth
host = localhost
my_ip = {host}
state_path = {folder}
rpc_transport = {rpc}
{bus}
{fakes}
[api]
host_ip = {host}
port = {port}
api_workers = 1

[json_rpc]
host_ip = {host}
port = {rpc_port}

[database]
connection = {database}

[conductor]
automated_clean = false

[oslo_concurrency]
lock_path = {folder}/lock

[service_catalog]
endpoint_override = http://{host}:{port}

[nova]
send_power_notifications = false
"""

#: layout: its rpc_transport and its processes
LAYOUTS = {
    "rabbit": ("oslo", ("conductor", "api")),
    "jsonrpc": ("json-rpc", ("conductor", "api")),
    "single": ("none", ("",)),
}


def find(named: str | None) -> Path | None:
    """Return the environment in which the peer is installed: the one named, or $PEER_VENV; None without."""
    place = named or os.environ.get("PEER_VENV")
    if not place:
        return None
    venv = Path(place)
    if not (venv / "bin" / "ironic-api").exists():
        raise SystemExit(f"there is no bin/ironic-api in {venv}; bench/README.md says how to install the peer")
    return venv


def start(stack: contextlib.ExitStack, ground: side.Ground, venv: Path, layout: str) -> side.Side:
    """Start it in ``layout`` and return when a conductor serves."""
    rpc, names = LAYOUTS[layout]
    port = processes.free_port()
    (ground.folder / "lock").mkdir()
    conf = ground.folder / "ironic.conf"
    conf.write_text(CONF.format(
        host=side.HOST, folder=ground.folder, rpc=rpc, port=port, rpc_port=processes.free_port(), fakes=side.fakes(),
        database=ground.database, bus=f"transport_url = {ground.bus}" if rpc == "oslo" else ""))
    conf.chmod(0o600)
    with (ground.folder / "dbsync.log").open("wb") as log:
        subprocess.run([venv / "bin" / "ironic-dbsync", "--config-file", conf, "create_schema"], stdout=log, stderr=log,
                       check=True, cwd=ground.folder)
    roots = dict(ground.roots)
    for name in names:
        program = venv / "bin" / "-".join(filter(None, ("ironic", name)))
        command = processes.Command([str(program), "--config-file", str(conf)], cwd=ground.folder)
        process = side.spawn(stack, name or "ironic", command, ground.folder / f"{name or 'ironic'}.log")
        roots[name or "conductor"] = process.pid
    url = f"http://{side.HOST}:{port}"
    process.wait_for(side.serving(url), within=120)
    return side.Side("peer", url, ground.database, roots, version=version(venv))


def version(venv: Path) -> str:
    """Return which release is installed."""
    told = subprocess.run([venv / "bin" / "python", "-c", "import importlib.metadata as m; print(m.version('ironic'))"],
                          capture_output=True, text=True, check=True)
    return told.stdout.strip()
