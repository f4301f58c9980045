"""What can be wrong with a simulated computer and its agent: a table of faults that can be switched on and off.

A fault is a row here and nothing elsewhere: firmware and agent ask all that are on at each of the hooks of ``Fault``.
What is wrong with the BMC stands in ``lab/faults.py``.
"""

import typing

from baremetal.lab import faults
from baremetal.lab.agent import failures

KIB = 1024
GIB = 1024 ** 3


class Fault:
    """One thing that can be wrong. A hook that is not overridden changes nothing."""

    name = ""
    says = ""
    default: float | str = 1.0
    values: tuple[str, ...] = ()

    def __init__(self, value: float | str) -> None:
        self.value = value
        self.spent = False
        """Whether it happened and is over."""

    def device(self, device: str) -> str:
        """Return what the firmware takes for the boot device."""
        return device

    def connected(self) -> bool:
        """Return whether the network gives an address."""
        return True

    def calls(self, what: str) -> bool:
        """Return whether the agent makes a call: inspection, lookup or heartbeat."""
        return True

    def addresses(self, macs: list[str]) -> list[str]:
        """Return the addresses that the agent finds on its NICs."""
        return macs

    def token(self, token: str) -> str:
        """Return what is sent as the token."""
        return token

    def report(self, report: dict[str, typing.Any]) -> None:
        """Change the report of an inspection."""

    def size(self, size: int) -> int:
        """Return the size that a disk turns out to have."""
        return size

    def pause(self, received: int) -> float:
        """Return how long the next bytes of an image take after so many."""
        return 0.0

    def answer(self, body: bytes) -> bytes | None:
        """Return what the agent's API answers; None: nothing, ever."""
        return body

    def command(self, name: str) -> None:
        """Raise the Failure that a command or a step ends with."""

    def ends(self, name: str) -> bool:
        """Return whether a command or a step ever ends."""
        return True

    def restarts(self) -> str:
        """Return what restarts in the middle of a command: "agent", "server" or nothing."""
        return ""

    def version(self, version: str) -> str:
        """Return the version of the hardware manager."""
        return version

    def block_maps(self) -> bool:
        """Return whether the ramdisk may have the hardware manager for block maps."""
        return True


class Silent(Fault):
    """Kernel and ramdisk are there, and nothing is heard of them."""

    name, says = "silent", "the agent boots and never calls: no report, no lookup, no heartbeat"

    def calls(self, what: str) -> bool:
        """Never."""
        return False


class NoHeartbeat(Fault):
    """Dies after it was found."""

    name, says = "no-heartbeat", "the agent looks up its node and is never heard of again"

    def calls(self, what: str) -> bool:
        """All but heartbeats."""
        return what != "heartbeat"


class NoReport(Fault):
    """Its inspection never arrives."""

    name, says = "no-report", "the report of an inspection is never sent"

    def calls(self, what: str) -> bool:
        """All but reports."""
        return what != "inspection"


class NoNetwork(Fault):
    """A cable that was pulled."""

    name, says = "no-network", "nothing can be booted over the network"

    def connected(self) -> bool:
        """Never."""
        return False


class IgnoresBoot(Fault):
    """Firmware that knows better."""

    name, says, default = "ignores-boot", "it boots from VALUE (disk, pxe), whatever the boot device says", "disk"
    values = ("disk", "pxe")

    def device(self, device: str) -> str:
        """Return the value."""
        return str(self.value)


class OtherMac(Fault):
    """Looks like another server."""

    name, says, default = "other-mac", "the agent says that its address is VALUE", "52:54:77:ff:ff:ff"

    def addresses(self, macs: list[str]) -> list[str]:
        """Return the value alone."""
        return [str(self.value)]


class OtherToken(Fault):
    """Pretends to be somebody."""

    name, says = "other-token", "heartbeats carry a wrong token"

    def token(self, token: str) -> str:
        """Return it the wrong way round."""
        return token[::-1]


class Architecture(Fault):
    """Not what was bought."""

    name, says, default = "architecture", "an inspection finds the processor architecture VALUE", "aarch64"

    def report(self, report: dict[str, typing.Any]) -> None:
        """Change the processor."""
        report["inventory"]["cpu"]["architecture"] = str(self.value)


class ReportsError(Fault):
    """Finds something that it cannot look at."""

    name, says, default = "reports-error", "the report of an inspection ends with the error VALUE", "disk is on fire"

    def report(self, report: dict[str, typing.Any]) -> None:
        """Add the error."""
        report["error"] = str(self.value)


class SmallDisk(Fault):
    """Not what was bought either."""

    name, says, default = "small-disk", "all disks have VALUE GiB (0.01 is enough for an error)", 5.0

    def size(self, size: int) -> int:
        """Return the value in bytes."""
        return int(float(self.value) * GIB)


class SlowImage(Fault):
    """A bad line."""

    name, says, default = "slow-image", "images arrive with VALUE KiB per second", 256.0

    def pause(self, received: int) -> float:
        """Return the time that the bytes take."""
        return received / KIB / float(self.value)


class Deaf(Fault):
    """Calls and cannot be called."""

    name, says = "deaf", "the agent heartbeats, but its own API never answers"

    def answer(self, body: bytes) -> bytes | None:
        """Nothing."""
        return None


class Garbled(Fault):
    """Speaks another language."""

    name, says = "garbled", "the agent's own API answers what is no JSON"

    def answer(self, body: bytes) -> bytes | None:
        """Half of it."""
        return b"<html>" + body[:len(body) // 2]


class Fails(Fault):
    """Cannot do a thing."""

    name, says, default = "fails", "the command or step VALUE of the agent fails", "write_image"

    def command(self, name: str) -> None:
        """Raise for the value's command."""
        if name == self.value:
            raise failures.Failure("CommandExecutionError", f"{name} was made to fail in the lab")


class NeverEnds(Fault):
    """Hangs."""

    name, says, default = "never-ends", "the command or step VALUE of the agent runs for ever", "write_image"

    def ends(self, name: str) -> bool:
        """All but the value."""
        return name != self.value


class Restarts(Fault):
    """Dies in the middle of its work, once."""

    name, says, default = "restarts", "the next time a command runs, VALUE (agent, server) restarts meanwhile", "agent"
    values = ("agent", "server")

    def restarts(self) -> str:
        """Return the value, once."""
        self.spent = True
        return str(self.value)


class OtherVersion(Fault):
    """Was built anew between two boots."""

    name, says = "other-version", "the version of the hardware manager grows each time it is asked for"

    def __init__(self, value: float | str) -> None:
        super().__init__(value)
        self._asked = 0

    def version(self, version: str) -> str:
        """Return another one."""
        self._asked += 1
        return f"{version}.{self._asked}"


class Stock(Fault):
    """Somebody else's ramdisk."""

    name, says = "stock", "the ramdisk has only what the real agent comes with: images are written without block maps"

    def block_maps(self) -> bool:
        """Never."""
        return False


TABLE: dict[str, type[Fault]] = {kind.name: kind for kind in (
    Silent, NoHeartbeat, NoReport, NoNetwork, IgnoresBoot, OtherMac, OtherToken, Architecture, ReportsError, SmallDisk,
    SlowImage, Deaf, Garbled, Fails, NeverEnds, Restarts, OtherVersion,
    Stock)}


class Troubles(faults.Faults):
    """Those of one computer that are on; one that is spent goes off by itself."""

    table = TABLE

    def __iter__(self) -> typing.Iterator[typing.Any]:
        for fault in tuple(self._on.values()):
            yield fault
            if fault.spent:
                self._on.pop(fault.name, None)
