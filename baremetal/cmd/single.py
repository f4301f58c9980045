"""Everything in one process on one machine: API and conductor, SQLite, an in-process bus.

Two ports: operators have the API on one, servers and their agents have theirs on the other, files included.

``--fleet N`` adds N simulated servers, each behind a real IPMI BMC on a loopback address; they run in a process of
their own, as real servers would, and are enrolled over the API.
"""

import argparse
import errno
import ipaddress
import os
import pathlib
import signal
import socket
import subprocess
import sys
import typing

from oslo_config import cfg

from baremetal import clock, errors
from baremetal.api import app
from baremetal.boot import shelf
from baremetal.cmd import credentials, folder, starting, web
from baremetal.conductor import service
from baremetal.config import core
from baremetal.db import engine, schema
from baremetal.lab import control, demo, enrol
from baremetal.rpc import wire

LOOPBACK = ipaddress.IPv4Network("127.0.0.0/8")
MOST = 60000    # simulated servers: as many addresses as their network has, in round numbers

#: why the API cannot listen: what to do about it
LISTEN = {
    errno.EADDRINUSE: "Another copy may be running, or another program: stop it, or give another port with --port.",
    errno.EACCES: "Ports below 1024 are for root: give another port with --port.",
    errno.EADDRNOTAVAIL: "That is no address of this machine: give one with --bind.",
    socket.EAI_NONAME: "No address is known by that name: give one with --bind.",
}


def options() -> argparse.Namespace:
    """Read the command line."""
    made = starting.parser(__doc__)
    made.add_argument("--data", default="data", metavar="DIR",
                      help="where database, credentials and log are kept (default: data; ./run: data beside it)")
    made.add_argument("--port", type=int, help="port of the API (default: 6385)")
    made.add_argument("--bind", metavar="ADDRESS", help="address of the API (default: 127.0.0.1)")
    made.add_argument("--fleet", type=int, default=0, metavar="N",
                      help="simulated servers to start and enrol (default: 0; ./run: 5)")
    made.add_argument("--auth", choices=["http_basic", "noauth"], help="who may talk to the API (default: http_basic)")
    made.add_argument("--fleet-network", default="127.77.0.0", metavar="127.X.0.0",
                      help="loopback network of the simulated BMCs (default: 127.77.0.0)")
    found = made.parse_args()
    if not 0 <= found.fleet <= MOST:
        made.error(f"--fleet is {found.fleet}; it must be from 0 to {MOST}")
    if found.port is not None and not 0 < found.port < 65536:
        made.error(f"--port is {found.port}; it must be from 1 to 65535")
    try:
        inside = ipaddress.IPv4Address(found.fleet_network) in LOOPBACK
    except ValueError:
        inside = False
    if not inside:
        made.error(f"--fleet-network is {found.fleet_network}; it must be an address of {LOOPBACK}, as 127.78.0.0")
    return found


def configure(asked: argparse.Namespace) -> cfg.ConfigOpts:
    """Return the conf: the file's values, then the command line's."""
    overrides: dict[str, typing.Any] = {"state_path": os.path.abspath(asked.data)}
    for name, option in (("port", "api__port"), ("bind", "api__host_ip"), ("auth", "auth_strategy")):
        if getattr(asked, name) is not None:
            overrides[option] = getattr(asked, name)
    if asked.port is not None:
        overrides["api__agents_port"] = asked.port % 65535 + 1
    overrides["log_file"] = os.path.join(overrides["state_path"], "baremetal.log")
    conf = starting.conf(asked.config_file, "baremetal", **overrides)
    if conf.deploy.http_url == core.url(conf.deploy.http_host_ip, conf.deploy.http_port):
        # nobody said otherwise: files come from the port of the agents, for this process has no other
        conf.set_override("http_url", conf.api.agents_url, group="deploy")
    return conf


def check_port(where: web.Listener) -> None:
    """End with a sentence when a port is taken."""
    address = (where.host, where.port)
    with socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            hint = LISTEN.get(error.errno or 0, "Give another address with --bind, or another port with --port.")
            sys.exit(f"baremetal: cannot listen on {address[0]}:{address[1]} ({error.strerror}). {hint}")


def address(conf: cfg.ConfigOpts) -> str:
    """Return where this machine reaches the API; who listens on all addresses is reached on loopback."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(str(conf.api.host_ip), str(conf.api.host_ip))
    return f"http://[{host}]:{conf.api.port}" if ":" in host else f"http://{host}:{conf.api.port}"


class Servers:
    """What servers and their agents reach, as one WSGI application: files to boot, and the agents' part of the API."""

    def __init__(self, files: typing.Any, agents: typing.Any) -> None:
        self._files, self._agents = files, agents

    def __call__(self, environ: dict[str, typing.Any], start_response: typing.Any) -> typing.Any:
        """Pass a request on by its path."""
        inside = environ.get("PATH_INFO", "").startswith(shelf.PREFIX)
        return (self._files if inside else self._agents)(environ, start_response)


def demo_files(conf: cfg.ConfigOpts) -> demo.Files:
    """Make the files of a first deployment, and allow the conductor to read them."""
    folder = pathlib.Path(conf.state_path) / "lab"
    conf.set_override("file_url_allowed_paths", [*conf.conductor.file_url_allowed_paths, str(folder)], "conductor")
    return demo.make(folder)


class Fleet:
    """The process of the simulated servers."""

    def __init__(self, asked: argparse.Namespace, lock: int, boots: str) -> None:
        data = pathlib.Path(asked.data).absolute()
        self.control, self.log = data / "fleet.sock", data / "fleet.log"
        self.login = enrol.Login("admin", credentials.secret(str(data / "fleet.secret")))
        command = [sys.executable, "-m", "baremetal.cmd.lab", "fleet", str(asked.fleet), "--user", self.login.user,
                   "--network", asked.fleet_network, "--boot-url", boots, "--control", str(self.control),
                   "--parent", str(os.getpid())]
        with open(self.log, "ab") as output:
            # a session of its own: Ctrl-C shall end the service first. The lock goes with it: the folder is free
            # when both are gone
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            start_new_session=True, pass_fds=(lock,),
                                            env={**os.environ, "BAREMETAL_LAB_PASSWORD": self.login.password})

    def servers(self, within: float = 60) -> list[dict[str, typing.Any]]:
        """Return the servers as the fleet tells them, once it answers."""
        end = clock.REAL.tick() + within
        while clock.REAL.tick() < end:
            if self.process.poll() is not None:
                said = self.log.read_text(errors="replace").strip().rpartition("\n")[2]
                sys.exit(f"baremetal: the simulated fleet did not start; {self.log} ends with:\n  {said}\n"
                         "Other addresses are given with --fleet-network, as in --fleet-network 127.78.0.0.")
            try:
                return control.ask(self.control, "list")
            except OSError:
                clock.REAL.sleep(0.1)
        sys.exit(f"baremetal: the simulated fleet did not answer within {within:g} s; see {self.log}")

    def stop(self) -> None:
        """End the fleet."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def main() -> None:
    """Run until told to stop."""
    asked = options()
    lock = folder.take(os.path.abspath(asked.data))
    conf = configure(asked)
    for where in (web.operators(conf), web.agents(conf)):
        check_port(where)
    url = address(conf)
    known = credentials.ensure(conf.state_path, url)
    database = engine.Database(conf)
    try:
        schema.upgrade(database)
    except errors.Fault as fault:
        sys.exit(f"baremetal: {fault.text}")
    files = demo_files(conf) if asked.fleet else None
    stop = starting.Stop()
    transport = wire.transport(conf)
    conductor = service.Conductor(conf, database, transport)
    fleet = Fleet(asked, lock, conf.deploy.http_url) if asked.fleet else None
    webs = (web.Web(conf, app.build(conf, database, transport)),
            web.Web(conf, Servers(conductor.files, app.build_agents(conf, database, transport)), web.agents(conf)))
    try:
        conductor.start()
        for server in webs:
            server.start()
        if fleet:
            auth = (known["username"], known["password"]) if conf.auth_strategy == "http_basic" else None
            enrol.enrol(enrol.Api(url, auth), fleet.login, fleet.servers(), files)
        greet(conf, known, files)
        stop.wait()
        print("\nStopping …", flush=True)
    finally:
        for server in webs:
            server.stop()
        conductor.stop()
        if fleet:
            fleet.stop()
        database.close()
    print("Stopped. The next start with the same --data goes on from here.", flush=True)


def life(files: demo.Files) -> list[str]:
    """Return the commands of a server's whole life, to be copied."""
    image = (f"--instance-info image_source={files.image.as_uri()} --instance-info image_os_hash_algo=sha256 "
             f"--instance-info image_os_hash_value={files.sha256}")
    words = ("manage --wait 60 server-1", "inspect --wait 120 server-1", "provide --wait 120 server-1",
             f"set server-1 {image}",
             """deploy --wait 120 --config-drive '{"meta_data": {"hostname": "web-1"}}' server-1""",
             "undeploy --wait 120 server-1")
    return [*(f"  .venv-clients/bin/baremetal node {word}" for word in words),
            "What the server itself shows, meanwhile and afterwards:", "  .venv/bin/baremetal-lab status"]


def greet(conf: cfg.ConfigOpts, known: dict[str, typing.Any], files: demo.Files | None) -> None:
    """Say where the service is, with which credentials, and what to type next."""
    lines = ["", f"baremetal is running at {known['url']}   (data: {conf.state_path})"]
    if conf.auth_strategy == "http_basic":
        shown = known["password"] if known["new"] else f"in {os.path.join(conf.state_path, 'credentials.json')}"
        lines += [f"  user      {known['username']}", f"  password  {shown}"]
        access = (f"export OS_AUTH_TYPE=http_basic OS_ENDPOINT={known['url']} OS_USERNAME={known['username']} "
                  + (f"OS_PASSWORD='{known['password']}'" if known["new"] else
                     f"OS_PASSWORD=$(sed -n 's/.*\"password\": \"\\(.*\\)\".*/\\1/p' "
                     f"{os.path.join(conf.state_path, 'credentials.json')})"))
    else:
        access = f"export OS_AUTH_TYPE=none OS_ENDPOINT={known['url']}"
    lines += ["", "Next, in another terminal:", f"  {access}"]
    lines += ["  .venv-clients/bin/baremetal node list"]
    lines += life(files) if files else ["  .venv-clients/bin/baremetal driver list"]
    lines += ["", "Ctrl-C stops it.", ""]
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    main()
