"""Deleting a node: only where nothing runs on it, or in maintenance; what hangs on it goes with it."""

from baremetal import errors, states
from baremetal.api import expose
from baremetal.api.nodes import find, patch
from baremetal.db import nodes

COLUMNS = (*nodes.LEASE, "id", "name", "generation", "provision_state", "instance_uuid", "maintenance", "protected",
           "protected_reason")


@expose.handler("node:delete")
def delete(call: expose.Call, name: str) -> expose.Answer:
    """Delete a node."""
    for _ in range(patch.TRIES):
        found = find.one(call, name, *COLUMNS)
        _check(call, found)
        with call.house.database.write() as connection:
            done = nodes.delete(connection, dict(found._mapping), call.house.clock.now())
        if done:
            call.tell("node", "delete", found)
            return expose.Answer(204)
    raise errors.Conflict(text=f"Node {name} is being changed by others; it was not deleted. Try again.")


def _check(call: expose.Call, found: nodes.Row) -> None:
    """Raise the fault that forbids deletion."""
    locked = nodes.held(dict(found._mapping), call.house.clock.now())
    if locked:
        raise locked
    if found.protected:
        raise errors.NodeProtected(node=found.uuid, verb="delete", reason=found.protected_reason or "none given")
    if found.maintenance:
        return
    if found.instance_uuid:
        raise errors.NodeAssociated(node=found.uuid, instance=found.instance_uuid)
    allowed = states.DELETABLE
    if not call.house.conf.conductor.allow_deleting_available_nodes:
        allowed = allowed - {states.AVAILABLE}
    if found.provision_state not in allowed:
        raise errors.Conflict(text=f"Node {found.uuid} is in provision state {found.provision_state!r}; it can "
                                   f"be deleted in {', '.join(sorted(allowed))}, or in maintenance.")

