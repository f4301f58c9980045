"""Finds out whether KVM works here, by booting a kernel for a few seconds. /dev/kvm alone says nothing."""

import os
import pathlib
import subprocess
import tempfile

from baremetal.lab.vms import programs
from baremetal.lab.vms.builders import cache

DEVICE, BOOT_ID = pathlib.Path("/dev/kvm"), pathlib.Path("/proc/sys/kernel/random/boot_id")
WITHIN = 8.0
"""Seconds in which a kernel has found that it has no root file system. Emulation takes about 3."""
END = "Kernel panic"
LINE = "console=ttyS0,115200 panic=-1"


def known(kept: cache.Cache, kernel: pathlib.Path) -> str:
    """Return what ``probe`` says, asked once for each start of this computer."""
    start = BOOT_ID.read_text().strip() if BOOT_ID.exists() else ""
    place = kept.have("accelerator", {"kernel": kernel.parent.name, "start": start},
                      lambda made: _answer(made, kernel))
    return (place / "answer").read_text()


def _answer(place: pathlib.Path, kernel: pathlib.Path) -> None:
    (place / "answer").write_text(probe(kernel))


def probe(kernel: pathlib.Path, within: float = WITHIN) -> str:
    """Return ``kvm`` when a kernel boots with it as far as it can without a disk, else ``tcg``."""
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return "tcg"
    with tempfile.TemporaryDirectory() as folder:
        console = pathlib.Path(folder, "console")
        argv = [programs.path("qemu-system-x86_64"), "-nodefaults", "-no-reboot", "-display", "none", "-m", "256",
                "-machine", "q35,graphics=off", "-accel", "kvm", "-cpu", "host", "-kernel", str(kernel),
                "-append", LINE, "-serial", f"file:{console}"]
        try:
            subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           timeout=within, check=False)
        except subprocess.TimeoutExpired:
            return "tcg"        # it was killed: stuck, or slower than emulation
        return "kvm" if console.exists() and END in console.read_text(errors="replace") else "tcg"
