"""What a simulated computer consists of, and how long its agent takes: the numbers behind its behaviour."""

import dataclasses
import hashlib

GIB = 1024 ** 3
MIB = 1024 ** 2


@dataclasses.dataclass(frozen=True)
class Profile:
    """How an agent behaves and how long it takes, in seconds. The defaults are quick but not unreal."""

    start: float = 1.5
    """From the start of the kernel until the agent runs."""
    step: float = 0.5
    """What each step of cleaning, deploying and servicing takes."""
    forced: float = 5.0
    """Least time between a heartbeat and the next one, which the end of a command asks for."""
    off: float = 0.5
    """From the command to power off, or to reboot, until it happens."""
    waits: float = 1.0
    """Factor on all pauses between attempts: of lookup, inspection and heartbeats that failed."""
    lookup: float = 600.0
    """How long a lookup is tried."""
    attempts: int = 3
    """How often a download is tried; the real agent's default is 10."""
    pause: float = 1.0
    """Pause between attempts of a download; the real agent's default is 10."""
    silence: float = 60.0
    """How long a download waits for the next byte."""
    block_maps: bool = True
    """Whether its ramdisk has the hardware manager that writes images by block map."""
    tls: bool = True
    """Whether it makes a certificate and serves HTTPS, as real agents do unless told otherwise."""


@dataclasses.dataclass(frozen=True)
class Nic:
    """One network interface."""

    name: str
    """As Linux calls it."""
    mac: str
    """Its address."""
    pci: str
    """Its place on the PCI bus."""
    cabled: bool = True
    """Whether it has a carrier."""


@dataclasses.dataclass(frozen=True)
class Drive:
    """One disk as it was bought."""

    name: str
    """Device file in the ramdisk."""
    size: int
    """Bytes."""
    model: str
    """Model on the sticker."""
    serial: str
    """Serial number on the sticker."""
    rotational: bool = False
    """Whether something turns in it."""
    wwn: str = ""
    """World-wide name."""
    hctl: str = ""
    """SCSI host, channel, target and LUN."""


@dataclasses.dataclass(frozen=True)
class Hardware:
    """What is in the box."""

    nics: tuple[Nic, ...]
    """The first one is enrolled; the others an inspection finds."""
    drives: tuple[Drive, ...]
    """In the order in which Linux finds them."""
    cpus: int = 8
    """Threads of all processors."""
    memory_mb: int = 16384
    """Memory as the modules say."""
    arch: str = "x86_64"
    """Processor architecture."""


def macs(number: int) -> tuple[str, str]:
    """Return the addresses of a server's NICs: locally administered, and no other server's of the fleet."""
    tail = f"{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
    return f"52:54:77:{tail}", f"52:54:78:{tail}"


def hardware(number: int) -> Hardware:
    """Return what is in the box of a server."""
    nics = tuple(Nic(f"eno{place + 1}", mac, f"0000:0{place + 1}:00.0") for place, mac in enumerate(macs(number)))
    mark = hashlib.sha256(f"drive of server {number}".encode()).hexdigest()
    drives = (
        Drive("/dev/sda", 200 * GIB, "LABSSD 200", mark[:12].upper(), wwn="0x5" + mark[12:27], hctl="0:0:0:0"),
        Drive("/dev/sdb", 1000 * GIB, "LABDISK 1000", mark[27:39].upper(), rotational=True, wwn="0x5" + mark[39:54],
              hctl="1:0:0:0"))
    return Hardware(nics, drives)
