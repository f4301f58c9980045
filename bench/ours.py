"""Starts our service as operators of several machines would: API and conductor as processes of their own."""

import contextlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import baremetal
from bench import side
from tests import processes

ROOT = Path(baremetal.__file__).parents[1]

CONF = """\
[DEFAULT]
auth_strategy = noauth
host = bench
state_path = {folder}
transport_url = {bus}
{fakes}
{default}
[api]
host_ip = {host}
port = {port}

[database]
connection = {database}

[conductor]
automated_clean = false
{conductor}
"""


def start(stack: contextlib.ExitStack, ground: side.Ground, more: Mapping[str, str] | None = None) -> side.Side:
    """Start it and return when a conductor serves; ``more`` is text for the places {default} and {conductor}."""
    port = processes.free_port()
    text = {"default": "", "conductor": "", **(more or {})}
    fakes = "" if text["default"] else side.fakes()
    conf = ground.folder / "baremetal.conf"
    conf.write_text(CONF.format(folder=ground.folder, bus=ground.bus, host=side.HOST, port=port,
                                database=ground.database, fakes=fakes, **text))
    conf.chmod(0o600)
    subprocess.run(_command("dbsync", conf, "create").argv, cwd=ROOT, check=True)
    roots = dict(ground.roots)
    for name in ("conductor", "api"):
        process = side.spawn(stack, name, _command(name, conf), ground.folder / f"{name}.log")
        roots[name] = process.pid
    url = f"http://{side.HOST}:{port}"
    process.wait_for(side.serving(url, "ipmi" if text["default"] else "fake-hardware"), within=60)
    return side.Side("ours", url, ground.database, roots)


def _command(name: str, conf: Path, *arguments: str) -> processes.Command:
    return processes.Command([sys.executable, "-m", f"baremetal.cmd.{name}", "--config-file", str(conf), *arguments],
                             cwd=ROOT)
