"""What a port's group asks of the port: the same node, the same physical network, and whether it may boot alone."""

import typing

import sqlalchemy as sa

from baremetal import errors
from baremetal.api import expose, versions
from baremetal.db import belongings, models

#: microversion from which the physical network of a port in a group is the group's
NETWORK_OF_GROUP = 102


def join(call: expose.Call, connection: sa.Connection, node: tuple[int, str], port: dict[str, typing.Any],
         was: dict[str, typing.Any]) -> None:
    """Raise where a port, as it shall be, cannot be in the port group that it names. ``node`` is id and UUID."""
    ident = port.get("portgroup_uuid")
    if ident is None:
        return
    found = belongings.locked(connection, models.PORTGROUPS, "uuid", ident)
    if found is None or found.node_id != node[0]:
        # the same of both: who changes ports of its own nodes is not told which groups other nodes have
        raise errors.BadField(field="portgroup_uuid", value=ident,
                              wanted=f"It must be a port group of the port's node, {node[1]}; that has no such group.")
    named = port.get("physical_network")
    if (call.version >= NETWORK_OF_GROUP and was.get("portgroup_uuid") == ident
            and named != was.get("physical_network")):
        raise errors.Invalid(text=f"The physical_network of a port in a port group is its group's; change it there "
                                  f"(port group {ident}, from API version {versions.text(NETWORK_OF_GROUP)} on).")
    if not found.standalone_ports_supported and port.get("pxe_enabled", True):
        raise errors.Conflict(text=f"Port group {ident} does not support standalone ports, so its ports cannot have "
                                   "pxe_enabled. Set pxe_enabled to false.")
    others = {one.physical_network for one in belongings.members(connection, ident) if one.uuid != port.get("uuid")}
    if others and named not in others:
        raise errors.Conflict(text=f"The ports of port group {ident} are on physical network "
                                   f"{', '.join(map(repr, sorted(map(str, others))))}, so this one cannot be on "
                                   f"{named!r}. All members of a group must agree.")
