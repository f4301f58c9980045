"""Enrolling a node: checked, defaulted, one INSERT; the answer is made of what was written, not read again."""

import typing
import uuid

from baremetal import states
from baremetal.api import access, expose, resource, shapes
from baremetal.api.nodes import columns, interfaces, lists, names, node, properties, relations
from baremetal.db import nodes

#: microversion from which new nodes begin in enroll
ENROLL_SINCE = 11


@expose.handler("node:create", body="document")
def create(call: expose.Call) -> expose.Answer:
    """Create a node."""
    body = call.body
    if isinstance(body, dict) and body.get("conductor_group") == "":
        # the default group may be named by requests that know of no groups
        body = {name: value for name, value in body.items() if name != "conductor_group"}
    owner = access.enrols(call, body.get("owner") if isinstance(body, dict) else None)
    values = resource.take(node.Node, body, call.version)
    names.check(values.get("name"), call.version)
    properties.check(values.get("properties"), call.house.conf.api.disallowed_enrollment_boot_modes)
    if values.get("network_data"):
        shapes.check("network_data", shapes.NETWORK_DATA, values["network_data"])
    row = _row(call, {**values, "owner": owner})
    chassis = _refer(call, values, row)
    with call.house.database.write() as connection:
        nodes.insert(connection, row)
    call.tell("node", "create", row)
    shown = resource.full(node.Node, call.version)
    around = lists.Around(call.base, call.version, row["created_at"], call.house.members.rings(), chassis=chassis)
    document = shown.build(around, [row.get(column) for column in shown.places])
    return expose.Answer(201, document, location=f"nodes/{row['uuid']}")


def _row(call: expose.Call, values: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """Return the row of a new node: what was given, and the defaults."""
    conf = call.house.conf
    row = {**columns.BLANK, **columns.of(values)}
    row["uuid"] = row["uuid"] or str(uuid.uuid4())
    row["conductor_group"] = row["conductor_group"] or conf.default_conductor_group.lower()
    row["resource_class"] = row["resource_class"] or conf.default_resource_class
    row["provision_state"] = states.ENROLL if call.version >= ENROLL_SINCE else states.AVAILABLE
    row["created_at"] = call.house.clock.now()
    served = interfaces.served(call, row["driver"], row["conductor_group"])
    row.update(interfaces.settle(row["driver"], served, row))
    return row


def _refer(call: expose.Call, values: dict[str, typing.Any], row: dict[str, typing.Any]) -> dict[int, str]:
    """Resolve what the node refers to, into ``row``; return the chassis by id."""
    wanted, parent = values.get("chassis_uuid"), values.get("parent_node")
    if wanted is None and parent is None:
        return {}
    chassis = {}
    with call.house.database.read() as connection:
        if wanted is not None:
            row["chassis_id"] = relations.chassis(call, connection, wanted)
            chassis[row["chassis_id"]] = wanted
        if parent is not None:
            row["parent_node"] = relations.parent(call, connection, parent, row)
    return chassis
