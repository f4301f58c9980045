"""Network interfaces of this machine: the address of one. Asks the kernel, changes nothing."""

import fcntl
import ipaddress
import socket
import struct

_ADDRESS, _MASK = 0x8915, 0x891B    # SIOCGIFADDR, SIOCGIFNETMASK


def address(name: str) -> ipaddress.IPv4Interface | None:
    """Return the IPv4 address of an interface with its network; None where it has none. OSError: there is no such."""
    socket.if_nametoindex(name)
    request = struct.pack("256s", name.encode()[:15])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            found = [socket.inet_ntoa(fcntl.ioctl(asking, code, request)[20:24]) for code in (_ADDRESS, _MASK)]
        except OSError:
            return None
    return ipaddress.IPv4Interface("/".join(found))
