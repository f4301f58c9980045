"""A node's remote volumes as drivers see them: what there is, and what the server is known by to the storage. Data."""

import collections.abc
import dataclasses
import typing

#: word in a target's type: the types of connector by which a server can reach it, one of them is needed
REACHED_BY: dict[str, tuple[str, ...]] = {"iscsi": ("iqn",), "fibre_channel": ("wwpn", "wwnn")}


@dataclasses.dataclass(frozen=True)
class Target:
    """A volume."""

    uuid: str
    volume_type: str
    """How it is reached: a word of REACHED_BY is in it."""
    boot_index: int
    """Its place; the server boots from 0."""
    volume_id: str
    """What the storage calls it."""
    properties: collections.abc.Mapping[str, typing.Any]
    """Address, name, unit, credentials: secrets in place."""

    @property
    def way(self) -> str | None:
        """The word of REACHED_BY that its type has, None where nothing is known of it."""
        return next((way for way in REACHED_BY if way in self.volume_type), None)


@dataclasses.dataclass(frozen=True)
class Connector:
    """A name or address of the server."""

    type: str
    connector_id: str


@dataclasses.dataclass(frozen=True)
class Volumes:
    """All of a node, targets by their boot index."""

    targets: tuple[Target, ...] = ()
    connectors: tuple[Connector, ...] = ()

    @property
    def root(self) -> Target | None:
        """The one that the server boots from."""
        return next((target for target in self.targets if target.boot_index == 0), None)

    def known_by(self, *types: str) -> list[str]:
        """Return the server's names of these types."""
        return [one.connector_id for one in self.connectors if one.type in types]

    def reached(self, uuid: str, properties: collections.abc.Mapping[str, typing.Any]) -> "Volumes":
        """Return the same with other properties of one target."""
        return dataclasses.replace(self, targets=tuple(
            dataclasses.replace(one, properties=properties) if one.uuid == uuid else one for one in self.targets))
