"""Changes of ports and port groups that the node's network interface must agree to. What else a change must keep to,
the API has checked; nothing is chosen here.
"""

import types
import typing
from collections import abc

import sqlalchemy as sa
from oslo_db import exception

from baremetal import context, errors
from baremetal.conductor import attention, draft, hold, means
from baremetal.db import belongings, duplicates, models

#: what is changed: its table, its word, and the columns that no two may share
KINDS: dict[str, tuple[sa.Table, str, tuple[str, ...]]] = {
    "port": (models.PORTS, "port", ("address", "name")),
    "portgroup": (models.PORTGROUPS, "port group", ("address", "name")),
}


class Ports:
    """The desk."""

    def __init__(self, shared: means.Means, watchful: attention.Attention) -> None:
        self._means, self._attention = shared, watchful

    def table(self) -> dict[str, abc.Callable[..., typing.Any]]:
        """Return the work by its name."""
        return {"carrier_change": self.change}

    def change(self, ctx: context.Context, node: str, kind: str, ident: int, *, generation: int,
               changes: dict[str, typing.Any]) -> bool:
        """Let the network interface follow a change, then store it; a fault of it stores nothing.

        Returns False, having done nothing, where the node is not any more as it was when the change was checked.
        """
        table, word, _ = KINDS[kind]
        found = hold.read(self._means, node, ctx)
        hold.refuse_held(found)
        if found.node.generation != generation:
            return False
        found.take(f"changing a {word}")
        try:
            found.save()
        except draft.Changed:
            return False
        with hold.working(found), self._attention.waited_for(found):
            was = next((row for row in getattr(found, table.name) if row.id == ident), None)
            if was is None:
                return False
            found.network.validate(found)
            ask = found.network.port_changed if kind == "port" else found.network.portgroup_changed
            ask(found, was, types.SimpleNamespace(**{**was._mapping, **changes}))
            found.draft.writes.append(lambda connection: self._store(connection, kind, was, changes))
            # here, so that a refusal of the database gives the node back
            found.save()
        return True

    def _store(self, connection: sa.Connection, kind: str, was: typing.Any, changes: dict[str, typing.Any]) -> None:
        table, word, unique = KINDS[kind]
        try:
            belongings.change(connection, table, was.id, {**changes, "updated_at": self._means.clock.now()})
        except exception.DBDuplicateEntry as error:
            field = duplicates.column(error, table.name, unique) or unique[0]
            raise errors.AlreadyExists(what=word, field=field, value=changes.get(field)) from error
        if kind == "portgroup":
            _require_members(connection, was, changes)
        if kind == "portgroup" and "physical_network" in changes:
            belongings.name_network(connection, was.uuid, changes["physical_network"])


def _require_members(connection: sa.Connection, was: typing.Any, changes: dict[str, typing.Any]) -> None:
    """Raise where a port that came into the group since the change was checked does not allow it.

    Who adds one locks the group's row, which is changed here already: later ones see it as it is now.
    """
    moved, whole = "node_id" in changes, changes.get("standalone_ports_supported") is False
    members = belongings.members(connection, was.uuid) if moved or whole else []
    if any(moved or port.pxe_enabled for port in members):
        raise errors.Conflict(text=f"Port group {was.uuid} has got a port while this change was made, and does not "
                                   "allow it any more. Nothing was changed; look at its ports.")
