"""Which conductor drives which node: tooz's hash ring within conductor group and hardware type.

Pure: it is given the live conductors and reads no database.
"""

import collections
import dataclasses

from tooz import hashring

from baremetal import errors


@dataclasses.dataclass(frozen=True)
class Member:
    """A live conductor."""

    host: str
    group: str
    drivers: frozenset[str]


class Rings:
    """One ring per (conductor group, hardware type)."""

    #: nodes whose place is remembered; computing one costs some 10 microseconds
    MOST = 200_000

    def __init__(self, members: list[Member], exponent: int = 5) -> None:
        self.members = tuple(sorted(members, key=lambda m: m.host))
        hosts: dict[tuple[str, str], list[str]] = collections.defaultdict(list)
        for member in self.members:
            for driver in member.drivers:
                hosts[member.group, driver].append(member.host)
        self._rings = {key: hashring.HashRing(names, partitions=2 ** exponent) for key, names in hosts.items()}
        self._only = {key: names[0] for key, names in hosts.items() if len(names) == 1}
        self._known: dict[tuple[str, str, str], str] = {}

    def find(self, uuid: str, driver: str, group: str) -> str | None:
        """Return the host that drives this node, or None when no live conductor can."""
        only = self._only.get((group, driver))
        if only is not None:
            return only
        key = (uuid, driver, group)
        host = self._known.get(key)
        if host is None and (group, driver) in self._rings:
            host = next(iter(self._rings[group, driver].get_nodes(uuid.encode(), replicas=1)))
            if len(self._known) >= self.MOST:
                self._known.clear()
            self._known[key] = host
        return host

    def host(self, uuid: str, driver: str, group: str) -> str:
        """Return the host that drives this node; raises ``NoConductor``."""
        found = self.find(uuid, driver, group)
        if found is None:
            raise errors.NoConductor(driver=driver, group=group, known=self.drivers() or "none")
        return found

    def drivers(self) -> str:
        """Return the served hardware types for a message."""
        return ", ".join(sorted({driver for member in self.members for driver in member.drivers}))
