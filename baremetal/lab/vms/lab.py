"""A running lab: its network, its switch, its machines and their BMCs, from ``start`` to ``stop``.

``with Lab(plan) as lab: lab.machines[0].switch_on`` is not the way: what changes a machine goes through ``do``, or over
IPMI. What is left when this process is killed is swept by the next one with the same folder, or by ``ledger.sweep``.
"""

import asyncio
import os
import threading

from baremetal.lab import fleet
from baremetal.lab.vms import ledger, lldp, network, plan, programs, qemu, server


class Lab(fleet.Fleet):
    """The virtual machines of a plan. All are off at first; disks in the plan's folder are kept."""

    def __init__(self, wanted: plan.Plan) -> None:
        # Deliberately without the simulated fleet's __init__, which makes other servers.
        self.wanted = wanted
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._ledger = ledger.Ledger(wanted.folder)
        self._switch = lldp.Speaker(wanted)
        self.servers = [
            server.Server(qemu.Place(wanted, number), wanted.accelerate, self._ledger, self._loop)
            for number in range(len(wanted.machines))]
        self._names = {one.name: one for one in self.servers}

    @property
    def machines(self) -> list[server.VirtualMachine]:
        """The machines, in their order."""
        return [one.machine for one in self.servers if isinstance(one, server.Server)]

    def start(self) -> None:
        """Make the network, plug all BMCs; raises Trouble when that cannot be. Sweeps what a killed lab has left."""
        try:
            _check(self.wanted)
            self._ledger.open(self.wanted.network)
        except BaseException:
            self._loop.close()
            raise
        try:
            network.up(self.wanted)
            for machine in self.machines:
                machine.prepare()
            self._thread = threading.Thread(target=self._work, name="lab", daemon=True)
            self._thread.start()
            self.do(self._plug)
            self.do(self._switch.start)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Take the power from all machines, and remove the network. Disks and logs stay."""
        if self._thread is not None:
            self.do(self._switch.stop)
            self.do(self._unplug)
        for machine in self.machines:
            machine.close()
        super().stop()
        network.down(self.wanted.network)
        self._ledger.close()

    def server(self, which: int | str) -> fleet.Server:
        """Return a server: by its index, or by its name, of which the number is enough."""
        if isinstance(which, int):
            return self.servers[which]
        name = f"vm-{which}" if which.isdigit() else which
        if name not in self._names:
            raise LookupError(f"there is no machine {which!r}; there are vm-1 to vm-{len(self.servers)}")
        return self._names[name]

    async def _end(self) -> None:
        """Nothing but the machines is to be ended; they are by now."""


def _check(wanted: plan.Plan) -> None:
    """Raise Trouble when something that is needed is missing here, or names are taken; sweep what a killed lab left."""
    if os.geteuid() != 0:
        raise programs.Trouble("virtual machines need root here, for their network: namespace, bridge and taps")
    uefi = any(machine.firmware == "uefi" for machine in wanted.machines)
    programs.need(*qemu.NEEDS, *(qemu.NEEDS_UEFI if uefi else ()))
    wanted.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if wanted.folder.stat().st_uid != os.geteuid():
        raise programs.Trouble(f"{wanted.folder} belongs to somebody else; name another folder with --folder")
    if other := ledger.running(wanted.folder):
        raise programs.Trouble(f"a lab runs already in {wanted.folder} (process {other}); 'down' ends it")
    ledger.sweep(wanted.folder)
    network.check(wanted.network)
