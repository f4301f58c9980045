"""What a lab's virtual machine does when nobody is waited for: the start of its ramdisk, and data written to its disk.

Kernel and ramdisk are given to QEMU, so neither firmware nor network loads them; the service does not run.
"""

import contextlib
import http.server
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from baremetal.images import blockmap
from baremetal.lab.vms import lab, programs, qemu
from tests import processes

#: seconds in which the agent asks, and in which data is written
START, WRITE = 180, 600
DHCP = ("port=0\ninterface={link}\nbind-interfaces\nno-ping\ndhcp-range={network}.20,{network}.60,255.255.255.0,1h\n"
        "dhcp-boot=nothing\n")
#: typed on the ramdisk's console
WRITING = ("A=$(busybox cut -d' ' -f1 /proc/uptime); busybox wget -q -O - {url} | "
           "busybox dd of=/dev/vda bs=1M iflag=fullblock conv=fsync; "
           "B=$(busybox cut -d' ' -f1 /proc/uptime); echo TOOK-$A-$B-END\n")
TOOK = re.compile(r"TOOK-([0-9.]+)-([0-9.]+)-END")


class _Door(http.server.BaseHTTPRequestHandler):
    """Answers the agent that nobody knows it, and gives the file of the server's ``content``."""

    def do_GET(self) -> None:
        """Note when the agent asked; send the file."""
        asked = self.path.startswith("/v1/lookup")
        if asked:
            self.server.asked.set()             # type: ignore[attr-defined]
        content: Path = self.server.content     # type: ignore[attr-defined]
        known = self.path == "/content"
        self.send_response(200 if known or not asked else 404)
        self.send_header("Content-Length", str(content.stat().st_size if known else 2))
        self.end_headers()
        if not known:
            self.wfile.write(b"{}")
            return
        self.wfile.flush()
        with content.open("rb") as file:
            self.connection.sendfile(file)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def measure(running: lab.Lab, booted: Path, image: Path, folder: Path) -> dict[str, Any]:
    """Start the first machine's ramdisk directly, then write the data of ``image`` to its disk; return the seconds."""
    content = folder / "content"
    data = extents(image, content)
    with _served(running, content) as server, _dhcp(running, folder), _started(running, booted, server) as console:
        begun = time.monotonic()
        if not server.asked.wait(START):
            raise RuntimeError(f"the agent did not ask who it is in {START} s:\n{console.text()[-2000:]}")
        started, since = time.monotonic() - begun, console.size()
        console.type(WRITING.format(url=f"http://{running.wanted.network.host}:{server.server_port}/content"))
        end = time.monotonic() + WRITE
        while not (told := TOOK.search(console.text(since))):
            if time.monotonic() > end:
                raise RuntimeError(f"writing did not end in {WRITE} s; see {console.log}")
            time.sleep(0.1)
    return {"start_s": round(started, 1), "write_s": round(float(told[2]) - float(told[1]), 1), "data": data}


def extents(image: Path, target: Path) -> int:
    """Copy only the data of a raw image to ``target``; return its bytes."""
    found = blockmap.make(image)
    with image.open("rb") as source, target.open("wb") as made:
        for offset, length, _digits in found.extents:
            source.seek(offset)
            made.write(source.read(length))
    return found.data


@contextlib.contextmanager
def _served(running: lab.Lab, content: Path) -> Iterator[Any]:
    server: Any = http.server.ThreadingHTTPServer((running.wanted.network.host, 0), _Door)
    server.asked, server.content = threading.Event(), content
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def _dhcp(running: lab.Lab, folder: Path) -> Iterator[None]:
    network, conf = running.wanted.network, folder / "dnsmasq.conf"
    conf.write_text(DHCP.format(link=network.link, network=network.host.rpartition(".")[0]))
    command = processes.Command([programs.path("dnsmasq"), "--keep-in-foreground", "--log-facility=-", "--user=root",
                                 f"--conf-file={conf}", f"--dhcp-leasefile={folder / 'leases'}"])
    with processes.spawned("dnsmasq", command, folder / "dnsmasq.log") as process:
        process.wait_for(lambda: "DHCP, IP range" in process.tail())
        yield


@contextlib.contextmanager
def _started(running: lab.Lab, booted: Path, server: Any) -> Iterator[Any]:
    """Start QEMU as the lab does, but with kernel and ramdisk, for the block."""
    place, ours, its = running.machines[0].place, *socket.socketpair()
    line = (f"{qemu.CONSOLE} lab-shell ipa-api-url=http://{running.wanted.network.host}:{server.server_port}")
    # a kernel that is given has the first place in the boot order
    usual = [re.sub(r",bootindex=\d+", "", word) for word in
             qemu.arguments(place, "disk", running.wanted.accelerate, its.fileno())]
    argv = [*usual, "-kernel", str(booted / "kernel"), "-initrd", str(booted / "ramdisk"),
            "-append", line]
    place.file("serial").unlink(missing_ok=True)
    with ours, its:
        child = subprocess.Popen([programs.path("ip"), "netns", "exec", running.wanted.network.namespace, *argv],
                                 cwd=running.wanted.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 pass_fds=(its.fileno(),), env=os.environ)
        try:
            yield running.machines[0].console
        finally:
            child.kill()
            child.wait()
