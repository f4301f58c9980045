"""Changes of ports and port groups that the network interface of their node must agree to: which ones, and asking it.

The conductor asks it and writes the change. It answers False where the node was changed since the change was checked
here; then it is checked again.
"""

import collections.abc
import dataclasses
import typing

import sqlalchemy as sa

from baremetal import errors
from baremetal.api import expose
from baremetal.api.nodes import find
from baremetal.db import belongings, record

#: kind: the columns that a network interface may have to follow; others are the operator's own
FOLLOWED: dict[str, frozenset[str]] = {
    "port": frozenset((
        "address", "is_smartnic", "local_link_connection", "node_id", "physical_network", "portgroup_uuid",
        "pxe_enabled")),
    "portgroup": frozenset((
        "address", "mode", "node_id", "physical_network", "properties", "standalone_ports_supported")),
}
#: the one key of ``extra`` that they may have to follow: what the server's DHCP client calls itself
CLIENT = "client-id"
#: how often a change is checked anew
TRIES = 5


@dataclasses.dataclass(frozen=True)
class Change:
    """A change that was checked: what is changed, of which node, what it says, and what becomes of it."""

    kind: str
    """A key of FOLLOWED."""
    found: sa.Row[typing.Any]
    """The row as it is."""
    owner: sa.Row[typing.Any]
    """Its node."""
    changes: dict[str, typing.Any]
    """The columns that change."""
    told: dict[str, typing.Any]
    """What an event says of it."""

    @property
    def asks(self) -> bool:
        """Whether the network interface is asked, and the conductor writes."""
        return bool(FOLLOWED[self.kind] & set(self.changes)) or (
            "extra" in self.changes
            and record.load(self.changes["extra"]).get(CLIENT) != record.load(self.found.extra).get(CLIENT))

    def require_free(self, connection: sa.Connection, table: sa.Table, what: str) -> None:
        """Raise ``AlreadyExists`` for an address or name that is taken, before anybody outside hears of it."""
        field = belongings.taken(connection, table, self.found.id, self.changes, ("address", "name"))
        if field is not None:
            raise errors.AlreadyExists(what=what, field=field, value=self.changes[field])


def carry_out(call: expose.Call, attempt: collections.abc.Callable[[], Change]) -> Change:
    """Return the change that ``attempt`` has checked, and written unless it ``asks``; it is written then, too."""
    for _ in range(TRIES):
        change = attempt()
        if not change.asks:
            return change
        owner = change.owner
        if call.rpc(find.host(call, owner), "carrier_change", node=owner.uuid, kind=change.kind, ident=change.found.id,
                    generation=owner.generation, changes=change.changes):
            return change
    raise errors.Conflict(text=f"Node {owner.uuid} was changed by others {TRIES} times while this request looked at "
                               "it. Nothing was done; try again.")
