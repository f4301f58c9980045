"""Starts, watches and ends the processes that tests need: our own and foreign servers.

Every process is a child with a session of its own and a log file; it is ended by its process group, never by
name. What a test shows when it fails includes the ends of these logs (see ``tests/conftest.py``).
This file knows nothing of what the processes are.
"""

import atexit
import collections
import contextlib
import dataclasses
import os
import pwd
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

TAIL = 40
PORTS = range(20000, 32000, 2)  # below the ephemeral range: no outgoing connection takes one meanwhile
NETS = range(40, 70)            # second numbers of loopback networks that no test names
FLEET = 623, 6230, 9999         # ports that simulated servers may have on their addresses
POLL = 0.05
PATIENCE = 120.0                # seconds within which anything comes to be, also on a machine that is busy
CLAIMS = 100                    # of a process: what was given longer ago is in use by now, or not any more

_claims: collections.deque[socket.socket] = collections.deque()
running: list["Process"] = []


@atexit.register
def _give_back() -> None:
    while _claims:
        _claims.pop().close()


class NotReady(Exception):
    """A process ended, or was silent for too long, before it was ready. The text ends with its log."""


@dataclasses.dataclass(frozen=True)
class Command:
    """What to start: program and arguments, and as whom."""

    argv: Sequence[str]
    env: Mapping[str, str] = dataclasses.field(default_factory=dict)
    cwd: Path | None = None
    user: str | None = None
    logs: Sequence[Path] = ()       # files that it writes besides its output; shown with it


class Process:
    """One started process and its log."""

    def __init__(self, name: str, command: Command, log: Path) -> None:
        """Start it. Returns at once; see ``wait_for``."""
        self.name, self.log, self.logs = name, log, (log, *command.logs)
        self.command = command
        self.child = self._start()
        running.append(self)

    def _start(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as out:
            return subprocess.Popen(
                [str(part) for part in self.command.argv], stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, cwd=self.command.cwd, env={**os.environ, **self.command.env},
                start_new_session=True,
                **identity(self.command.user))

    def again(self) -> None:
        """Start it once more after it was killed, with the same command."""
        assert not self.alive, f"{self.name} runs"
        self.child = self._start()
        running.append(self)

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group."""
        return self.child.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.child.poll() is None

    def tail(self, lines: int = TAIL) -> str:
        """The last lines of what it printed, then of each log of its own."""
        texts = [log.read_text(errors="replace") for log in self.logs if log.exists()]
        return "\n".join(line for text in texts for line in text.splitlines()[-lines:])

    def _ending(self) -> str:
        return f"its log ends:\n{self.tail()}"

    def wait_for(self, ready: Callable[[], object], within: float = PATIENCE) -> None:
        """Return when ``ready`` is true; an exception from it means: not yet."""
        end = time.monotonic() + within
        last: Exception | None = None
        while time.monotonic() < end:
            if not self.alive:
                raise NotReady(f"{self.name} ended with {self.child.returncode}; {self._ending()}")
            try:
                if ready():
                    return
            except Exception as error:  # not hidden: told below when the time is over
                last = error
            time.sleep(POLL)
        raise NotReady(f"{self.name} is not ready after {within:.0f} s ({last!r}); {self._ending()}")

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process and all of its group; also SIGSTOP and SIGCONT."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """End it and all its descendants as a power cut would: no chance to say farewell."""
        with contextlib.suppress(psutil.NoSuchProcess):
            for member in psutil.Process(self.pid).children(recursive=True):
                member.kill()
        self.stop(signal.SIGKILL)

    def stop(self, number: signal.Signals = signal.SIGTERM, within: float = 30.0) -> int:
        """Ask it to end, insist after ``within`` seconds, and return its exit status."""
        if self.alive:
            self.send(number)
            self.send(signal.SIGCONT)     # a stopped process does not hear SIGTERM
        try:
            self.child.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
        self.send(signal.SIGKILL)         # what it left behind in its group
        if self in running:
            running.remove(self)
        return self.child.returncode


def identity(user: str | None) -> dict[str, Any]:
    """What subprocess wants in order to run something as ``user`` and nobody more; nothing for ourselves."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def spawned(name: str, command: Command, log: Path) -> Iterator[Process]:
    """A process for the length of a block."""
    process = Process(name, command, log)
    try:
        yield process
    finally:
        process.stop()


def free_port(address: str = "127.0.0.1") -> int:
    """A TCP and UDP port of ``address`` that nobody listens on now, nor on the next one, which is the agents'.

    Other lanes of ``./test`` do not get it either.
    """
    for port in random.sample(PORTS, 200):
        if _free(address, port) and _free(address, port + 1) and _claim(f"{address}:{port}"):
            return port
    raise NotReady(f"no free port on {address} in {PORTS.start}-{PORTS.stop}")


def free_network() -> str:
    """A loopback network of 254 addresses on which no simulated servers are now: its first address."""
    for _ in range(50):
        network = f"127.{random.choice(NETS)}.{random.randrange(256)}"
        if all(_free(f"{network}.1", port) for port in FLEET) and _claim(network):
            return f"{network}.0"
    raise NotReady(f"no free network in 127.{NETS.start}-127.{NETS.stop - 1}")


def _claim(what: str) -> bool:
    """Whether nobody has been given ``what`` lately: between a look and its use it may be seen free by others, too.

    A name of a Unix socket that is in no file system is had by one process at a time, and given back when that ends.
    """
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0baremetal-tests/{what}")
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    if len(_claims) > CLAIMS:
        _claims.popleft().close()
    return True


def listens(address: str, port: int) -> bool:
    """Whether somebody has a TCP or UDP port of ``address``."""
    return not _free(address, port)


def _free(address: str, port: int) -> bool:
    """Whether nobody listens there; one below 1024 that we may not have can no server of our tests have either."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((address, port))
            except PermissionError:
                continue
            except OSError:
                return False
    return True
