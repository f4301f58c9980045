"""What a lab has started, on file: so that ``down`` ends that and nothing else, also after the lab was killed.

A process is known by its id and the moment it was started at; another one with the same id is left alone.
"""

import json
import os
import pathlib
import signal
import threading
import typing

from baremetal import clock
from baremetal.lab.vms import network, plan, programs

NAME, MARK = "lab.json", "lab-of-virtual-machines"
ENDS = 20.0
"""Seconds that a lab has to end by itself."""


class Ledger:
    """The file of one lab. Each machine's thread writes to it."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.path, self._lock = folder / NAME, threading.Lock()
        self._told: dict[str, typing.Any] = {}

    def open(self, wanted: plan.Network) -> None:
        """Begin it: the network is ours from now on, and this process is the lab."""
        self._told = {"network": {"namespace": wanted.namespace, "link": wanted.link}, "lab": started(os.getpid()),
                      "pid": os.getpid(), "machines": {}}
        self._write()
        (self.path.parent / MARK).touch()

    def note(self, pid: int) -> None:
        """Note a machine's process."""
        with self._lock:
            self._told["machines"][str(pid)] = started(pid)
            self._write()

    def forget(self, pid: int) -> None:
        """Forget a process that has ended."""
        with self._lock:
            self._told["machines"].pop(str(pid), None)
            self._write()

    def close(self) -> None:
        """Forget all: nothing is running any longer."""
        self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self._told))
        part.rename(self.path)


def read(folder: pathlib.Path) -> dict[str, typing.Any] | None:
    """Return what a lab has noted in its folder; None: there is none."""
    try:
        return json.loads((folder / NAME).read_text())
    except FileNotFoundError:
        return None


def known(folder: pathlib.Path) -> bool:
    """Return whether a folder is a lab's: it has the mark that labs leave in it for good."""
    return (folder / MARK).exists()


def running(folder: pathlib.Path) -> int | None:
    """Return the process id of the lab that runs in this folder."""
    told = read(folder)
    return told["pid"] if told and _same(told["pid"], told["lab"]) else None


def sweep(folder: pathlib.Path) -> list[str]:
    """End what the lab of this folder has started, and remove its network; return what there was."""
    told = read(folder)
    if told is None:
        return []
    found = []
    if (lab := running(folder)) and lab != os.getpid():
        os.kill(lab, signal.SIGTERM)
        _gone(lab, told["lab"])
        found.append(f"lab (process {lab})")
    for text, begun in told["machines"].items():
        if _same(int(text), begun):
            os.kill(int(text), signal.SIGKILL)
            _gone(int(text), begun)
            found.append(f"machine (process {text})")
    found += network.down(plan.Network(**told["network"]))
    (folder / NAME).unlink(missing_ok=True)
    return found


def started(pid: int) -> str | None:
    """Return when a process was started, in the kernel's ticks; None: there is none, or it is dead already."""
    fields = _stat(pid)
    return None if fields is None or fields[0] in "ZX" else fields[19]


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _stat(pid: int) -> list[str] | None:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _same(pid: int, begun: str | None) -> bool:
    return begun is not None and started(pid) == begun


def _gone(pid: int, begun: str | None) -> None:
    end = clock.REAL.tick() + ENDS
    while _same(pid, begun):
        if clock.REAL.tick() > end:
            raise programs.Trouble(f"process {pid} does not end within {ENDS:g} s")
        clock.REAL.sleep(0.05)
