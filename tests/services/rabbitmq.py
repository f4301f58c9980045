"""A private RabbitMQ broker for tests: own node name, own port mapper (epmd), everything on loopback."""

import dataclasses
import os
import re
import secrets
import shutil
import socket
import subprocess
from pathlib import Path

import amqp

from tests import processes, services

USER = "baremetal"
HOST = "127.0.0.1"

SETTINGS = """\
listeners.tcp.1 = {host}:{port}
default_user = {user}
default_pass = {password}
loopback_users = none
log.console = true
log.console.level = warning
log.file = false
disk_free_limit.absolute = 10MB
vm_memory_high_watermark.absolute = 1GB
"""

# One call instead of two of rabbitmqctl, each of which starts an Erlang machine.
ADD_VHOST = """\
rabbit_vhost:add(<<"{vhost}">>, <<"tests">>),
rabbit_auth_backend_internal:set_permissions(
  <<"{user}">>, <<"{vhost}">>, <<".*">>, <<".*">>, <<".*">>, <<"tests">>).
"""


@dataclasses.dataclass(frozen=True)
class Service:
    """A running broker and its port mapper."""

    process: processes.Process
    mapper: processes.Process
    folder: Path
    port: int
    password: str
    env: dict[str, str]

    def transport_url(self, vhost: str) -> str:
        """A fresh virtual host; the URL that oslo.messaging wants."""
        if not re.fullmatch(r"[a-z0-9_.-]+", vhost):
            raise ValueError(f"{vhost!r} is not a plain name for a virtual host")
        self.ctl("eval", ADD_VHOST.format(user=USER, vhost=vhost))
        return f"rabbit://{USER}:{self.password}@{HOST}:{self.port}/{vhost}"

    def ctl(self, *arguments: str) -> str:
        """What ``rabbitmqctl`` prints."""
        program = services.require("rabbitmqctl")
        done = subprocess.run([program, "-q", *arguments], env={**os.environ, **self.env}, timeout=300,
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"rabbitmqctl {arguments[0]}: {done.stdout}{done.stderr}{self.process.tail()}")
        return done.stdout

    def answers(self) -> bool:
        """Whether it speaks AMQP and knows us."""
        with amqp.Connection(f"{HOST}:{self.port}", USER, self.password, connect_timeout=5, read_timeout=5):
            return True

    def stop(self) -> None:
        """End broker and port mapper and throw their data away."""
        self.process.stop()
        self.mapper.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(workdir: Path) -> Service:
    """Start a broker with its data below ``workdir`` and return when it answers."""
    program, epmd = services.require("rabbitmq-server"), services.require("epmd")
    folder = workdir / "rabbitmq"
    folder.mkdir(parents=True)
    port, password = processes.free_port(), secrets.token_hex(12)
    env = _environment(folder, port)
    (folder / "rabbitmq.conf").write_text(
        SETTINGS.format(host=HOST, port=port, user=USER, password=password))
    (folder / "plugins").write_text("[].\n")
    mapper = processes.Process("epmd", processes.Command(
        [epmd, "-port", env["ERL_EPMD_PORT"], "-address", HOST], env=env), workdir / "epmd.log")
    try:
        mapper.wait_for(lambda: _hears(int(env["ERL_EPMD_PORT"])))
        process = processes.Process(
            "rabbitmq", processes.Command([program], env=env, cwd=folder), workdir / "rabbitmq.log")
    except processes.NotReady:
        mapper.stop()
        raise
    service = Service(process, mapper, folder, port, password, env)
    try:
        process.wait_for(service.answers, within=300)
    except processes.NotReady:
        service.stop()
        raise
    return service


def _hears(port: int) -> bool:
    """Whether somebody listens on ``port``."""
    socket.create_connection((HOST, port), timeout=5).close()
    return True


def _environment(folder: Path, port: int) -> dict[str, str]:
    """What keeps this broker apart from every other on the machine."""
    return {
        "HOME": str(folder),                                # the Erlang cookie is kept there
        "ERL_EPMD_PORT": str(processes.free_port()),
        "ERL_EPMD_ADDRESS": HOST,
        "RABBITMQ_NODENAME": f"tests-{port}@localhost",
        "RABBITMQ_DIST_PORT": str(processes.free_port()),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
    }
