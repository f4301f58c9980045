"""Making, changing and deleting allocations. A conductor looks for the node; one that is named is taken at once."""

import logging
import random
import typing
import uuid

import sqlalchemy as sa

from baremetal import errors, states
from baremetal.api import expose, patch, resource, types, versions
from baremetal.api.allocations import allocation, lists
from baremetal.api.nodes import mention
from baremetal.db import allocations, models, nodes, record

LOG = logging.getLogger(__name__)

NODES = models.NODES
#: names the node of an allocation that is made for it; it is not kept
NODE = "node"
NODE_SINCE = 58
#: lists that are stored as JSON
LISTS = ("traits", "candidate_nodes")


@expose.handler("allocation:create", body="document")
def create(call: expose.Call) -> expose.Answer:
    """Make an allocation; a node for it is looked for, or the named one taken."""
    body, node = _node_given(call)
    values = resource.take(allocation.Allocation, body, call.version)
    _check_name(call, values.get("name"))
    _give_to_project(call, values)
    if node is None and values.get("resource_class") is None:
        raise errors.MissingField(field="resource_class", resource="allocation",
                                  wanted="It is the class that the node must have.")
    values["candidate_nodes"] = [_candidate(call, ident) for ident in values.get("candidate_nodes") or []]
    now = call.house.clock.now()
    row = {**values, **{name: record.dump(list(dict.fromkeys(values.get(name) or []))) for name in LISTS},
           "extra": record.dump(values["extra"]) if values.get("extra") else None, "state": allocations.ALLOCATING,
           "uuid": values.get("uuid") or str(uuid.uuid4()), "created_at": now}
    for name in LISTS:
        row[name] = row[name] if row[name] != "[]" else None
    return _backfill(call, row, node) if node is not None else _begin(call, row)


def _node_given(call: expose.Call) -> tuple[typing.Any, str | None]:
    """Return the body without ``node``, and that."""
    if not isinstance(call.body, dict) or NODE not in call.body:
        return call.body, None
    if call.version < NODE_SINCE:
        raise versions.too_new(f"Field {NODE!r}", NODE_SINCE, call.version)
    node = call.body[NODE]
    if node is not None and not isinstance(node, str):
        raise errors.BadField(field=NODE, value=resource.shorten(node), wanted="It must be the UUID or name of a node.")
    return {name: value for name, value in call.body.items() if name != NODE}, node


def _check_name(call: expose.Call, name: str | None) -> None:
    if name is not None and not types.is_name(name, call.version):
        raise errors.BadField(field="name", value=resource.shorten(name),
                              wanted="It must be 1 to 255 of A-Z a-z 0-9 - . _ ~, and no UUID.")


def _give_to_project(call: expose.Call, values: dict[str, typing.Any]) -> None:
    """Projects make allocations of their own only; who has none, and is no operator, makes none."""
    own = call.context.project
    if own is None:
        call.may("allocation:create_restricted")
    if call.house.enforcer.allows("allocation:create_restricted", call.context):
        return
    if values.get("owner") not in (None, own):
        raise errors.Forbidden(why=f"Project {own} may make allocations of its own only, not of project "
                                   f"{values['owner']}.")
    values["owner"] = own


def _candidate(call: expose.Call, ident: str) -> str:
    """Return the UUID of a node that may be considered."""
    try:
        return str(mention.node(call, "candidate_nodes", ident).uuid)
    except errors.NotFound:
        raise errors.BadField(field="candidate_nodes", value=resource.shorten(ident),
                              wanted="There is no such node.") from None


def _begin(call: expose.Call, row: dict[str, typing.Any]) -> expose.Answer:
    """Write an allocation down, and have a conductor look for its node. One that is not reached is no harm."""
    members = call.house.members.rings().members
    if not members:
        raise errors.NoConductorAtAll(what="look for a node")
    shown = resource.full(allocation.Allocation, call.version)
    with lists.NOUN.unique(row), call.house.database.write() as connection:
        allocations.add(connection, row)
        document = lists.show(call, connection, shown, row["uuid"])
    call.tell("allocation", "create", row)
    try:
        call.rpc(random.choice(members).host, "allocate", allocation=row["uuid"])
    except errors.Fault as fault:
        # a conductor that looks after such ones finds it
        LOG.warning("Allocation %s waits for a conductor: %s", row["uuid"], fault.text)
    return expose.Answer(201, document, location=f"allocations/{row['uuid']}")


def _backfill(call: expose.Call, row: dict[str, typing.Any], ident: str) -> expose.Answer:
    """Make an allocation of a node that is in use already."""
    key = "uuid" if types.is_uuid(ident) else "name"
    try:
        mention.node(call, NODE, ident)
    except errors.NotFound:
        raise errors.BadField(field=NODE, value=ident, wanted="There is no such node.") from None
    shown, now = resource.full(allocation.Allocation, call.version), row["created_at"]
    with lists.NOUN.unique(row), call.house.database.write() as connection:
        node = nodes.find(connection, key, ident)
        assert node is not None, "it was there a moment ago"
        if not call.body.get("uuid") and node.instance_uuid:
            row["uuid"] = node.instance_uuid
        locked = nodes.held(dict(node._mapping), now)
        if locked:
            raise locked
        allocations.add(connection, {**row, "resource_class": row.get("resource_class") or node.resource_class})
        made = allocations.find(connection, "uuid", row["uuid"])
        assert made is not None
        _require_fit(connection, made, node)
        allocations.change(connection, made.id, {"state": allocations.ACTIVE, "node_id": node.id})
        if not allocations.hand_over(connection, made, node, now, ()):
            raise errors.Conflict(text=f"Node {node.uuid} is being changed by others. Try again.")
        document = lists.show(call, connection, shown, row["uuid"])
    call.tell("allocation", "create", {**row, "node_uuid": node.uuid})
    return expose.Answer(201, document, location=f"allocations/{row['uuid']}")


def _require_fit(connection: sa.Connection, made: allocations.Row, node: nodes.Row) -> None:
    """Raise where the node is not what the allocation says, or is another one's."""
    if node.allocation_uuid is not None:
        raise errors.Conflict(text=f"Node {node.uuid} has allocation {node.allocation_uuid} already.")
    if node.instance_uuid not in (None, made.uuid):
        raise errors.NodeAssociated(node=node.uuid, instance=node.instance_uuid)
    if node.provision_state != states.ACTIVE:
        raise errors.Conflict(text=f"Node {node.uuid} is in provision state {node.provision_state!r}; an allocation "
                                   f"can be made for a node that is {states.ACTIVE}. For one to deploy, name it in "
                                   "candidate_nodes instead.")
    for words, condition in allocations.wishes(made):
        if connection.execute(sa.select(NODES.c.id).where(NODES.c.id == node.id, condition)).first() is None:
            raise errors.Conflict(text=f"Node {node.uuid} is not {words}, as this allocation asks for.")


@expose.handler("allocation:update", body="document")
def change(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Change name and extra of an allocation."""
    operations = patch.read(allocation.Allocation, call.body, call.version)
    shown = resource.full(allocation.Allocation, call.version)
    row: dict[str, typing.Any] = {}
    with lists.NOUN.unique(row), call.house.database.write() as connection:
        found = lists.judged(call, connection, name, lock=True)
        values = patch.apply(allocation.Allocation, operations, {
            "name": found.name, "extra": record.load(found.extra)})
        _check_name(call, values.get("name"))
        row.update({field: record.dump(value) if isinstance(value, dict) else value
                    for field, value in values.items()})
        allocations.change(connection, found.id, {**row, "updated_at": call.house.clock.now()})
        document = lists.show(call, connection, shown, found.uuid)
    call.tell("allocation", "update", {"uuid": found.uuid, "name": document["name"], "owner": found.owner})
    return document


@expose.handler("allocation:delete")
def remove(call: expose.Call, name: str) -> expose.Answer:
    """Delete an allocation; its node is free again."""
    return _remove(call, name)


@expose.handler("allocation:delete")
def remove_of_node(call: expose.Call, name: str) -> expose.Answer:
    """Delete the allocation of a node."""
    return _remove(call, lists.named_by_node(call, name))


def _remove(call: expose.Call, name: str) -> expose.Answer:
    now = call.house.clock.now()
    with call.house.database.write() as connection:
        found = lists.judged(call, connection, name, lock=True)
        if found.node_id is not None:
            _free(connection, found, now)
        allocations.remove(connection, found.uuid)
    call.tell("allocation", "delete", {"uuid": found.uuid, "name": found.name, "owner": found.owner})
    return expose.Answer(204)


def _free(connection: sa.Connection, found: allocations.Row, now: typing.Any) -> None:
    """Take an allocation off its node; raises where the node relies on it."""
    node = connection.execute(sa.select(NODES).where(NODES.c.id == found.node_id).with_for_update()).one()
    busy = node.target_provision_state and node.provision_state not in states.UPDATABLE
    if not node.maintenance and (node.provision_state == states.ACTIVE or busy):
        raise errors.Conflict(text=f"Allocation {found.uuid} cannot be deleted: its node {node.uuid} is in provision "
                                   f"state {node.provision_state!r}. Undeploy the node; that deletes it.")
    locked = nodes.held(dict(node._mapping), now)
    if locked:
        raise locked
    if not allocations.let_go(connection, node, now):
        raise errors.Conflict(text=f"Node {node.uuid} is being changed by others. Try again.")


