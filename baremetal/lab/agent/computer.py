"""What stands behind a simulated server's power button: firmware that boots from the network or from a disk.

Listens to its machine. All that runs on it is one task, which ends when the power goes or the machine is reset.
"""

import asyncio
import collections
import ipaddress
import typing
import urllib.parse

import aiohttp

from baremetal import clock
from baremetal.lab import machine
from baremetal.lab.agent import disks, ipxe, process, profile, troubles

SCRIPT = "/boot/boot.ipxe"
STORY = 200
NO_MEDIUM = frozenset({"cdrom", "floppy"})
SETUP = frozenset({"bios", "diagnostic"})
FETCH = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)
RESTART = 1.0
LARGEST_SCRIPT = 256 * 1024


class Computer:
    """One computer. ``address`` and ``port`` are where its agent listens."""

    def __init__(self, owned: machine.Machine, hardware: profile.Hardware, manner: profile.Profile,
                 boot_url: str = "") -> None:
        self.machine, self.hardware, self.profile, self.boot_url = owned, hardware, manner, boot_url.rstrip("/")
        self.address, self.port = "127.0.0.1", 9999
        self.faults = troubles.Troubles()
        self.disks = [disks.Disk(drive) for drive in hardware.drives]
        self.story: collections.deque[str] = collections.deque(maxlen=STORY)
        self.rescue: dict[str, typing.Any] | None = None
        self.fetched: dict[str, int] = {}
        self._life: asyncio.Task[None] | None = None
        self._timers: list[typing.Any] = []
        owned.listen(self._happened)
        owned.system = {"what": "nothing"}

    # --- what parts of it use ---

    def tell(self, text: str) -> None:
        """Write something into the story, which its logs are made of."""
        self.story.append(f"{clock.REAL.now().isoformat(timespec='milliseconds')} {text}")

    def show(self, what: str, **facts: typing.Any) -> None:
        """Say what runs on it, for onlookers."""
        self.machine.system = {"what": what, **facts}
        self.tell(f"system: {what}")

    def size(self, disk: disks.Disk) -> int:
        """Return the size that a disk turns out to have."""
        size = disk.drive.size
        for fault in self.faults:
            size = fault.size(size)
        return size

    def describe_system(self) -> dict[str, str]:
        """Return name, serial and boot mode."""
        identity, booted = self.machine.identity, self.machine.booted
        return {"name": identity.name, "serial": identity.serial, "mode": booted.mode if booted else "bios"}

    def later(self, seconds: float, then: typing.Callable[[], object]) -> None:
        """Do something after a while, unless the power goes before."""
        self._timers.append(asyncio.get_running_loop().call_later(seconds, then))

    def describe(self) -> dict[str, typing.Any]:
        """Return what onlookers see of it."""
        return {"macs": [nic.mac for nic in self.hardware.nics], "agent_faults": self.faults.describe(),
                "rescue": self.rescue, "fetched": dict(self.fetched), "story": list(self.story)[-20:],
                "disks": [{"name": disk.drive.name, "erased": disk.erased,
                           "written": disk.written and disk.written.boots()} for disk in self.disks]}

    async def end(self) -> None:
        """Take everything away; for the end of the fleet."""
        life = self._stop()
        if life is not None:
            await asyncio.wait([life])

    # --- boots ---

    def _happened(self, changed: machine.Machine, event: str) -> None:
        if event in ("off", "reset", "boot"):
            self._stop()
            changed.system = {"what": "nothing" if event == "off" else "firmware"}
        if event == "running" and changed.booted is not None:
            before, self._life = self._life, None
            self._life = asyncio.get_running_loop().create_task(self._run(changed.booted.device, before))

    def _stop(self) -> asyncio.Task[None] | None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if self._life is not None:
            self._life.cancel()
        return self._life

    async def _run(self, device: str, before: asyncio.Task[None] | None) -> None:
        """Boot from a device and run what is there."""
        if before is not None and not before.done():
            await asyncio.wait([before])
        for fault in self.faults:
            device = fault.device(device)
        self.tell(f"boots from {device}")
        if device in SETUP:
            self.show("firmware setup")
        elif device in NO_MEDIUM:
            self.show("no system", why=f"there is nothing in the {device}")
        elif device != "pxe" or not await self._network():
            self._disk()

    def _disk(self) -> None:
        """Run what was written to a disk."""
        written = next((disk.written for disk in self.disks if disk.written), None)
        if written is None:
            self.show("no system", why="nothing is written on the disks")
        else:
            self.show(**written.boots())

    async def _network(self) -> bool:
        """Boot over the network; False: the next boot device's turn."""
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(**self._connector())) as session:
            loader = Loader(self, session)
            try:
                if not self.boot_url or not all(fault.connected() for fault in self.faults):
                    raise ipxe.Failed("no address and no boot server over the network")
                boot = ipxe.Interpreter(loader, self._variables())
                outcome = await boot.run(self.boot_url + SCRIPT)
            except ipxe.Failed as failed:
                self.tell(f"network boot failed: {failed}")
                return False
            self.tell(f"iPXE ends with: {outcome.kind}")
            if outcome.kind != "boot":
                return self._special(outcome.kind)
            await self._kernel(outcome, session)
            return True

    def _special(self, kind: str) -> bool:
        if kind == "poweroff":
            self.later(0, self.machine.switch_off)
        elif kind == "reboot":
            self.later(RESTART, self.machine.reset)
        return kind in ("poweroff", "reboot")

    async def _kernel(self, outcome: ipxe.Outcome, session: aiohttp.ClientSession) -> None:
        """Run a kernel that came over the network; the agent lives in ramdisks that are told where the service is."""
        parameters = ipxe.parameters(outcome.parameters)
        self.show("ramdisk", kernel=outcome.kernel, parameters=outcome.parameters)
        if "ipa-api-url" not in parameters and "ipa-inspection-callback-url" not in parameters:
            return
        await asyncio.sleep(self.profile.start)
        while True:
            ended = await process.Agent(self, parameters, session).run()
            if ended != "restart":
                break
            await asyncio.sleep(RESTART)
        self.show(ended)

    def _variables(self) -> dict[str, str]:
        booted, mac = self.machine.booted, self.hardware.nics[0].mac
        uefi = booted is not None and booted.mode == "uefi"
        server = urllib.parse.urlsplit(self.boot_url)
        return {"mac": mac, "net0/mac": mac, "netX/mac": mac, "ip": self.address, "net0/ip": self.address,
                "netX/ip": self.address, "uuid": str(self.machine.identity.guid), "next-server": server.hostname or "",
                "serial": self.machine.identity.serial, "platform": "efi" if uefi else "pcbios", "net0/dhcp-server":
                server.hostname or "", "buildarch": self.hardware.arch if uefi else "i386", "version": "1.21.1"}

    def _connector(self) -> dict[str, typing.Any]:
        """Return how it connects: from its own address, where the boot server is on loopback as well."""
        host = urllib.parse.urlsplit(self.boot_url).hostname or ""
        try:
            near = ipaddress.ip_address(host) in ipaddress.ip_network("127.0.0.0/8")
        except ValueError:
            near = False
        return {"limit": 0, "ssl": False, **({"local_addr": (self.address, 0)} if near else {})}


class Loader:
    """How firmware fetches what a script names."""

    def __init__(self, owner: Computer, session: aiohttp.ClientSession) -> None:
        self._owner, self._session = owner, session

    async def text(self, url: str) -> bytes:
        """Return a script."""
        content = b"".join([chunk async for chunk in self._get(url)])
        if len(content) > LARGEST_SCRIPT:
            raise ipxe.Failed(f"{url} is too large for a script")
        return content

    async def file(self, url: str) -> int:
        """Fetch a file whole and throw it away."""
        return sum([len(chunk) async for chunk in self._get(url)])

    async def _get(self, url: str) -> typing.AsyncIterator[bytes]:
        received = 0
        try:
            async with self._session.get(url, timeout=FETCH, headers={"User-Agent": "iPXE/1.21.1"}) as answer:
                if answer.status != 200:
                    raise ipxe.Failed(f"{url}: HTTP status {answer.status}")
                async for chunk in answer.content.iter_chunked(64 * 1024):
                    received += len(chunk)
                    yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ipxe.Failed(f"{url}: {type(error).__name__} {error}") from error
        self._owner.fetched[urllib.parse.urlsplit(url).path.rpartition("/")[2]] = received
        self._owner.tell(f"fetched {url}, {received} bytes")
