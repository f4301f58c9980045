"""VIFs in the books: which port or port group carries which one. What networks that know VIFs have in common.

A VIF is something of the world outside, such as a port of Neutron, of which only the id is known here. It is noted in
the ``internal_info`` of what carries it. Nothing here speaks to anybody.
"""

import collections
import collections.abc
import json
import typing

from baremetal import errors
from baremetal.drivers import network, task

#: the note that a port or port group carries a VIF of the tenant
CARRIES = "tenant_vif_port_id"

Carrier = typing.Any
Physical = collections.abc.Set[str]


class Vifs(network.Network):
    """A network that notes VIFs at ports and port groups."""

    def physical_networks(self, task: task.Task, vif: collections.abc.Mapping[str, typing.Any]) -> Physical:
        """Return the physical networks on which ``vif`` can be; none says that any will do. May block."""
        return frozenset()

    def vifs(self, task: task.Task) -> list[dict[str, typing.Any]]:
        """Return what is noted, those of ports first."""
        found = (carried(carrier) for carrier in (*task.ports, *task.portgroups))
        return [{"id": vif} for vif in found if vif is not None]

    def attach_vif(self, task: task.Task, vif: collections.abc.Mapping[str, typing.Any]) -> None:
        """Note ``vif`` at the best free carrier; Conflict when it is noted already, Invalid when nothing is free."""
        chosen = choose(task, vif, self.physical_networks(task, vif))
        task.keep(chosen, **{CARRIES: vif["id"]})

    def detach_vif(self, task: task.Task, vif: str) -> None:
        """Take the note away."""
        for carrier in (*task.ports, *task.portgroups):
            if carried(carrier) == vif:
                task.keep(carrier, **{CARRIES: None})
                return
        raise errors.Invalid(text=f"VIF {vif} cannot be detached from node {task.node.uuid}: it is not attached. "
                                  f"Attached are: {_listed(task)}.")

    def port_changed(self, task: task.Task, was: Carrier, port: Carrier) -> None:
        """Refuse what would take a port away from the VIF that it carries."""
        vif = carried(was)
        if vif is None:
            return
        if port.node_id != was.node_id:
            raise errors.Conflict(text=f"Port {was.uuid} cannot go to another node while it carries VIF {vif}. Detach "
                                       "the VIF first.")
        group = next((group for group in task.portgroups if group.uuid == port.portgroup_uuid), None)
        if group is not None and not group.standalone_ports_supported:
            raise errors.Conflict(text=f"Port group {group.uuid} does not support standalone ports, and port "
                                       f"{was.uuid} carries VIF {vif} by itself. Detach the VIF first.")

    def portgroup_changed(self, task: task.Task, was: Carrier, group: Carrier) -> None:
        """Refuse what would take a port group, or its ports, away from the VIFs that they carry."""
        vif = carried(was)
        if vif is not None and group.node_id != was.node_id:
            raise errors.Conflict(text=f"Port group {was.uuid} cannot go to another node while it carries VIF {vif}. "
                                       "Detach the VIF first.")
        single = [port.uuid for port in _members(task)[was.uuid] if carried(port) is not None]
        if single and not group.standalone_ports_supported:
            raise errors.Conflict(text=f"Ports of port group {was.uuid} carry VIFs by themselves "
                                       f"({', '.join(single)}), so standalone_ports_supported cannot be false. Detach "
                                       "their VIFs first.")


def carried(carrier: Carrier) -> str | None:
    """Return the VIF that is noted at a port or port group."""
    vif: str | None = json.loads(carrier.internal_info or "{}").get(CARRIES)
    return vif


def choose(task: task.Task, vif: collections.abc.Mapping[str, typing.Any], physical: Physical) -> Carrier:
    """Return what shall carry ``vif``: on one of its physical networks first, then port groups, then what boots."""
    for carrier in (*task.ports, *task.portgroups):
        if carried(carrier) == vif["id"]:
            raise errors.Conflict(text=f"VIF {vif['id']} is attached to node {task.node.uuid} already, at "
                                       f"{carrier.uuid}.")
    free = [*_groups(task, vif, physical), *_ports(task, vif, physical)]
    if not free:
        raise errors.Invalid(text=f"VIF {vif['id']} cannot be attached to node {task.node.uuid}: {_why(task, vif)}.")
    return max(free, key=lambda found: found[:3])[3]


#: what decides between free carriers, the higher the better: its physical network fits, it is a group, it boots
Ranked = tuple[bool, bool, bool, Carrier]


def _groups(task: task.Task, vif: collections.abc.Mapping[str, typing.Any], physical: Physical) -> list[Ranked]:
    """Return the free port groups: none of their ports carries a VIF of its own."""
    if vif.get("port_uuid"):
        return []
    wanted, found = vif.get("portgroup_uuid"), []
    for group in task.portgroups:
        members = _members(task)[group.uuid]
        networks = {port.physical_network for port in members}
        if (members and len(networks) == 1 and wanted in (None, group.uuid) and carried(group) is None
                and not any(map(carried, members)) and _fits(members[0], physical)):
            found.append((networks <= physical, True, True, group))
    return found


def _ports(task: task.Task, vif: collections.abc.Mapping[str, typing.Any], physical: Physical) -> list[Ranked]:
    """Return the free ports: those of no group, and those of a group of which another port carries a VIF."""
    wanted = vif.get("port_uuid")
    if vif.get("portgroup_uuid"):
        return []
    split = {group.uuid for group in task.portgroups
             if carried(group) is None and any(map(carried, _members(task)[group.uuid]))}
    return [(port.physical_network in physical, False, bool(port.pxe_enabled), port) for port in task.ports
            if wanted in (None, port.uuid) and (port.portgroup_uuid is None or port.portgroup_uuid in split)
            and carried(port) is None and _fits(port, physical)]


def _members(task: task.Task) -> dict[str, list[Carrier]]:
    """Return the ports of each group."""
    found = collections.defaultdict(list)
    for port in task.ports:
        found[port.portgroup_uuid].append(port)
    return found


def _fits(port: Carrier, physical: Physical) -> bool:
    return not physical or port.physical_network is None or port.physical_network in physical


def _why(task: task.Task, vif: collections.abc.Mapping[str, typing.Any]) -> str:
    """Return why nothing is free."""
    named = vif.get("port_uuid") or vif.get("portgroup_uuid")
    if named and named not in [carrier.uuid for carrier in (*task.ports, *task.portgroups)]:
        return f"{named} is neither a port nor a port group of it"
    if named:
        return f"{named} is not free"
    if not task.ports:
        return "it has no physical port. Create its ports first"
    return f"no physical port of it is free. Attached are: {_listed(task)}"


def _listed(task: task.Task) -> str:
    return ", ".join(vif for carrier in (*task.ports, *task.portgroups) if (vif := carried(carrier))) or "none"
