"""The service in one process with servers enrolled; beside it a web server for images with bad habits."""

import dataclasses
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from baremetal.lab import demo
from tests import processes
from tests.deploy_faults import place
from tests.unit.images import web

SIZE = 48

CONF = """
[api]
port = {port}
agents_port = {agents}
ramdisk_heartbeat_timeout = 6

[conductor]
deploy_callback_timeout = {patience}
clean_callback_timeout = {patience}
inspect_wait_timeout = {patience}
rescue_callback_timeout = {patience}
service_callback_timeout = {patience}
takeover_interval = 0.5
heartbeat_interval = 1
file_url_allowed_paths = {allowed}
sync_power_state_interval = 0
power_state_change_timeout = 20

[ipmi]
command_retry_timeout = 8
breaker_rest = 1

[images]
allowed_networks = 127.0.0.1/32
stall_timeout = 8
stall_bytes = 4096
attempts = 2

[agent]
command_timeout = 10
deploy_logs_collect = always
"""
#: seconds that are waited for an agent
WAITING = 40


@dataclasses.dataclass(frozen=True)
class Ward:
    """What the tests of this part work on."""

    place: place.Place
    site: web.Site
    """A web server with images."""
    slow: web.Site
    """One that sends too slowly."""
    agents: str
    """URL of the agents' listener."""
    data: Path
    allowed: Path
    """Folder of images that may be read."""
    process: processes.Process
    bystander: str
    """A server that nobody does anything with, so that nothing is awaited of it."""
    tokens: set[str]
    """All agents' tokens that were seen in the database."""


@pytest.fixture(scope="session")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """Service and servers, all of them manageable."""
    folder = tmp_path_factory.mktemp("ward")
    files = demo.make(folder / "files")
    api, agents = processes.free_port(), processes.free_port()
    (folder / "conf").write_text(CONF.format(port=api, agents=agents, patience=WAITING, allowed=folder / "files"))
    command = processes.Command([sys.executable, "-m", "baremetal.cmd.single", "--config-file", str(folder / "conf"),
                                 "--auth", "noauth", "--data", str(folder / "data")],
                                logs=[folder / "data" / "baremetal.log"])
    url = f"http://127.0.0.1:{agents}"
    with (place.servers(SIZE, processes.free_network(), url) as lab, web.serve() as site, web.serve() as slow,
          processes.spawned("ward", command, folder / "log") as process):
        site.files["/demo.raw"] = slow.files["/demo.raw"] = files.image.read_bytes()
        slow.piece, slow.pause = 64, 0.2
        process.wait_for(lambda: "Ctrl-C" in (folder / "log").read_text(), within=place.PATIENCE)
        made = place.Place(f"http://127.0.0.1:{api}", lab, files, [folder / "data"])
        made.enrol()
        ward = Ward(made, site, slow, url, folder / "data", folder / "files", process, made.server(), set())
        over = threading.Event()
        watcher = threading.Thread(target=_watch, args=(ward, over))
        watcher.start()
        yield ward
        over.set()
        watcher.join()


def _watch(ward: Ward, over: threading.Event) -> None:
    """Collect the tokens of agents while they are known."""
    while not over.is_set():
        ward.tokens.update(place.tokens(ward.data / "baremetal.sqlite"))
        time.sleep(0.3)


def readable(folder: Path) -> Iterator[tuple[Path, str]]:
    """Give all logs under a folder, those of agents unpacked."""
    for path in folder.rglob("*"):
        if path.name.endswith(".tar.gz"):
            with tarfile.open(path) as packed:
                for member in packed:
                    content = packed.extractfile(member)
                    yield path, content.read().decode("utf-8", "replace") if content else ""
        elif path.is_file() and (path.suffix == ".log" or "logs" in path.parts):
            yield path, path.read_bytes().decode("utf-8", "replace")
