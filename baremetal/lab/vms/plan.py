"""What a lab is to be: its machines, their names and addresses, and its network. Pure: starts nothing."""

import dataclasses
import ipaddress
import pathlib
import re
import secrets
import uuid

FAMILY = uuid.UUID("3d1c1c6e-8f1b-5b7e-9d52-6f0f6d6b1f77")
FIRMWARES = ("bios", "uefi")
FIRST_BMC = 101
"""Last number of the first BMC's address."""
MOST = 99
SIZES = {"M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
PORT = 623
ARCHITECTURE = "x86_64"


@dataclasses.dataclass(frozen=True)
class Machine:
    """One server to be."""

    firmware: str = "bios"
    """bios or uefi."""
    memory: int = 1536
    """MiB."""
    cpus: int = 2
    """Processors."""
    disks: tuple[int, ...] = (6 << 30,)
    """Bytes of each disk; the agent takes none below 4 GiB."""
    nics: int = 1
    """Network cards; the first one boots."""

    def __post_init__(self) -> None:
        if self.firmware not in FIRMWARES:
            raise ValueError(f"firmware is {self.firmware!r}; it must be one of {', '.join(FIRMWARES)}")
        if self.memory < 256:
            raise ValueError(f"memory is {self.memory}; it must be at least 256 (MiB)")
        if not 1 <= self.nics <= 8:
            raise ValueError(f"nics is {self.nics}; it must be from 1 to 8")
        if self.cpus < 1:
            raise ValueError(f"cpus is {self.cpus}; it must be at least 1")


@dataclasses.dataclass(frozen=True)
class Network:
    """Where the machines are connected, and how the house gets there."""

    namespace: str = "bmlab"
    """Network namespace with bridge and taps."""
    link: str = "bmlab0"
    """End of the lab's network in our own namespace."""
    address: str = "10.77.0.1/24"
    """Address of that end; BMCs are at .101 and on of the same network."""
    address6: str = "fd00:77::1/64"
    """The same for IPv6."""

    def __post_init__(self) -> None:
        for name in ("namespace", "link"):
            value = getattr(self, name)
            if not re.fullmatch(r"[a-z][a-z0-9_-]{0,13}", value):
                raise ValueError(f"{name} is {value!r}; it must be up to 14 lower-case letters, digits, - and _")
        if ipaddress.IPv4Interface(self.address).network.prefixlen > 24:
            raise ValueError(f"address is {self.address}; its network must be a /24 or larger")
        ipaddress.IPv6Interface(self.address6)

    @property
    def host(self) -> str:
        """The address that machines reach the house at."""
        return str(ipaddress.IPv4Interface(self.address).ip)

    def bmc(self, number: int) -> str:
        """Return the address of a BMC, with its network's length."""
        network = ipaddress.IPv4Interface(self.address).network
        return f"{network.network_address + FIRST_BMC + number}/{network.prefixlen}"


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a lab is to be."""

    machines: tuple[Machine, ...]
    """Its servers."""
    folder: pathlib.Path
    """Where disks, logs and the note of what was started are."""
    network: Network = dataclasses.field(default_factory=Network)
    """How they are connected."""
    user: str = "admin"
    """Name of the only user of each BMC."""
    password: str = dataclasses.field(default_factory=lambda: secrets.token_hex(8), repr=False)
    """Password of the user, at most 20 characters."""
    accelerate: str = "tcg"
    """tcg: emulation, or kvm; see accelerator.py."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.machines) <= MOST:
            raise ValueError(f"the number of machines is {len(self.machines)}; it must be from 1 to {MOST}")
        if self.accelerate not in ("kvm", "tcg"):
            raise ValueError(f"accelerate is {self.accelerate!r}; it must be kvm or tcg")

    def name(self, number: int) -> str:
        """Return the name of a server."""
        return f"vm-{number + 1}"

    def guid(self, number: int) -> uuid.UUID:
        """Return what firmware and BMC call a server."""
        return uuid.uuid5(FAMILY, f"{self.network.namespace}/{number}")

    def macs(self, number: int) -> list[str]:
        """Return the addresses of a server's network cards; they differ between labs."""
        lab = uuid.uuid5(FAMILY, self.network.namespace).bytes[0]
        return [f"52:54:77:{lab:02x}:{number + 1:02x}:{card:02x}" for card in range(self.machines[number].nics)]

    def taps(self, number: int) -> list[str]:
        """Return the names of a server's ends on the bridge."""
        return [f"tap{number + 1}.{card}" for card in range(self.machines[number].nics)]

    def ports(self) -> dict[str, str]:
        """Return for each tap which port of the switch it is."""
        taps = [tap for number in range(len(self.machines)) for tap in self.taps(number)]
        return {tap: f"Ethernet1/{place + 1}" for place, tap in enumerate(taps)}


def size(text: str) -> int:
    """Return bytes for text like 6G."""
    found = re.fullmatch(r"(\d+)([MGT])", text)
    if not found:
        raise ValueError(f"the size is {text!r}; it must be a number and M, G or T, as 6G")
    return int(found[1]) * SIZES[found[2]]


def machines(count: int, firmware: str = "bios", memory: str = "1536", disks: str = "6G", nics: str = "1"
             ) -> tuple[Machine, ...]:
    """Return ``count`` machines; each value may list several, by comma, that are dealt out in turn.

    Several disks of one machine are joined by +: ``6G,6G+20G`` gives every second machine another disk.
    """
    def turn(text: str, number: int) -> str:
        words = text.split(",")
        return words[number % len(words)]

    def whole(name: str, text: str) -> int:
        if not text.isdigit():
            raise ValueError(f"{name} is {text!r}; it must be a number")
        return int(text)

    return tuple(
        Machine(turn(firmware, number), whole("memory", turn(memory, number)),
                disks=tuple(size(one) for one in turn(disks, number).split("+")),
                nics=whole("nics", turn(nics, number)))
        for number in range(count))
