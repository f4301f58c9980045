"""What can be wrong with a simulated BMC: a table of faults that can be switched on and off.

A fault is a row here and nothing elsewhere: the BMC asks all that are on at each of the hooks of ``Fault``.
"""

import os
import random
import typing

BUSY = 0xC0


class Fault:
    """One thing that can be wrong. A hook that is not overridden changes nothing."""

    name = ""
    says = ""
    default: float | str = 1.0
    values: tuple[str, ...] = ()

    def __init__(self, value: float | str) -> None:
        self.value = value

    def hears(self) -> bool:
        """Return whether an incoming packet is heard."""
        return True

    def sends(self, packet: bytes) -> bytes | None:
        """Return what goes out instead of ``packet``; None: nothing."""
        return packet

    def delay(self) -> float:
        """Return how many seconds an answer lies around."""
        return 0.0

    def code(self, key: tuple[int, int]) -> int:
        """Return the completion code that a command is refused with; 0: it is not."""
        return 0

    def password(self, password: str) -> str:
        """Return what the BMC takes for the password."""
        return password

    def power(self, state: str) -> str:
        """Return what the BMC says about the power."""
        return state

    def status(self, told: bytes) -> bytes:
        """Return what the BMC says about the chassis."""
        return told


class RefusesPassword(Fault):
    """The password was changed by somebody else."""

    name, says = "refuses-password", "the right password is taken for wrong"

    def password(self, password: str) -> str:
        """Return another one."""
        return password + "?"


class Late(Fault):
    """Slow."""

    name, says, default = "late", "answers come VALUE seconds late", 3.0

    def delay(self) -> float:
        """Return the value."""
        return float(self.value)


class Drops(Fault):
    """A bad network."""

    name, says, default = "drops", "VALUE percent of the packets are lost, each way", 20.0

    def _lost(self) -> bool:
        return random.uniform(0, 100) < float(self.value)

    def hears(self) -> bool:
        """Lose it or not."""
        return not self._lost()

    def sends(self, packet: bytes) -> bytes | None:
        """Lose it or not."""
        return None if self._lost() else packet


class Dead(Fault):
    """Without power, or without network. Switched off, it is reborn: it has forgotten all sessions."""

    name, says = "dead", "nothing is answered; afterwards all sessions are forgotten"

    def hears(self) -> bool:
        """Hear nothing."""
        return False

    def sends(self, packet: bytes) -> bytes | None:
        """Say nothing, also nothing that was begun before."""
        return None


class Lies(Fault):
    """Wrong about the power."""

    name, says, default = "lies", "the power is said to be VALUE (on, off), whatever it is", "on"
    values = ("on", "off")

    def power(self, state: str) -> str:
        """Return the value."""
        return str(self.value)


class TwoTries(Fault):
    """Says no first."""

    name, says = "two-tries", "each command is answered 'node busy' the first time and done the second time"

    def __init__(self, value: float | str) -> None:
        super().__init__(value)
        self._tried: set[tuple[int, int]] = set()

    def code(self, key: tuple[int, int]) -> int:
        """Refuse a command that was not tried just before."""
        if key in self._tried:
            self._tried.discard(key)
            return 0
        self._tried.add(key)
        return BUSY


class Garbage(Fault):
    """Broken firmware."""

    name, says = "garbage", "answers are random bytes; every other looks like IPMI at first"

    def sends(self, packet: bytes) -> bytes | None:
        """Return as many other bytes."""
        noise = os.urandom(max(1, len(packet) - 6))
        return random.choice((packet[:6] + noise[:random.randrange(9)], noise))


class Unwell(Fault):
    """Broken hardware that the BMC knows of."""

    name, says, default = "unwell", "the chassis status says that something is wrong with VALUE", "fan"
    #: what is wrong: byte and bit of the chassis status
    places: typing.ClassVar[dict[str, tuple[int, int]]] = {
        "fan": (2, 3), "drive": (2, 2), "intrusion": (2, 0), "power": (0, 3), "overload": (0, 1)}
    values = tuple(places)

    def status(self, told: bytes) -> bytes:
        """Return it with that bit."""
        byte, bit = self.places[str(self.value)]
        return bytes(value | (number == byte) << bit for number, value in enumerate(told))


TABLE: dict[str, type[Fault]] = {
    kind.name: kind for kind in (RefusesPassword, Late, Drops, Dead, Lies, TwoTries, Garbage, Unwell)
}


class Faults:
    """Those of one BMC that are on; a subclass has another table."""

    table: typing.ClassVar[dict[str, typing.Any]] = TABLE

    def __init__(self) -> None:
        self._on: dict[str, typing.Any] = {}

    def __iter__(self) -> typing.Iterator[typing.Any]:
        return iter(tuple(self._on.values()))

    def switch_on(self, name: str, value: float | str | None = None) -> None:
        """Switch one on, with its default value or another."""
        kind = self._kind(name)
        wanted = kind.default if value is None else value
        if kind.values and wanted not in kind.values:
            raise ValueError(f"the value of {name} is {wanted!r}; it must be one of {', '.join(kind.values)}")
        try:
            self._on[name] = kind(type(kind.default)(wanted))
        except ValueError as error:
            raise ValueError(f"the value of {name} is {wanted!r}; it must be a number") from error

    def switch_off(self, name: str) -> bool:
        """Switch one off; return whether it was on."""
        return self._on.pop(self._kind(name).name, None) is not None

    def describe(self) -> dict[str, float | str]:
        """Return those that are on, with their values."""
        return {name: fault.value for name, fault in self._on.items()}

    def _kind(self, name: str) -> typing.Any:
        if name not in self.table:
            raise ValueError(f"there is no fault {name!r}; there are {', '.join(self.table)}")
        return self.table[name]
