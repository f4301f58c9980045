"""What a machine's serial console has said, and a way to type on it. Blocks; meant for tests and for people."""

import os
import pathlib
import socket

from baremetal import clock
from baremetal.lab.vms import programs

LOOK = 0.1
"""Seconds between two looks at the log."""
PIECE, PAUSE = 8, 0.02
"""Bytes typed at once, and the seconds between: a serial port takes few, and drops the rest with the connection."""
TAIL = 15
"""Lines shown when what was waited for did not come."""


class Console:
    """One machine's console: a log that only grows, over all its boots, and a socket."""

    def __init__(self, log: pathlib.Path, typed: pathlib.Path) -> None:
        self.log, self._typed = log, typed

    def size(self) -> int:
        """Return how much it has said by now: what to give ``since`` to look at what comes later."""
        return self.log.stat().st_size if self.log.exists() else 0

    def text(self, since: int = 0) -> str:
        """Return what it has said."""
        if not self.log.exists():
            return ""
        with open(self.log, "rb") as opened:
            opened.seek(since)
            return opened.read().decode(errors="replace")

    def wait(self, text: str, within: float, since: int = 0) -> str:
        """Return what it has said once ``text`` is in it; raise Trouble with its end after ``within`` seconds."""
        end = clock.REAL.tick() + within
        while text not in (said := self.text(since)):
            if clock.REAL.tick() > end:
                tail = "\n  ".join(said.splitlines()[-TAIL:])
                raise programs.Trouble(f"{self.log.name}: {text!r} did not come within {within:g} s; it ends:\n  "
                                       f"{tail}")
            clock.REAL.sleep(LOOK)
        return said

    def type(self, text: str) -> None:
        """Type on it; what is said goes to the log as always."""
        # by way of the folder: paths of sockets are short
        folder = os.open(self._typed.parent, os.O_PATH)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as opened:
                opened.connect(f"/proc/self/fd/{folder}/{self._typed.name}")
                typed = text.encode()
                for start in range(0, len(typed), PIECE):
                    opened.sendall(typed[start:start + PIECE])
                    clock.REAL.sleep(PAUSE)
        finally:
            os.close(folder)
