"""What an agent found on a server, written to node, ports and inventory in one transaction. Judges no report: the room
``inspection`` does.
"""

import functools
import logging
import typing
import uuid

import orjson

from baremetal import errors, inspection
from baremetal.conductor import outward, task
from baremetal.db import inspection_rules, inventory, nodes, ports, record, traits
from baremetal.drivers.agent import logs
from baremetal.inspection.rules import form

LOG = logging.getLogger(__name__)

#: most traits of a node
MOST_TRAITS = 50
#: dict columns of ports
PORT_DICTS = ("extra", "internal_info", "local_link_connection")
PORT_DEFAULTS = {"pxe_enabled": True, "is_smartnic": False, "available_for_dynamic_portgroup": True}


def process(held: task.Task) -> dict[str, typing.Any]:
    """Note on the task what its pending report says, to be written by its next ``save``; return facts to show.

    Without a report there is nothing to do. Raises ``StepFailed`` for one that tells of a failure or is none.
    """
    node, shared = held.node, held.means
    with shared.database.read() as connection:
        raw = inventory.pending(connection, node.id)
        if raw is None:
            return {}
        previous = inventory.shown(connection, node.id)
        rules = [_rule(one) for one in inspection_rules.of_phase(connection, "main")]
    around = inspection.Around(held.ports, rules, previous, outward.asker(held.conf, shared.clock))
    found = inspection.process(orjson.loads(raw), node, around, held.conf)
    shown, data = record.dump(found.inventory), record.dump(found.plugin_data)
    held.draft.writes.append(lambda connection: inventory.store(connection, node.id, shown, data, shared.clock.now()))
    _keep_logs(held, found)
    if found.failed is not None:
        raise errors.StepFailed(interface="inspect", step="process", why=found.failed)
    _refuse_taken(held, found)
    _change_node(held, found)
    node.properties = found.properties
    if found.boot_mode is not None:
        node.boot_mode = found.boot_mode
    _write_ports(held, found)
    return {"new_ports": [port["address"] for port in found.new_ports],
            "changed_ports": len(found.changed_ports), "gone_ports": len(found.gone_ports),
            **({"changed": sorted(found.attributes)} if found.attributes else {})}


def _rule(row: typing.Any) -> form.Rule:
    """Return a stored rule as it is run."""
    return form.Rule(row.uuid, orjson.loads(row.actions), orjson.loads(row.conditions or "[]"), row.priority,
                     bool(row.sensitive), row.phase, row.description)


def _change_node(held: task.Task, found: inspection.Outcome) -> None:
    """Give the node what rules gave its fields, and its traits; raises ``StepFailed`` where that cannot be."""
    node, was = held.node, {}
    name = found.attributes.get("name")
    with held.means.database.read() as connection:
        other = nodes.find(connection, "name", name, ("uuid",)) if name and name != node.name else None
        known = traits.names(connection, node.id) if found.traits else []
    if other is not None and other.uuid != node.uuid:
        raise errors.StepFailed(interface="inspect", step="process", why=(
            f"an inspection rule wants to name the node {name!r}, which node {other.uuid} is called"))
    for column, value in found.attributes.items():
        was[column] = getattr(node, column)
        setattr(node, column, value)
    try:
        if any(column == "driver" or column.endswith("_interface") for column in was):
            held.means.drivers.bind(node)
    except errors.Fault as fault:
        for column, value in was.items():
            setattr(node, column, value)
        raise errors.StepFailed(interface="inspect", step="process", why=(
            f"an inspection rule gives the node what this conductor does not have: {fault.text}")) from fault
    if found.traits:
        wanted = [one for one in known if found.traits.get(one, True)]
        wanted += [one for one, given in found.traits.items() if given and one not in wanted]
        if len(wanted) > MOST_TRAITS:
            raise errors.StepFailed(interface="inspect", step="process", why=(
                f"inspection rules would give the node {len(wanted)} traits; it may have {MOST_TRAITS}"))
        held.draft.writes.append(lambda connection: traits.put(connection, node.id, wanted))


def _keep_logs(held: task.Task, found: inspection.Outcome) -> None:
    """Keep the logs in the report where the options want them; that they cannot be kept fails nothing."""
    wanted = (logs.ALWAYS, logs.ON_FAILURE) if found.failed is not None else (logs.ALWAYS,)
    if found.logs and held.conf.agent.deploy_logs_collect in wanted:
        try:
            logs.keep(held, found.logs, "inspect")
        except OSError as error:
            LOG.warning("Node %s: the logs in its agent's report were not kept: %s", held.node.uuid, error)


def _refuse_taken(held: task.Task, found: inspection.Outcome) -> None:
    """Raise ``StepFailed`` where a port to be made is another node's."""
    with held.means.database.read() as connection:
        taken = ports.of_others(connection, held.node.id, [port["address"] for port in found.new_ports])
    if taken:
        address, other = taken[0].address, taken[0].node
        LOG.warning("Node %s: its interface %s is a port of node %s already", held.node.uuid, address, other)
        # who owns this node is not told of others'; the log is for operators
        named = f"node {other}" if taken[0].owner == held.node.owner else "a node of another owner"
        raise errors.StepFailed(interface="inspect", step="process", why=(
            f"the server has an interface {address}, which is a port of {named} already. Delete that port, or the node "
            "that is enrolled twice, then inspect again"))


def _write_ports(held: task.Task, found: inspection.Outcome) -> None:
    now, writes = held.means.clock.now(), held.draft.writes
    for values in found.new_ports:
        row = {**PORT_DEFAULTS, **_columns(values), "uuid": str(uuid.uuid4()), "node_id": held.node.id,
               "created_at": now}
        writes.append(functools.partial(ports.add, values=row))
    for ident, values in found.changed_ports:
        row = {**_columns(values), "updated_at": now}
        writes.append(functools.partial(ports.change_named, uuid=ident, values=row))
    for ident in found.gone_ports:
        writes.append(functools.partial(ports.remove_named, uuid=ident))


def _columns(values: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """Return columns of a port as they are stored."""
    return {key: record.dump(value) if key in PORT_DICTS and value is not None else value
            for key, value in values.items()}
