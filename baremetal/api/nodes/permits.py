"""Which rules a patch of a node is judged by: many fields have one of their own, the others share ``node:update``."""

from baremetal.api import patch, types
from baremetal.api.nodes import interfaces

UPDATE = "node:update"
#: field: the rule for changing it
RULES = {
    "instance_info": "node:update_instance_info", "instance_name": "node:update_instance_info",
    "extra": "node:update_extra", "driver": "node:update:driver_interfaces",
    "retired_reason": "node:update:retired",
    **dict.fromkeys(interfaces.FIELDS, "node:update:driver_interfaces"),
    **{field: f"node:update:{field}" for field in (
        "driver_info", "properties", "chassis_uuid", "instance_uuid", "lessee", "owner", "network_data",
        "conductor_group", "name", "retired", "shard", "parent_node", "disable_power_off")}}


def of(operations: list[patch.Operation]) -> tuple[str, ...]:
    """Return the rules, each once."""
    return tuple(dict.fromkeys(map(_rule, operations))) or (UPDATE,)


def _rule(operation: patch.Operation) -> str:
    if operation.field == "automated_clean" and str(operation.value).strip().lower() in types.FALSE:
        return "node:disable_cleaning"
    return RULES.get(operation.field, UPDATE)
