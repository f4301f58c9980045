"""The QEMU process of one machine: started, told, ended. Blocks; knows power and boot order, not who wants them."""

import ctypes
import shutil
import signal
import socket
import subprocess
import typing

from baremetal.lab.vms import ledger, monitor, programs, qemu

PR_SET_PDEATHSIG = 1    # linux/prctl.h
ENDS = 10.0
"""Seconds for a killed process to be gone."""
_LIBC = ctypes.CDLL(None)


class Process:
    """One machine's QEMU."""

    def __init__(self, place: qemu.Place, accelerator: str, noted: ledger.Ledger) -> None:
        self.place, self._accelerator, self._ledger = place, accelerator, noted
        self._child: subprocess.Popen[bytes] | None = None
        self._monitor: monitor.Monitor | None = None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._child is not None and self._child.poll() is None

    def prepare(self) -> None:
        """Make the disks, and the firmware's memory, that are not there yet."""
        for file, size in zip(self.place.disks(), self.place.machine.disks, strict=True):
            if not file.exists():
                programs.run("qemu-img", "create", "-q", "-f", "qcow2", file, size)
        nvram = self.place.file("nvram")
        if self.place.machine.firmware == "uefi" and not nvram.exists():
            shutil.copy(qemu.VARS, nvram)

    def start(self, device: str, event: monitor.Event) -> None:
        """Start it; the firmware tries ``device`` first. Call from a thread that stays: QEMU dies with it.

        ``event`` is called from another thread with the names of QMP's events, and GONE when the process has ended.
        """
        ours, its = socket.socketpair()
        argv = qemu.arguments(self.place, device, self._accelerator, its.fileno())
        said = self.place.file("qemu.log")
        self.place.file("serial").unlink(missing_ok=True)
        with its, open(said, "wb") as output:
            self._child = subprocess.Popen(
                [programs.path("ip"), "netns", "exec", self.place.lab.network.namespace, programs.path(argv[0]),
                 *argv[1:]],
                cwd=self.place.lab.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                pass_fds=(its.fileno(),), start_new_session=True, preexec_fn=_die_with_parent)
        self._ledger.note(self._child.pid)
        self._monitor = monitor.Monitor(ours, event)
        try:
            self._monitor.call("qmp_capabilities")
        except programs.Trouble as trouble:
            self.kill()
            why = said.read_text(errors="replace").strip() or trouble
            raise programs.Trouble(f"{self.place.name}: {why}") from None

    def kill(self) -> None:
        """Take the power away."""
        if self._child is not None:
            if self._child.poll() is None:
                self._child.kill()
            self._child.wait(ENDS)
            self._ledger.forget(self._child.pid)
            self._child = None

    def press_button(self) -> None:
        """Press the power button: the system may shut down."""
        self._call("system_powerdown")

    def reset(self) -> None:
        """Begin again with the firmware."""
        self._call("system_reset")

    def interrupt(self) -> None:
        """Give a diagnostic interrupt."""
        self._call("inject-nmi")

    def boot_from(self, device: str) -> None:
        """Set what the firmware tries first from its next start on."""
        wanted = qemu.order(self.place.machine, device)
        # two devices may not have one number, also not meanwhile
        for value in (dict.fromkeys(wanted, -1), wanted):
            for name, index in value.items():
                self._call("qom-set", path=f"/machine/peripheral/{name}", property="bootindex", value=index)

    def cpu_seconds(self) -> float:
        """Return the processor time it has used."""
        return ledger.cpu_seconds(self._child.pid) if self._child is not None else 0.0

    def _call(self, command: str, **arguments: typing.Any) -> None:
        if self._monitor is None:
            raise programs.Trouble(f"{self.place.name}: {command}: QEMU was not started")
        self._monitor.call(command, **arguments)


def _die_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it is gone."""
    _LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
