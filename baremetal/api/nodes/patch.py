"""Changing a node: JSON Patch, then the rules between its fields, then one conditional UPDATE of what differs.

No lock: the row is written only if nobody wrote it since it was read, else it is read again. Fields that
hardware work reads are refused while somebody holds the node; the others do not wait for it.
"""

import typing

from baremetal import errors
from baremetal.api import access, expose, patch, resource, types
from baremetal.api.nodes import columns, find, interfaces, lists, node, permits, rules, sight
from baremetal.db import allocations, nodes
from baremetal.notify import happening

#: times to read and write anew when others write the same node
TRIES = 10
#: columns that work on the hardware reads: they change only while nobody holds the node
HELD = frozenset({"driver", "driver_info", "driver_info_secrets", "properties", "instance_info",
                  "instance_info_secrets", "instance_uuid", "network_data", "conductor_group", *interfaces.FIELDS})
PARAMS = {"reset_interfaces": expose.Param(types.FLAG, since=45)}


@expose.handler("node:update", params=PARAMS, body="document")
def change(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Patch a node."""
    operations = patch.read(node.Node, call.body, call.version)
    reset = bool(call.params.get("reset_interfaces"))
    if reset and not any(operation.path == "/driver" for operation in operations):
        raise errors.BadField(field="reset_interfaces", value=reset, wanted="It is for changing the driver: give it "
                              "with an operation on /driver, or not at all.")
    wanted = permits.of(operations)
    for _ in range(TRIES):
        found = find.one(call, name, rule=wanted[0])
        for rule in wanted[1:]:
            access.judge(call, rule, find.owned(name, found))
        made = rules.Change(call, dict(found._mapping), operations, reset)
        if _write(call, made):
            return _show(call, made)
    raise errors.Conflict(text=f"Node {name} was changed by others {TRIES} times while this change was worked out; "
                               "nothing was written. Try again.")


def _write(call: expose.Call, made: rules.Change) -> bool:
    """Work out the change and write it; False when the node was changed meanwhile."""
    rules.require_settled(made)
    _apply(made)
    now = call.house.clock.now()
    hardware = not HELD.isdisjoint(made.changes)
    locked = nodes.held(made.row, now) if hardware else None
    if locked:
        raise locked
    if not made.changes:
        return True
    made.changes["updated_at"] = now
    values = {column: value for column, value in made.changes.items() if column != "updated_at"}
    with call.house.database.write() as connection:
        done = nodes.update(connection, made.row, values, now, only_free=hardware)
        if done and made.row["allocation_uuid"] and "allocation_uuid" in values:
            allocations.forget(connection, made.row["allocation_uuid"])
    if done and values:
        row = {**made.row, **values}
        action = happening.MAINTENANCE if "maintenance" in values else happening.UPDATE
        call.tell("node", action, row, **happening.facts(row))
    return done


def _apply(made: rules.Change) -> None:
    """Fill ``made`` with what the patch makes of the row."""
    touched = patch.touched(made.operations)
    document = {field: columns.value(field, made.row) for field in touched}
    made.asked = patch.apply(node.Node, made.operations, document)
    made.take(columns.of(made.asked, {field: columns.value(field, made.row) for field in touched}))
    for rule in rules.ALL:
        rule(made)


def _show(call: expose.Call, made: rules.Change) -> dict[str, typing.Any]:
    """Return the node as it is now."""
    shown = resource.full(node.Node, call.version)
    row = {**made.row, **made.changes}
    picked: typing.Any = [row[column] for column in shown.places]
    with call.house.database.read() as connection:
        item = shown.build(lists.around(call)(connection, shown, [picked]), picked)
        return sight.settle(call, connection, shown, item,
                            access.Owned("Node", row["uuid"], row["owner"], row["lessee"]))

