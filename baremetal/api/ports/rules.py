"""When a port may not be changed: what its node is doing, and what it relies on."""

import typing

import sqlalchemy as sa

from baremetal import clock, errors, states
from baremetal.api import expose
from baremetal.api.ports import port


def require_free(call: expose.Call, owner: sa.Row[typing.Any]) -> None:
    """Raise ``NodeLocked`` while somebody holds the node of the port."""
    if owner.reservation and owner.lease_deadline and owner.lease_deadline > call.house.clock.now():
        raise errors.NodeLocked(node=owner.uuid, holder=owner.reservation, why=owner.lease_why,
                                since=clock.iso(owner.lease_since))


def require_settled(owner: sa.Row[typing.Any], found: sa.Row[typing.Any], changes: dict[str, typing.Any]) -> None:
    """Raise ``Conflict`` where the node relies on what shall be changed."""
    if owner.maintenance:
        return
    wired = [name for name in (*port.CONNECTIVITY, "node_id") if name in changes]
    if wired and owner.provision_state not in states.REWIRABLE:
        names = ", ".join("node_uuid" if name == "node_id" else name for name in wired)
        raise errors.Conflict(text=(
            f"Port {found.uuid}: {names} cannot be changed while node {owner.uuid} is in provision state "
            f"{owner.provision_state!r}. Put the node into maintenance, or into one of: "
            f"{', '.join(sorted(states.REWIRABLE))}."))
    if "address" in changes and (owner.instance_uuid or owner.provision_state == states.ACTIVE):
        raise errors.Conflict(text=(
            f"Port {found.uuid}: address cannot be changed while node {owner.uuid} carries an instance (provision "
            f"state {owner.provision_state!r}, instance {owner.instance_uuid}). Put the node into maintenance first."))


def require_not_inspecting(call: expose.Call, owner: sa.Row[typing.Any], name: str) -> None:
    """Raise ``Conflict`` while the node is being inspected; clients older than 1.39 do not expect it."""
    if owner.provision_state == states.INSPECTING and call.version >= 39:
        raise errors.Conflict(text=f"Port {name} cannot be changed while node {owner.uuid} is in provision state "
                                   f"{states.INSPECTING!r}. Try again when the inspection has ended.")
