"""dnsmasq as our child: configured, started, watched, started again; what its log tells goes to the witness.

There are two: one for DHCP, which is started anew when hosts change, and one for TFTP, whose transfers go on meanwhile.

Where it cannot run, ``hosts.trouble`` says why, and boots are refused with that before a server is touched.
"""

import collections
import contextlib
import logging
import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import threading
import typing

from oslo_config import cfg

from baremetal import clock, milestones
from baremetal.boot import dhcp, loaders, shelf
from baremetal.clients import dnsmasq
from baremetal.conductor import witness
from baremetal.conductor.serving import childhood, interfaces, sayings

LOG = logging.getLogger(__name__)

#: port: who answers at it
PORTS = {67: "DHCP", 69: "TFTP"}
DHCP = 67
#: seconds until it is started again: the first time, and at most
SOONEST, LATEST = 0.5, 30.0
#: seconds of running after which a failure counts as the first one
GOOD = 60.0
#: seconds for which changes of hosts are gathered
SOON = 0.1
#: seconds that it takes to say that it cannot start
SETTLES = 0.5
#: servers that are not known and ask: how many of them are remembered
STRANGERS = 256
#: a lease in the file: expiry, MAC, address
LEASE = re.compile(r"\d+ (?P<mac>[0-9a-f:]{17}) (?P<ip>[0-9.]+) ")
HINTS = {
    "interface": "Name an interface that is up and has an IPv4 address in [dnsmasq]interface.",
    "program": "Install Debian's package dnsmasq-base, or name the program in [dnsmasq]binary.",
    "port": "Stop the other program (`ss -lunp` names it), or take [dnsmasq]interface away where DHCP is its task.",
    "start": "It needs root, or CAP_NET_ADMIN, CAP_NET_RAW and CAP_NET_BIND_SERVICE; the log has its words.",
    "option": "Correct the option and start the conductor again.",
}


class CannotRun(Exception):
    """It cannot be started; ``why`` and a key of HINTS."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__(why)
        self.why, self.hint = why, HINTS[hint]


class Dnsmasq:
    """The DHCP and TFTP server of one conductor."""

    def __init__(self, conf: cfg.ConfigOpts, places: shelf.Shelf, found: loaders.Loaders, ticker: clock.Clock) -> None:
        self._conf, self._shelf, self._loaders, self._clock = conf, places, found, ticker
        self.folder = pathlib.Path(conf.state_path) / "dnsmasq"
        self.hosts = dnsmasq.Hosts(self.folder / "hosts", self._reload)
        #: servers that asked and are not known: MAC and how often
        self.strangers: collections.OrderedDict[str, int] = collections.OrderedDict()
        self._witness: witness.Witness | None = None
        self._child: subprocess.Popen[str] | None = None
        self._leases: dict[str, str] = {}
        self._changing, self._changed, self._again = threading.Lock(), False, threading.Event()
        self._files: subprocess.Popen[str] | None = None
        self._ending = threading.Event()
        self._settled = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dnsmasq", daemon=True)

    def start(self, seen: witness.Witness) -> None:
        """Start it and watch it; returns when it runs or is known not to."""
        self._witness = seen
        self._read_leases()
        self._thread.start()
        self._settled.wait(10)

    def stop(self) -> None:
        """End it."""
        self._ending.set()
        child = self._child
        if child is not None:
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
        if self._thread.is_alive():
            self._thread.join(10)

    def lessee(self, address: str) -> str | None:
        """Return the MAC that an address was given to; None for an address that is not from us."""
        return self._leases.get(address)

    @property
    def pid(self) -> int | None:
        """The running process."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def _reload(self) -> None:
        """Let it read the hosts: started anew, since 2.90 crashes by SIGHUP. Changes within SOON are read at once."""
        with self._changing:
            if self._changed or not self._thread.is_alive():
                return
            self._changed = True
        timer = threading.Timer(SOON, self._restart)
        timer.daemon = True
        timer.start()

    def _restart(self) -> None:
        with self._changing:
            self._changed = False
            child = self._child
            if child is not None and child.poll() is None:
                self._again.set()
                child.terminate()

    # --- the thread ---

    def _run(self) -> None:
        pause = SOONEST
        while not self._ending.is_set():
            began = self._clock.tick()
            try:
                self._live()
                why, hint = "it ended", HINTS["start"]
            except CannotRun as wrong:
                why, hint = wrong.why, wrong.hint
            if self._ending.is_set():
                break
            if self._again.is_set():
                self._again.clear()
                continue
            if self._clock.tick() - began > GOOD:
                pause = SOONEST
            if self.hosts.trouble != (why, hint):
                LOG.error("dnsmasq does not run on interface %s: %s. %s", self._conf.dnsmasq.interface, why, hint)
            self.hosts.trouble = why, hint
            self._settled.set()
            self._ending.wait(pause)
            pause = min(pause * 2, LATEST)
        if self._files is not None:
            self._files.terminate()
            self._files.wait()

    def _live(self) -> None:
        """Start it and read its log until it ends. CannotRun where it does not come up."""
        program = self._prepare()
        if self._files is None or self._files.poll() is not None:
            self._files = self._spawn(program, "tftp")
            threading.Thread(target=self._listen, args=(self._files, collections.deque(maxlen=5)), daemon=True).start()
        with self._changing:    # it reads the hosts: who changes one after that finds it, and ends it
            child = self._child = self._spawn(program, "dhcp")
        said: collections.deque[str] = collections.deque(maxlen=5)
        up = threading.Timer(SETTLES, self._up, [child])
        up.daemon = True
        up.start()
        if self._ending.is_set():
            child.terminate()
        self._listen(child, said)
        code = child.wait()
        up.cancel()
        self._child = None
        raise CannotRun(f"it ended with {code}, saying: {said[-1] if said else 'nothing'}", "start")

    def _spawn(self, program: str, name: str) -> "subprocess.Popen[str]":
        return childhood.start([program, f"--conf-file={self.folder / name}.conf"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, env={"LC_ALL": "C"})

    def _listen(self, child: "subprocess.Popen[str]", said: "collections.deque[str]") -> None:
        """Read the log of a process until it ends. One for TFTP that ends by itself takes the other with it."""
        assert child.stderr is not None
        with child.stderr:
            for line in child.stderr:
                said.append(line.strip())
                self._take(sayings.read(line), line.strip())
        if child is self._files and not self._ending.is_set():
            LOG.error("dnsmasq for TFTP ended with %s, saying: %s", child.wait(), said[-1] if said else "nothing")
            self._restart()

    def _up(self, child: "subprocess.Popen[str]") -> None:
        if child.poll() is None and not self._ending.is_set():
            LOG.info("dnsmasq (pid %s) answers DHCP and TFTP on interface %s", child.pid, self._conf.dnsmasq.interface)
            self.hosts.trouble = None
            self._settled.set()

    def _prepare(self) -> str:
        """Write the configuration; return the program. CannotRun names what is in the way."""
        section = self._conf.dnsmasq
        program = shutil.which(section.binary, path=f"{os.defpath}:/usr/sbin:/sbin:/usr/local/sbin")
        if program is None:
            raise CannotRun(f"program {section.binary} is not installed", "program")
        try:
            network = interfaces.address(section.interface)
        except OSError:
            raise CannotRun(f"there is no interface {section.interface}", "interface") from None
        if network is None:
            raise CannotRun(f"interface {section.interface} has no IPv4 address", "interface")
        for port in PORTS if self._files is None or self._files.poll() is not None else (DHCP,):
            _check_port(port, section.interface, str(network.ip))
        site = dhcp.Site(self.folder, network, self._shelf.base, pwd.getpwuid(os.geteuid()).pw_name)
        try:
            text = dhcp.configuration(self._conf, site, self._loaders)
        except ValueError as error:
            raise CannotRun(str(error), "option") from None
        (self.folder / "dhcp.conf").write_text(text, "utf-8")
        (self.folder / "tftp.conf").write_text(dhcp.files(self._conf, site, self._loaders), "utf-8")
        return program

    def _take(self, event: sayings.Event | None, line: str) -> None:
        """Pass on what a line of the log tells."""
        if event is None:
            LOG.debug("%s", line)
            return
        getattr(self, f"_{event.name}")(**event.facts)

    def _given(self, ip: str, mac: str) -> None:
        self._leases = {address: whose for address, whose in self._leases.items() if whose != mac} | {ip: mac}
        self._tell(mac, milestones.ADDRESS, address=ip)

    def _ignored(self, mac: str) -> None:
        if mac not in self.strangers:
            LOG.info("A server with MAC %s asks for an address and is not known; give its node a port of that MAC", mac)
            while len(self.strangers) >= STRANGERS:
                self.strangers.popitem(last=False)
        self.strangers[mac] = self.strangers.get(mac, 0) + 1
        self.strangers.move_to_end(mac)

    def _sent(self, path: str, ip: str) -> None:
        """A file went out over TFTP: a loader, or what a node of boot interface pxe boots."""
        mac, name = self._leases.get(ip), pathlib.PurePath(path).name
        if mac is None:
            return
        if name in self._loaders.found:
            self._tell(mac, milestones.LOADER, loader=name)
        elif name in TFTP:
            self._tell(mac, TFTP[name])
        elif mac.replace(":", "-") in name or mac in name:
            self._tell(mac, milestones.SCRIPT)

    def _failed(self, why: str) -> None:
        LOG.warning("dnsmasq says: %s", why)

    def _tell(self, mac: str, name: str, **facts: typing.Any) -> None:
        if self._witness is not None:
            self._witness.seen_mac(mac, name, **facts)

    def _read_leases(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            for line in (self.folder / "leases").read_text("ascii", "replace").splitlines():
                if found := LEASE.match(line):
                    self._leases[found["ip"]] = found["mac"]


#: files of TFTP that are a milestone by their name
TFTP = {"kernel": milestones.KERNEL, "ramdisk": milestones.RAMDISK}


def _check_port(port: int, interface: str, address: str) -> None:
    """Raise CannotRun where another program answers at a port of the interface. What may not be tried is let pass."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
            # as dnsmasq does: DHCP must hear broadcasts, TFTP has an address, beside servers of other interfaces
            probe.bind(("0.0.0.0" if port == DHCP else address, port))
        except PermissionError:
            return
        except OSError as error:
            raise CannotRun(f"UDP port {port} ({PORTS[port]}) is taken by another program ({error.strerror})",
                            "port") from None
