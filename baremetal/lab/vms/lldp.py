"""The switch that the machines hang on, as far as it speaks: LLDP on every tap, once a second.

An agent that inspects waits for it, 30 seconds and more than once where nobody speaks.
"""

import asyncio
import logging
import socket
import struct

from baremetal.lab.vms import netns, plan

LOG = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two frames on a port."""
TO = bytes.fromhex("0180c200000e")
KIND = b"\x88\xcc"
CHASSIS = bytes.fromhex("020000007701")
NAME, ABOUT, VLAN, TTL = "lab-switch", "virtual lab switch", 100, 120
#: numbers of the parts of a frame (IEEE 802.1AB section 8)
END, CHASSIS_ID, PORT_ID, TIME_TO_LIVE, PORT_ABOUT, SYSTEM_NAME, SYSTEM_ABOUT, OWN = 0, 1, 2, 3, 4, 5, 6, 127
BY_MAC, BY_INTERFACE = b"\x04", b"\x05"
PORT_VLAN = b"\x00\x80\xc2\x01"


def frame(port: str) -> bytes:
    """Return what the switch says on a port."""
    parts = ((CHASSIS_ID, BY_MAC + CHASSIS), (PORT_ID, BY_INTERFACE + port.encode()),
             (TIME_TO_LIVE, struct.pack("!H", TTL)), (PORT_ABOUT, f"port {port}".encode()),
             (SYSTEM_NAME, NAME.encode()), (SYSTEM_ABOUT, ABOUT.encode()),
             (OWN, PORT_VLAN + struct.pack("!H", VLAN)), (END, b""))
    return TO + CHASSIS + KIND + b"".join(struct.pack("!H", kind << 9 | len(value)) + value for kind, value in parts)


class Speaker:
    """Speaks on all ports of a lab from ``start`` to ``stop``, in the loop it was started in."""

    def __init__(self, wanted: plan.Plan) -> None:
        self._plan = wanted
        self._ports: list[tuple[socket.socket, bytes]] = []
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Speak from now on."""
        self._ports = netns.inside(self._plan.network.namespace, self._open)
        self._speak()

    def stop(self) -> None:
        """Be silent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for opened, _ in self._ports:
            opened.close()
        self._ports = []

    def _open(self) -> list[tuple[socket.socket, bytes]]:
        found = []
        for tap, port in self._plan.ports().items():
            opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK)
            opened.bind((tap, 0))
            found.append((opened, frame(port)))
        return found

    def _speak(self) -> None:
        for opened, said in self._ports:
            try:
                opened.send(said)
            except OSError as error:    # the machine is off: its tap carries nothing
                LOG.debug("LLDP was not sent: %s", error)
        self._timer = asyncio.get_running_loop().call_later(EVERY, self._speak)
