"""What a caller sees of a node that it sees at all: fields with a rule of their own, and secrets for whom may see them.

Operators are past the threshold and are asked nothing more; by default nobody sees secrets.
"""

import collections.abc
import functools
import typing

import sqlalchemy as sa

from baremetal.api import access, expose, resource
from baremetal.api.nodes import node
from baremetal.db import engine, models, record

NODES = models.NODES
#: field: the rule by which it is shown below the threshold
SENSITIVE = {field: f"node:get:{field}" for field in ("last_error", "reservation", "driver_internal_info",
                                                      "driver_info")}
THRESHOLD = "node:get:filter_threshold"
#: field: the rule by which its secrets are shown
SECRETS = {"driver_info": "show_password", "driver_internal_info": "show_password",
           "instance_info": "show_instance_secrets"}

Items = collections.abc.Iterable[dict[str, typing.Any]]


class Sight:
    """The eyes of one caller on nodes shown in one view."""

    def __init__(self, call: expose.Call, names: tuple[str, ...]) -> None:
        self._call = call
        ask = call.house.enforcer.allows
        limited = not ask(THRESHOLD, call.context)
        #: fields that are shown to some only
        self.asked = tuple(field for field in SENSITIVE if limited and field in names)
        #: fields whose secrets this caller sees
        self.bare = tuple(field for field, rule in SECRETS.items() if field in names and ask(rule, call.context))
        self._known: dict[tuple[str | None, str | None], dict[str, typing.Any]] = {}

    @property
    def needs(self) -> tuple[str, ...]:
        """Fields that must be read of a node beside those that are shown."""
        return (*(access.TENANTS if self.asked else ()), *(("uuid",) if self.bare else ()))

    def conceal(self, item: dict[str, typing.Any], owner: str | None, lessee: str | None) -> None:
        """Put a sentence in the place of what the caller may not see of a node of these tenants."""
        key = owner, lessee
        if key not in self._known:
            owned = access.Owned("Node", "", owner, lessee)
            self._known[key] = {field: _sentence(field) for field in self.asked
                                if not access.permits(self._call, SENSITIVE[field], owned)}
        item.update(self._known[key])

    def look(self, database: engine.Database, items: list[dict[str, typing.Any]]) -> None:
        """Do both with a page of nodes, which have what this ``needs``."""
        if self.bare:
            with database.read() as connection:
                self.bare_secrets(connection, items)
        if self.asked:
            for item in items:
                self.conceal(item, item["owner"], item["lessee"])

    def bare_secrets(self, connection: sa.Connection, items: Items) -> None:
        """Put secrets back, where the caller may see them."""
        if not self.bare:
            return
        by_uuid = {item["uuid"]: item for item in items}
        columns = [NODES.c[name] for field in self.bare for name in (field, f"{field}_secrets")]
        for row in connection.execute(sa.select(NODES.c.uuid, *columns).where(NODES.c.uuid.in_(by_uuid))):
            for field in self.bare:
                whole = record.join(row._mapping[field], row._mapping[f"{field}_secrets"])
                by_uuid[row.uuid][field] = whole


@functools.cache
def _sentence(field: str) -> typing.Any:
    """Return what stands in the place of a field; clients expect an object where there is one."""
    text = f"** Not shown: it needs the permission baremetal:{SENSITIVE[field]}. **"
    return {"content": text} if node.Node.fields()[field].kind.stored == "json" else text


def widened(shown: resource.View, version: int, *names: str) -> tuple[resource.View, tuple[str, ...]]:
    """Return a view that has these fields too, and those of them that the client did not ask for."""
    hidden = tuple(dict.fromkeys(name for name in names if name not in shown.names))
    return (resource.view(node.Node, version, (*shown.names, *hidden)) if hidden else shown), hidden


def settle(call: expose.Call, connection: sa.Connection, shown: resource.View, item: dict[str, typing.Any],
           owned: access.Owned) -> dict[str, typing.Any]:
    """Return the document of one node as the caller may see it; ``shown`` has its uuid."""
    sight = Sight(call, shown.names)
    sight.bare_secrets(connection, [item])
    if sight.asked:
        sight.conceal(item, owned.owner, owned.lessee)
    return item
