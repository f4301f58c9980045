"""What port groups, volume connectors and volume targets share: each hangs on a node, whose tenants it has, and is
read, locked and judged the same way. What they are stands in their own rooms.
"""

import collections.abc
import contextlib
import dataclasses
import typing
import uuid

import sqlalchemy as sa
from oslo_db import exception

from baremetal import errors
from baremetal.api import access, expose, lists, resource, types
from baremetal.api.nodes import mention
from baremetal.db import belongings, collection, duplicates, models, ports

NODES = models.NODES


@dataclasses.dataclass
class Around:
    """What the computed fields of a page look at."""

    base: str
    version: int
    nodes: dict[int, str] = dataclasses.field(default_factory=dict)
    #: whether properties may be seen
    open: bool = True


@dataclasses.dataclass(frozen=True)
class Noun:
    """One kind of them: its declaration, the first part of its rules, its path, the columns that are unique."""

    kind: type[resource.Resource]
    rules: str
    path: str
    unique_columns: tuple[str, ...]
    #: whether it can be named
    named: bool = False
    #: rule without which its properties are not shown
    opened_by: str | None = None

    @property
    def table(self) -> sa.Table:
        """Its table."""
        return self.kind.about().table

    @property
    def title(self) -> str:
        """Its word in messages."""
        return self.kind.about().title

    def key(self, call: expose.Call, ident: str) -> str:
        """Return which column an identifier is for; raises ``BadField``."""
        if types.is_uuid(ident):
            return "uuid"
        if self.named and types.is_name(ident, call.version):
            return "name"
        raise errors.BadField(field=self.title, value=resource.shorten(ident),
                              wanted=f"It must be the UUID{' or name' * self.named} of a {self.title}.")

    def around(self, call: expose.Call) -> lists.Lookup:
        """Return the function that looks up, once for a page, what its view needs."""
        def look(connection: sa.Connection, shown: resource.View, rows: typing.Any) -> Around:
            seen = self.opened_by is None or call.house.enforcer.allows(self.opened_by, call.context)
            found = Around(call.base, call.version, open=seen)
            if "node_uuid" in shown.names:
                place = shown.places["node_id"]
                found.nodes = ports.node_uuids(connection, {row[place] for row in rows})
            return found
        return look

    def where(self, call: expose.Call, node: str | None) -> list[collection.Where]:
        """Return the conditions of who asks, and of the node that is asked for."""
        node_id = self.table.c.node_id
        where = access.fenced(call, access.listed_tenancy(
            call, node_id, access.project(call, f"{self.rules}:list_all")))
        if node is not None:
            where.append(node_id == mention.node(call, "node", node).id)
        return where

    def page(self, call: expose.Call, shown: resource.View, where: list[collection.Where],
             path: str = "") -> dict[str, typing.Any]:
        """Return a page."""
        return lists.collect(call, lists.Collection(self.kind), shown, where, self.around(call), path or self.path)

    def one(self, call: expose.Call, ident: str) -> dict[str, typing.Any]:
        """Return the document of the one that ``ident`` names, with the fields that are asked for."""
        asked = call.params.get("fields")
        shown = resource.full(self.kind, call.version) if asked is None else resource.chosen(
            self.kind, call.version, asked)
        column = self.key(call, ident)
        with call.house.database.read() as connection:
            return self.show(call, connection, shown, (column, ident))

    def show(self, call: expose.Call, connection: sa.Connection, shown: resource.View,
             key: tuple[str, str]) -> dict[str, typing.Any]:
        """Return the document of the one that ``key`` (column, value) names; raises ``NotFound``."""
        row = connection.execute(shown.one(key[0], NODES.c.owner, NODES.c.lessee), {"key": key[1]}).first()
        if row is None:
            raise self.missing(key[1])
        access.judge(call, f"{self.rules}:get", access.Owned(self.title.capitalize(), key[1], row[-2], row[-1]))
        document: dict[str, typing.Any] = shown.build(self.around(call)(connection, shown, [row]), row)
        return document

    def missing(self, ident: str) -> errors.NotFound:
        """Return the fault for one that is not there, or that the caller may not see."""
        return errors.NotFound(what=self.title.capitalize(), ident=ident)

    def locked(self, call: expose.Call, connection: sa.Connection,
               ident: str) -> tuple[sa.Row[typing.Any], sa.Row[typing.Any]]:
        """Return the one that ``ident`` names and its node, both locked; judged."""
        found = belongings.locked(connection, self.table, self.key(call, ident), ident)
        if found is None:
            raise self.missing(ident)
        owner = ports.owner(connection, found.node_id)
        access.judge(call, call.rule, access.Owned(self.title.capitalize(), ident, owner.owner, owner.lessee))
        return found, owner

    def new(self, call: expose.Call) -> dict[str, typing.Any]:
        """Return the checked values of a new one, with ``node_id`` in the place of its node's UUID."""
        values = resource.take(self.kind, call.body, call.version)
        ident = values.pop("node_uuid")
        try:
            node = mention.node(call, "node_uuid", ident, call.rule)
        except errors.NotFound:
            # who may make them on its own nodes only is not told which others there are
            call.may(call.rule)
            raise errors.BadField(field="node_uuid", value=ident, wanted="There is no such node.") from None
        return {**values, "uuid": values.get("uuid") or str(uuid.uuid4()), "node_id": node.id,
                "node_uuid": node.uuid, "owner": node.owner, "lessee": node.lessee,
                "created_at": call.house.clock.now()}

    def insert(self, call: expose.Call, row: dict[str, typing.Any]) -> expose.Answer:
        """Write a new one, ``row`` as ``new`` has made it and columns in place; return its document."""
        shown = resource.full(self.kind, call.version)
        columns = {name: value for name, value in row.items() if name in self.table.c}
        with call.house.database.write() as connection, self.unique(row):
            belongings.add(connection, self.table, columns)
            document = self.show(call, connection, shown, ("uuid", row["uuid"]))
        call.tell(self.title.replace(" ", ""), "create", row)
        return expose.Answer(201, document, location=f"{self.path}/{row['uuid']}")

    def moved(self, call: expose.Call, connection: sa.Connection, owner: sa.Row[typing.Any],
              ident: str | None) -> sa.Row[typing.Any]:
        """Return the node that it shall belong to from now on, locked and judged."""
        if ident in (None, owner.uuid):
            return owner
        found = ports.owner_named(connection, ident)
        if found is None or not access.permits(call, "node:get", access.Owned("Node", ident, found.owner,
                                                                              found.lessee)):
            raise errors.BadField(field="node_uuid", value=ident, wanted="There is no such node.")
        access.judge(call, f"{self.rules}:create", access.Owned("Node", ident, found.owner, found.lessee))
        return found

    @contextlib.contextmanager
    def unique(self, row: dict[str, typing.Any]) -> collections.abc.Iterator[None]:
        """Turn the database's refusal of a value that is taken, or of a node that just went, into a fault."""
        try:
            yield
        except exception.DBDuplicateEntry as error:
            field = duplicates.column(error, self.table.name, self.unique_columns) or self.unique_columns[-1]
            raise errors.AlreadyExists(what=self.title, field=field, value=row.get(field)) from error
        except exception.DBReferenceError as error:
            raise errors.NotFound(what="Node", ident=f"of the {self.title}") from error
