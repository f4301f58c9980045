"""A conductor whose disks are full: said with the folder and its room, nothing half done stays, and it goes on after.

The folders are small file systems in memory, which only root may make.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from baremetal.lab import demo
from tests import processes
from tests.deploy_faults import place

CONF = """
[api]
port = {port}
agents_port = {agents}

[conductor]
file_url_allowed_paths = {folder}/files
sync_power_state_interval = 0

[pxe]
images_path = {folder}/images

[deploy]
http_root = {folder}/boot
"""
#: file systems: their size
SIZES = {"images": "8m", "boot": "128k"}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[place.Place]:
    """A service with small disks, and a server."""
    made = []
    try:
        for name, size in SIZES.items():
            (tmp_path / name).mkdir()
            if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", tmp_path / name],
                                              check=False).returncode:
                pytest.skip("only root may mount small file systems")
            made.append(tmp_path / name)
        yield from _run(tmp_path)
    finally:
        for path in made:
            subprocess.run(["umount", "-l", path], check=True)


def _run(folder: Path) -> Iterator[place.Place]:
    files = demo.make(folder / "files")
    api, agents = processes.free_port(), processes.free_port()
    (folder / "conf").write_text(CONF.format(port=api, agents=agents, folder=folder))
    command = processes.Command([sys.executable, "-m", "baremetal.cmd.single", "--config-file", str(folder / "conf"),
                                 "--auth", "noauth", "--data", str(folder / "data")],
                                logs=[folder / "data" / "baremetal.log"])
    with (place.servers(1, processes.free_network(), f"http://127.0.0.1:{agents}") as lab,
          processes.spawned("small", command, folder / "log") as process):
        process.wait_for(lambda: "Ctrl-C" in (folder / "log").read_text(), within=place.PATIENCE)
        made = place.Place(f"http://127.0.0.1:{api}", lab, files, [folder / "data", folder])
        made.enrol()
        yield made


def test_full_disks(small: place.Place) -> None:
    name, folder = small.server(), small.kept[1]
    small.do(name, "provide", "available")
    large = folder / "files" / "large.raw"
    large.write_bytes(demo.noise("large", 24 << 20))
    small.info(name, {"image_source": large.as_uri(), "image_os_hash_algo": "sha256", "image_os_hash_value": "3" * 64})
    small.begin(name, "active")
    failed = small.until(name, "deploy failed")
    for word in ("large.raw", str(folder / "images"), "needs", "free"):
        assert word in failed["last_error"], failed["last_error"]
    assert failed["power_state"] == "power off" and small.left(name) == [] and not small.rest()

    small.info(name, small.image)
    filler = folder / "boot" / "filler"
    filler.write_bytes(b"x" * _free(folder / "boot"))
    small.begin(name, "active")
    failed = small.until(name, "deploy failed")
    for word in (str(folder / "boot"), "No space left", "try again"):
        assert word in failed["last_error"], failed["last_error"]
    filler.unlink()
    assert small.left(name) == [] and not small.rest()
    assert small.do(name, "active", "active")["last_error"] is None
    assert small.left(name) == []


def _free(path: Path) -> int:
    told = os.statvfs(path)
    return told.f_bavail * told.f_frsize
