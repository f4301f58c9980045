"""Everything in one process on one machine: API and conductor, SQLite, an in-process bus.

Two ports: operators have the API on one, servers and their agents have theirs on the other, files included.

``--fleet N`` adds N simulated servers, each behind a real IPMI BMC on a loopback address; ``--vms N`` adds N virtual
machines that boot over a network of their own. Both run in processes of their own, as real servers would, and are
enrolled over the API.
"""

import argparse
import errno
import os
import pathlib
import socket
import sys
import typing

from oslo_config import cfg

from baremetal import errors
from baremetal.api import app
from baremetal.boot import shelf
from baremetal.cmd import commandline, credentials, folder, labs, starting, web
from baremetal.conductor import service
from baremetal.config import core
from baremetal.db import engine, schema
from baremetal.lab import demo, enrol
from baremetal.rpc import wire

#: why the API cannot listen: what to do about it
LISTEN = {
    errno.EADDRINUSE: "Another copy may be running, or another program: stop it, or give another port with --port.",
    errno.EACCES: "Ports below 1024 are for root: give another port with --port.",
    errno.EADDRNOTAVAIL: "That is no address of this machine: give one with --bind.",
    socket.EAI_NONAME: "No address is known by that name: give one with --bind.",
}


def configure(asked: argparse.Namespace) -> cfg.ConfigOpts:
    """Return the conf: the file's values, then the command line's."""
    overrides: dict[str, typing.Any] = {"state_path": os.path.abspath(asked.data)}
    for name, option in (("port", "api__port"), ("bind", "api__host_ip"), ("auth", "auth_strategy")):
        if getattr(asked, name) is not None:
            overrides[option] = getattr(asked, name)
    # the next port, unless the file has one
    defaults = {} if asked.port is None else {"api__agents_port": asked.port % 65535 + 1}
    if asked.vms:
        overrides |= labs.network_options()
    if asked.fleet:
        # simulated servers are on this machine
        overrides["agent__allowed_networks"] = [str(commandline.LOOPBACK)]
    overrides["log_file"] = os.path.join(overrides["state_path"], "baremetal.log")
    conf = starting.conf(asked.config_file, "baremetal", defaults=defaults, **overrides)
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


class Labs:
    """The labs that were asked for: simulated servers, virtual machines, both or none."""

    def __init__(self, asked: argparse.Namespace, conf: cfg.ConfigOpts, lock: int) -> None:
        self._conf, data = conf, pathlib.Path(asked.data).absolute()
        self._demo = demo.make(pathlib.Path(conf.state_path) / "lab") if asked.fleet else None
        self._running: list[labs.Process] = []
        if asked.vms:
            print("Starting virtual machines; what they boot is built first, once (some minutes) …", flush=True)
            self._running.append(labs.Process(labs.vms(asked, data), data, lock))
            # before anything else: the service listens on their network
            self._running[0].servers()
        if asked.fleet:
            self._running.append(labs.Process(labs.fleet(asked, conf.deploy.http_url), data, lock))

    @property
    def files(self) -> demo.Files | None:
        """What the first server is deployed with; None where there is no lab."""
        return self._demo or (self._running[0].built() if self._running else None)

    def allow(self) -> None:
        """Let the conductor read what the labs have made."""
        made = [self._files(lab) for lab in self._running]
        folders = {str(path.parent) for files in made for path in (files.kernel, files.image)}
        known = self._conf.conductor.file_url_allowed_paths
        self._conf.set_override("file_url_allowed_paths", [*known, *sorted(folders)], "conductor")

    def enrol(self, api: enrol.Api) -> list[str]:
        """Enrol all servers; return their names."""
        names = []
        for lab in self._running:
            servers = lab.servers()
            enrol.enrol(api, lab.login, servers, self._files(lab))
            names += [server["name"] for server in servers]
        return names

    def stop(self) -> None:
        """End all."""
        for lab in self._running:
            lab.stop()

    def _files(self, lab: labs.Process) -> demo.Files:
        return self._demo if lab.kind.name == "fleet" and self._demo else lab.built()


def main() -> None:
    """Run until told to stop."""
    asked = commandline.options(starting.parser(__doc__))
    lock = folder.take(os.path.abspath(asked.data))
    conf = configure(asked)
    check_port(web.operators(conf))
    url = address(conf)
    known = credentials.ensure(conf.state_path, url)
    database = engine.Database(conf)
    try:
        schema.upgrade(database)
    except errors.Fault as fault:
        sys.exit(f"baremetal: {fault.text}")
    stop = starting.Stop()
    running = Labs(asked, conf, lock)
    try:
        running.allow()
        check_port(web.agents(conf))
        serve(conf, database, running, stop, known)
    finally:
        running.stop()
        database.close()
    print("Stopped. The next start with the same --data goes on from here.", flush=True)


def serve(conf: cfg.ConfigOpts, database: engine.Database, running: Labs, stop: starting.Stop,
          known: dict[str, typing.Any]) -> None:
    """Run API and conductor until told to stop."""
    transport = wire.transport(conf)
    with starting.sentence("baremetal"):
        conductor = service.Conductor(conf, database, transport)
    webs = (web.Web(conf, app.build(conf, database, transport)),
            web.Web(conf, Servers(conductor.files, app.build_agents(conf, database, transport)), web.agents(conf)))
    try:
        conductor.start()
        for server in webs:
            server.start()
        auth = (known["username"], known["password"]) if conf.auth_strategy == "http_basic" else None
        names = running.enrol(enrol.Api(address(conf), auth))
        greet(conf, known, names, running.files)
        stop.wait()
        print("\nStopping …", flush=True)
    finally:
        for server in webs:
            server.stop()
        conductor.stop()


def life(files: demo.Files, name: str) -> list[str]:
    """Return the commands of a server's whole life, to be copied."""
    image = (f"--instance-info image_source={files.image.as_uri()} --instance-info image_os_hash_algo=sha256 "
             f"--instance-info image_os_hash_value={files.sha256}")
    words = (f"manage --wait 120 {name}", f"inspect --wait 600 {name}", f"provide --wait 600 {name}",
             f"set {name} {image}",
             f"""deploy --wait 600 --config-drive '{{"meta_data": {{"hostname": "web-1"}}}}' {name}""",
             f"undeploy --wait 600 {name}")
    return [*(f"  .venv-clients/bin/baremetal node {word}" for word in words),
            "What the server itself shows, meanwhile and afterwards:", "  .venv/bin/baremetal-lab status"]


def greet(conf: cfg.ConfigOpts, known: dict[str, typing.Any], names: list[str], files: demo.Files | None) -> None:
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
    if names:
        lines += [f"  .venv/bin/baremetal-watch {names[0]}    # live, in a third terminal with the same export"]
    lines += life(files, names[0]) if files else ["  .venv-clients/bin/baremetal driver list"]
    lines += ["", "Ctrl-C stops it.", ""]
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    main()
