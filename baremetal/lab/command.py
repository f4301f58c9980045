"""What a command of a simulated BMC is: the form of the rows in all tables of commands. Does nothing itself."""

import typing

from baremetal.lab import session

Work = typing.Callable[[typing.Any, bytes], bytes | None]

USER, OPERATOR, ADMINISTRATOR = session.USER, session.OPERATOR, session.ADMINISTRATOR


class Command(typing.NamedTuple):
    """One command: what it does with BMC and request, and who may have it done."""

    work: Work
    level: int = USER
    """Privilege level that it needs; 0: it is for those who have not logged in too."""


class Refused(Exception):
    """The command is not done; ``code`` is the completion code that says why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"completion code {code:#04x}")
        self.code = code


def checksum(data: bytes) -> bytes:
    """Return the byte that makes the sum of ``data`` and itself zero."""
    return bytes((-sum(data) & 0xFF,))
