"""The rules between a node's fields when it is patched: one function each, run in the order of ``ALL``."""

import dataclasses
import typing

from baremetal import errors, states
from baremetal.api import access, expose, patch, shapes, versions
from baremetal.api.nodes import interfaces, names, properties, relations
from baremetal.db import allocations

#: microversion from which a node that is being inspected may not be patched
INSPECTING_SINCE = 39
#: microversion from which a node may leave its chassis
CHASSIS_UNSET_SINCE = 25


@dataclasses.dataclass
class Change:
    """A patch at work: the row as it was read, what the client asks for, the columns that will differ."""

    call: expose.Call
    row: dict[str, typing.Any]
    operations: list[patch.Operation]
    #: whether all interfaces shall be chosen anew
    reset: bool
    #: field: new value; None where it was removed
    asked: dict[str, typing.Any] = dataclasses.field(default_factory=dict)
    #: column: new value, only where it differs
    changes: dict[str, typing.Any] = dataclasses.field(default_factory=dict)

    def take(self, columns: dict[str, typing.Any]) -> None:
        """Note new values of columns."""
        for name, value in columns.items():
            if value != self.row[name]:
                self.changes[name] = value
            else:
                self.changes.pop(name, None)

    def becomes(self, column: str) -> typing.Any:
        """Return what the column will be."""
        return self.changes.get(column, self.row[column])

    def refuse(self, text: str) -> errors.Conflict:
        """Return the fault that this state of the node forbids the change."""
        uuid, state = self.row["uuid"], self.row["provision_state"]
        return errors.Conflict(text=f"Node {uuid} is in provision state {state!r}: {text}")


def require_settled(made: Change) -> None:
    """Raise while the node is on its way to another state; its instance may leave it in maintenance even so."""
    row, state = made.row, made.row["provision_state"]
    if row["maintenance"] and [(one.op, one.path) for one in made.operations] == [("remove", "/instance_uuid")]:
        return
    if row["target_provision_state"] and state not in states.UPDATABLE:
        raise made.refuse(f"it is on its way to {row['target_provision_state']!r} and cannot be changed before.")
    if state == states.INSPECTING and made.call.version >= INSPECTING_SINCE:
        raise made.refuse("it cannot be changed until the inspection has ended.")


def _owner(made: Change) -> None:
    """Who uses a node, or has got it by an allocation of a project, relies on whose it is."""
    if "owner" not in made.changes:
        return
    uuid = made.becomes("allocation_uuid")
    if uuid:
        with made.call.house.database.read() as connection:
            found = allocations.find(connection, "uuid", uuid)
        if found is not None and found.owner is not None:
            raise errors.Conflict(text=f"Node {made.row['uuid']} has allocation {uuid} of project {found.owner}; its "
                                       "owner cannot be changed before that is deleted.")
    if made.row["provision_state"] == states.ACTIVE:
        mine = access.Owned("Node", made.row["uuid"], made.row["owner"], made.row["lessee"])
        if not access.permits(made.call, "node:update_owner_provisioned", mine):
            raise made.refuse("its owner can be changed only by an operator who may do "
                              "baremetal:node:update_owner_provisioned.")


def _name(made: Change) -> None:
    names.check(made.asked.get("name"), made.call.version)


def _instance(made: Change) -> None:
    """An instance is removed before another one comes: two clients shall not both believe they have the node."""
    if made.row["instance_uuid"] and made.changes.get("instance_uuid"):
        raise errors.NodeAssociated(node=made.row["uuid"], instance=made.row["instance_uuid"])
    if made.row["allocation_uuid"] and "instance_uuid" in made.changes:
        # with the instance goes the allocation that reserved the node for it
        if made.row["provision_state"] not in states.REARRANGEABLE and not made.row["maintenance"]:
            raise made.refuse(f"its instance has allocation {made.row['allocation_uuid']} and can be removed only in "
                              f"{_listed(states.REARRANGEABLE)}, or in maintenance. Undeploy the node; that removes "
                              "both.")
        made.take({"allocation_uuid": None})


def _instance_name(made: Change) -> None:
    info = made.asked.get("instance_info") or {}
    if "instance_info" in made.changes and not made.becomes("instance_name") and "instance_name" not in made.asked:
        shown = info.get("display_name")
        if isinstance(shown, str) and shown:
            made.take({"instance_name": shown[:255]})


def _chassis(made: Change) -> None:
    if "chassis_uuid" not in made.asked:
        return
    uuid = made.asked["chassis_uuid"]
    if uuid is None:
        if made.call.version < CHASSIS_UNSET_SINCE:
            raise versions.too_new("Taking a node out of its chassis", CHASSIS_UNSET_SINCE, made.call.version)
        made.take({"chassis_id": None})
        return
    with made.call.house.database.read() as connection:
        made.take({"chassis_id": relations.chassis(made.call, connection, uuid)})


def _parent(made: Change) -> None:
    if made.asked.get("parent_node") is None:
        return
    child = {"uuid": made.row["uuid"], "owner": made.becomes("owner")}
    with made.call.house.database.read() as connection:
        made.take({"parent_node": relations.parent(made.call, connection, made.asked["parent_node"], child)})


def _properties(made: Change) -> None:
    if "properties" in made.changes:
        properties.check(made.asked["properties"], made.call.house.conf.api.disallowed_enrollment_boot_modes)


def _network_data(made: Change) -> None:
    if made.asked.get("network_data") is not None:
        shapes.check("network_data", shapes.NETWORK_DATA, made.asked["network_data"])


def _driver(made: Change) -> None:
    """Driver, conductor group and interfaces must fit together; interfaces change only where nothing needs them."""
    given = [field for field in interfaces.FIELDS if field in made.asked]
    changed = "driver" in made.changes
    if not (changed or given or made.reset or "conductor_group" in made.changes):
        return
    if changed and made.row["console_enabled"]:
        raise made.refuse("its console is enabled, so its driver cannot change. Stop the console first.")
    driver = made.becomes("driver")
    served = interfaces.served(made.call, driver, made.becomes("conductor_group"))
    kept = {} if made.reset else {field: made.row[field] for field in interfaces.FIELDS}
    made.take(interfaces.settle(driver, served, {**kept, **{field: made.asked[field] for field in given}}))
    moved = [field for field in given if field in made.changes]
    if moved and made.row["provision_state"] not in states.REARRANGEABLE and not made.becomes("maintenance"):
        raise made.refuse(f"{', '.join(moved)} can change only in {_listed(states.REARRANGEABLE)}, or in maintenance.")


def _resource_class(made: Change) -> None:
    if ("resource_class" in made.changes and made.row["resource_class"]
            and made.row["provision_state"] not in states.REARRANGEABLE):
        raise made.refuse(f"the resource_class that it has can change only in {_listed(states.REARRANGEABLE)}.")


def _protection(made: Change) -> None:
    if made.changes.get("protected") and made.row["provision_state"] not in states.PROTECTABLE:
        raise made.refuse(f"a node can become protected only in {_listed(states.PROTECTABLE)}.")
    _reason(made, "protected")


def _retirement(made: Change) -> None:
    if made.changes.get("retired") and made.row["provision_state"] == states.AVAILABLE:
        raise made.refuse("an available node cannot be retired, it may be given to a tenant any moment. Use the verb "
                          "'manage' first.")
    _reason(made, "retired")


def _reason(made: Change, flag: str) -> None:
    """A reason goes with its flag, and needs it."""
    if not made.becomes(flag):
        if made.asked.get(f"{flag}_reason") is not None:
            raise errors.BadField(field=f"{flag}_reason", value=made.asked[f"{flag}_reason"],
                                  wanted=f"A reason is only for nodes that are {flag}; set '{flag}' to true as well.")
        made.take({f"{flag}_reason": None})


def _maintenance(made: Change) -> None:
    if made.changes.get("maintenance") is False:
        made.take({"maintenance_reason": None, "fault": None})


def _listed(names_of_states: frozenset[str]) -> str:
    return ", ".join(sorted(names_of_states))


#: first what is wrong in itself, then what the state forbids, then what follows
ALL = (_name, _properties, _network_data, _instance, _chassis, _parent, _driver, _resource_class, _protection,
       _retirement, _owner, _maintenance, _instance_name)
