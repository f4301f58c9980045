"""The process of simulated servers or virtual machines that ``baremetal`` starts beside itself. Knows no server."""

import argparse
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import typing

from baremetal import clock
from baremetal.cmd import credentials
from baremetal.lab import control, demo, enrol
from baremetal.lab.vms import plan

#: seconds until a lab answers; virtual machines' ramdisk and images are built first, once on a machine
FLEET_WITHIN, VMS_WITHIN = 60.0, 1200.0
#: first and last number of the addresses that servers of a lab's network get; those of BMCs follow
LEASES = (20, 99)
VMS_NETWORK = plan.Network()


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a lab's process is started with."""

    name: str
    """fleet or vms: the verb of ``baremetal-lab``, and the name of its files."""
    words: tuple[str, ...]
    """Its further arguments."""
    within: float
    """Seconds until it must answer."""
    hint: str
    """What to do when it does not start."""


def fleet(asked: argparse.Namespace, boots: str) -> Kind:
    """Return the kind for simulated servers, whose firmware asks ``boots`` for what to boot."""
    return Kind("fleet", (str(asked.fleet), "--network", asked.fleet_network, "--boot-url", boots), FLEET_WITHIN,
                "Other addresses are given with --fleet-network, as in --fleet-network 127.78.0.0.")


def vms(asked: argparse.Namespace, data: pathlib.Path) -> Kind:
    """Return the kind for virtual machines, BIOS and UEFI in turn."""
    cache = ("--cache", str(asked.vms_cache)) if asked.vms_cache else ()
    return Kind("vms", (str(asked.vms), "--firmware", "bios,uefi", "--folder", str(data / "vms"), *cache), VMS_WITHIN,
                "'baremetal-lab vms 1' alone tells more; 'baremetal-lab down' removes what is left of another lab.")


def network_options() -> dict[str, typing.Any]:
    """Return the options with which a service serves the virtual machines' network."""
    first, last = (VMS_NETWORK.host.rpartition(".")[0] + f".{number}" for number in LEASES)
    return {"api__agents_host_ip": VMS_NETWORK.host, "deploy__http_host_ip": VMS_NETWORK.host,
            "dnsmasq__interface": VMS_NETWORK.link, "dnsmasq__dhcp_range": f"{first},{last}"}


class Process:
    """A running lab."""

    def __init__(self, kind: Kind, data: pathlib.Path, lock: int) -> None:
        self.kind, self._folder = kind, data / "vms"
        self.control, self.log = data / f"{kind.name}.sock", data / f"{kind.name}.log"
        self.login = enrol.Login("admin", credentials.secret(str(data / "fleet.secret")))
        command = [sys.executable, "-m", "baremetal.cmd.lab", kind.name, *kind.words, "--user", self.login.user,
                   "--control", str(self.control), "--parent", str(os.getpid())]
        with open(self.log, "ab") as output:
            # a session of its own: Ctrl-C shall end the service first. The lock goes with it: the folder is free
            # when both are gone
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                             start_new_session=True, pass_fds=(lock,),
                                             env={**os.environ, "BAREMETAL_LAB_PASSWORD": self.login.password})

    def servers(self) -> list[dict[str, typing.Any]]:
        """Return the servers as the lab tells them, once it answers; end the program when it does not."""
        end = clock.REAL.tick() + self.kind.within
        while clock.REAL.tick() < end:
            if self._process.poll() is not None:
                said = self.log.read_text(errors="replace").strip().rpartition("\n")[2]
                sys.exit(f"baremetal: the lab ({self.kind.name}) did not start; {self.log} ends with:\n  {said}\n"
                         f"{self.kind.hint}")
            try:
                return control.ask(self.control, "list")
            except OSError:
                clock.REAL.sleep(0.1)
        sys.exit(f"baremetal: the lab ({self.kind.name}) did not answer within {self.kind.within:g} s; see {self.log}")

    def built(self) -> demo.Files:
        """Return the files that the lab of virtual machines has built."""
        told = json.loads((self._folder / "built.json").read_text())
        images = pathlib.Path(told["images"])
        image = images / "blue.raw"
        return demo.Files(pathlib.Path(told["deploy_kernel"]), pathlib.Path(told["deploy_ramdisk"]), image,
                          json.loads((images / "checksums.json").read_text())[image.name])

    def stop(self) -> None:
        """End the lab."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
