"""The UDP sockets of the client: one per address family for all BMCs, read by the running asyncio loop.

Reads the socket's error queue too, so that a host that has nothing on the port is known within seconds.
"""

import asyncio
import os
import socket
import struct
import typing

RECEIVE_BUFFER = 4 * 1024 * 1024
BATCH = 128
"""Packets read before the loop turns to its other work."""

#: family -> (level, switch for the error queue); the numbers are Linux's, Python does not name them
ERRORS = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
MSG_ERRQUEUE = 0x2000


class Port:
    """A socket that tells the owner what came, from whom; and whom the network cannot reach, why."""

    def __init__(self, family: socket.AddressFamily,
                 came: typing.Callable[[tuple[str, int], bytes], None],
                 failed: typing.Callable[[tuple[str, int], str], None]) -> None:
        self._came, self._failed = came, failed
        self._loop = asyncio.get_running_loop()
        self.socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        level, switch = ERRORS[family]
        self.socket.setsockopt(level, switch, 1)
        self._loop.add_reader(self.socket, self._read)

    def send(self, sockaddr: tuple[typing.Any, ...], packet: bytes) -> None:
        """Send a packet; whether it can be sent at all is told through ``failed``."""
        for _ in range(2):   # the first error may be another BMC's, waiting in the socket
            try:
                self.socket.sendto(packet, sockaddr)
                return
            except BlockingIOError:
                return   # the buffer is full: as good as lost on the way, it will be sent again
            except OSError as error:
                if not self._drain():
                    self._failed(sockaddr[:2], error.strerror or str(error))
                    return

    def close(self) -> None:
        """Close the socket."""
        self._loop.remove_reader(self.socket)
        self.socket.close()

    def _read(self) -> None:
        for _ in range(BATCH):
            try:
                packet, sockaddr = self.socket.recvfrom(4096)
            except BlockingIOError:
                break
            except OSError:
                self._drain()
                continue
            self._came(sockaddr[:2], packet)
        self._drain()

    def _drain(self) -> int:
        """Tell of all packets that the network gave back; return how many there were."""
        found = 0
        while True:
            try:
                _, extra, _, sockaddr = self.socket.recvmsg(0, 512, MSG_ERRQUEUE)
            except OSError:   # empty; there is nothing else that this call can mean here
                return found
            found += 1
            for _, _, cause in extra:
                number = struct.unpack_from("=I", cause)[0] if len(cause) >= 16 else 0
                self._failed(sockaddr[:2], os.strerror(number))
