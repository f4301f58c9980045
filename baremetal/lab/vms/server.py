"""One machine of the lab and its BMC: power, boot device and buttons are those of a QEMU process.

What a machine is and tells happens in the loop's thread, as for simulated servers; what that means for the process is
done in the machine's own thread, in the same order.
"""

import asyncio
import concurrent.futures
import logging
import socket
import typing

from baremetal.lab import bmc, fleet, machine
from baremetal.lab.vms import console, ledger, netns, plan, process, programs, qemu

LOG = logging.getLogger(__name__)

#: a machine counts as running at once: nobody outside sees when its system does
TIMING = machine.Timing(boot=0.0, soft=0.0, cycle=0.2)


class VirtualMachine(machine.Machine):
    """A machine whose doings are a process's."""

    def __init__(self, place: qemu.Place, accelerator: str, noted: ledger.Ledger,
                 loop: asyncio.AbstractEventLoop) -> None:
        identity = machine.Identity(place.name, place.lab.guid(place.number), qemu.serial(place))
        super().__init__(identity, loop.call_later, TIMING)
        self.place, self.problem = place, ""
        self.console = console.Console(place.console, place.file("serial"))
        self._loop = loop
        self._process = process.Process(place, accelerator, noted)
        self._start, self._closed = 0, False
        """Which start this is: an event of the process of an earlier one is no news."""
        # one thread for as long as the lab runs, since QEMU dies with the thread that started it
        self._thread = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix=place.name)

    # --- for those who watch ---

    def console_text(self, since: int = 0) -> str:
        """Return what its serial console has said."""
        return self.console.text(since)

    def wait_console(self, text: str, within: float, since: int = 0) -> str:
        """Wait until its serial console has said something; raise Trouble when it does not."""
        return self.console.wait(text, within, since)

    def cpu_seconds(self) -> float:
        """Return the processor time that its process has used since power on."""
        return self._process.cpu_seconds()

    # --- buttons and the BMC ---

    def switch_on(self) -> None:
        """Start the process."""
        if self.power == "off":
            super().switch_on()
            self._start, self.problem = self._start + 1, ""
            self._queue(self._begin, self._booted_from(), self._next(), self._start)

    def switch_off(self) -> None:
        """Kill the process."""
        if self.power == "on":
            self._start += 1
            self._queue(self._process.kill)
        super().switch_off()

    def press_button(self) -> None:
        """Press the power button; the machine goes off when its system has shut down."""
        if self.power == "on":
            self._queue(self._process.press_button)

    def reset(self) -> None:
        """Begin a new boot with the power on."""
        if self.power == "on":
            super().reset()
            self._queue(self._process.boot_from, self._booted_from())
            self._queue(self._process.reset)
            self._queue(self._process.boot_from, self._next())

    def interrupt(self) -> None:
        """Give it a diagnostic interrupt."""
        if self.power == "on":
            self._queue(self._process.interrupt)
        super().interrupt()

    def set_boot(self, boot: machine.Boot | None) -> None:
        """Override where it boots from at its next start or reset, also a reset that its system makes."""
        super().set_boot(boot)
        if self.power == "on":
            self._queue(self._process.boot_from, self._next())

    def settle(self) -> None:
        """Return when all that it was asked so far is done. Blocks."""
        self._thread.submit(lambda: None).result()

    def prepare(self) -> None:
        """Make disks and firmware's memory where they are missing; raises Trouble. Blocks."""
        self._thread.submit(self._process.prepare).result()

    def close(self) -> None:
        """Take the power away for good. Blocks until that is done."""
        self._closed = True
        self._thread.submit(self._process.kill).result()
        self._thread.shutdown()

    # --- the process ---

    def _booted_from(self) -> str:
        return (self.booted or machine.Boot()).device

    def _next(self) -> str:
        """Return where its next boot will be from."""
        return (self.override or machine.Boot()).device

    def _begin(self, device: str, later: str, start: int) -> None:
        def event(name: str, data: dict[str, typing.Any]) -> None:
            self._loop.call_soon_threadsafe(self._told, start, name, data)

        self._process.start(device, event)
        if later != device:     # an override for one boot is used up by this one
            self._process.boot_from(later)

    def _queue(self, work: typing.Callable[..., None], *args: typing.Any) -> None:
        """Have the machine's thread do something; what goes wrong there is the machine's problem."""
        def done(future: concurrent.futures.Future[None]) -> None:
            if (error := future.exception()) is not None:
                self._loop.call_soon_threadsafe(self._failed, start, error)

        start = self._start
        if not self._closed:    # a timer may still want something of it
            self._thread.submit(work, *args).add_done_callback(done)

    def _told(self, start: int, name: str, data: dict[str, typing.Any]) -> None:
        """Take an event of the process."""
        if start != self._start or self.power == "off":
            return
        if name == "RESET" and data.get("guest"):
            super().reset()
            self._queue(self._process.boot_from, self._next())
        elif name == "GONE":
            self.switch_off()

    def _failed(self, start: int, error: BaseException) -> None:
        if start == self._start and self.power == "on":
            self.problem = str(error) if isinstance(error, programs.Trouble) else repr(error)
            LOG.error("%s: %s", self.identity.name, self.problem)
            if not self._process.alive:
                self.switch_off()
        else:       # the process ended while it was told something
            LOG.debug("%s: %s", self.identity.name, error)


class Server(fleet.Server):
    """One machine, its BMC, and the BMC's socket in the lab's network."""

    machine: VirtualMachine

    def __init__(self, place: qemu.Place, accelerator: str, noted: ledger.Ledger,
                 loop: asyncio.AbstractEventLoop) -> None:
        # Deliberately without the simulated server's __init__, which makes another machine.
        self.place, self._loop = place, loop
        self.address, self.port = place.lab.network.bmc(place.number).partition("/")[0], plan.PORT
        self.machine = VirtualMachine(place, accelerator, noted, loop)
        login = (place.lab.user, place.lab.password)
        self.bmc = bmc.Bmc(self.machine, login, self._send, loop.call_later)
        self.bmc.address, self.bmc.port = self.address, self.port
        self._socket: socket.socket | None = None

    def plug(self) -> None:
        """Connect the BMC to the lab's network."""
        if self._socket is None:
            self._socket = netns.inside(self.place.lab.network.namespace, self._open)
            self._loop.add_reader(self._socket, self._read)

    def describe(self) -> dict[str, typing.Any]:
        """Return the true state, and what enrolment needs."""
        return {"address": self.address, "port": self.port, **self.machine.describe(),
                "plugged": self._socket is not None, "faults": self.bmc.faults.describe(), "agent_faults": {},
                "sessions": len(self.bmc.sessions), "counts": dict(self.bmc.counts),
                **qemu.describe(self.place), "problem": self.machine.problem,
                "user": self.place.lab.user, "password": self.place.lab.password}

    def switch(self, name: str, *, on: bool, value: float | str | None = None) -> None:
        """Switch a fault of the BMC on or off; what a virtual machine boots is real, and has none to switch."""
        self.bmc.switch(name, on=on, value=value)

    def _open(self) -> socket.socket:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            opened.bind((self.address, self.port))
        except OSError:
            opened.close()
            raise
        return opened
