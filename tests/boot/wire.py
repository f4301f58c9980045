"""A network with one cable: our end has an address, the other end is a server's card in a namespace of its own.

Everything is named after this process and removed at the end.
"""

import contextlib
import ctypes
import os
import random
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

OURS = "10.99.0.1"
RANGE = "10.99.0.50,10.99.0.200"
CLONE_NEWNET = 0x40000000
BROADCAST = b"\xff" * 6
COOKIE = b"\x63\x82\x53\x63"
#: DHCP message types
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
#: DHCP options
NAME = {1: "mask", 3: "router", 6: "dns", 51: "lease", 53: "type", 54: "server", 60: "class", 66: "tftp", 67: "file"}


class Wire:
    """The cable."""

    def __init__(self, name: str) -> None:
        self.ours, self.theirs, self.namespace = f"{name}a", f"{name}b", f"{name}ns"

    def inside(self, make: Callable[[], Any]) -> Any:
        """Return what ``make`` returns when it is called in the server's namespace; sockets stay there."""
        made: list[Any] = []

        def work() -> None:
            libc = ctypes.CDLL(None, use_errno=True)
            with open(f"/run/netns/{self.namespace}", "rb") as place:
                assert libc.setns(place.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            made.append(make())

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return made[0]

    def run(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        """Run a program as the server."""
        return subprocess.run(["ip", "netns", "exec", self.namespace, *command], capture_output=True, check=False,
                              timeout=120)

    def address(self, address: str) -> None:
        """Give the server's card an address."""
        ip("-n", self.namespace, "addr", "flush", "dev", self.theirs)
        ip("-n", self.namespace, "addr", "add", f"{address}/24", "dev", self.theirs)


def ip(*words: str) -> None:
    """Run ip(8)."""
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextlib.contextmanager
def laid() -> Iterator[Wire]:
    """A wire for the length of a block; skips the test where none can be laid."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces are for root")
    wire = Wire(f"bmt{os.getpid() % 100000}")
    try:
        ip("netns", "add", wire.namespace)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespaces here: {error}")
    try:
        ip("link", "add", wire.ours, "type", "veth", "peer", "name", wire.theirs, "netns", wire.namespace)
        ip("addr", "add", f"{OURS}/24", "dev", wire.ours)
        ip("link", "set", wire.ours, "up")
        ip("-n", wire.namespace, "link", "set", "lo", "up")
        ip("-n", wire.namespace, "link", "set", wire.theirs, "up")
        yield wire
    finally:
        subprocess.run(["ip", "link", "del", wire.ours], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "del", wire.namespace], check=False, capture_output=True)


class Card:
    """A server's network card with a MAC of its own, as firmware uses it: DHCP by raw frames."""

    def __init__(self, wire: Wire, mac: str, arch: int, *, ipxe: bool = False) -> None:
        self.mac, self._raw = mac, bytes.fromhex(mac.replace(":", ""))
        self._options = struct.pack("!BBH", 93, 2, arch) + bytes([55, 6, 1, 3, 6, 60, 66, 67])
        # option 60 as firmware sends it; HTTP clients name themselves so
        kind = f"{'HTTP' if arch in (16, 19) else 'PXE'}Client:Arch:{arch:05}:UNDI:003016".encode()
        self._options += bytes([60, len(kind)]) + kind
        if ipxe:
            self._options += bytes([175, 3, 0xb1, 1, 1])

        def make() -> socket.socket:
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
            made.bind((wire.theirs, 0x0800))
            return made

        self._socket = wire.inside(make)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def boot(self, within: float = 3.0) -> dict[str, Any] | None:
        """Return what DHCP acknowledges: address, file and options; None when nobody answers."""
        number = random.getrandbits(32)
        offer = self._ask(number, bytes([53, 1, DISCOVER]), OFFER, within)
        if offer is None:
            return None
        chosen = bytes([50, 4]) + socket.inet_aton(offer["address"]) + bytes([54, 4]) + offer["server"]
        return self._ask(number, bytes([53, 1, REQUEST]) + chosen, ACK, within)

    def _ask(self, number: int, options: bytes, wanted: int, within: float) -> dict[str, Any] | None:
        self._socket.send(self._frame(number, options))
        end = time.monotonic() + within
        while (left := end - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                frame = self._socket.recv(4096)
            except TimeoutError:
                return None
            found = _answer(frame, number)
            if found is not None and found["type"] == bytes([wanted]):
                return found
        return None

    def _frame(self, number: int, options: bytes) -> bytes:
        body = struct.pack("!BBBBIHH4s4s4s4s16s64s128s", 1, 1, 6, 0, number, 0, 0x8000, b"", b"", b"", b"", self._raw,
                           b"", b"") + COOKIE + options + self._options + b"\xff"
        udp = struct.pack("!HHHH", 68, 67, 8 + len(body), 0) + body
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\0" * 4, BROADCAST[:4])
        total = sum(struct.unpack("!10H", head))
        total = (total & 0xFFFF) + (total >> 16)
        head = head[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + head[12:]
        return BROADCAST + self._raw + b"\x08\x00" + head + udp


def _answer(frame: bytes, number: int) -> dict[str, Any] | None:
    """What a frame says, if it answers request ``number``."""
    body = frame[14 + (frame[14] & 15) * 4 + 8:]
    if len(body) < 240 or body[0] != 2 or struct.unpack("!I", body[4:8])[0] != number or body[236:240] != COOKIE:
        return None
    found: dict[str, Any] = {"address": socket.inet_ntoa(body[16:20]), "next": socket.inet_ntoa(body[20:24]),
                             "boot": body[108:236].rstrip(b"\0").decode()}
    place = 240
    while place < len(body) and body[place] != 255:
        size = body[place + 1]
        found[NAME.get(body[place], str(body[place]))] = body[place + 2:place + 2 + size]
        place += 2 + size
    found["boot"] = found["boot"] or found.get("file", b"").rstrip(b"\0").decode()
    return found
