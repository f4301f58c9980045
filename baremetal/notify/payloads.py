"""What notifications hold: name, version and fields of each payload, and the envelope around it. Pure.

Whatever is put into an envelope has its secrets masked there, wherever it comes from.

Names, versions and fields are the convention's (Ironic's versioned notifications), so that its consumers understand.
"""

import collections.abc
import dataclasses
import datetime
import re
import typing

import orjson

from baremetal import clock
from baremetal.db import record

NAMESPACE = "ironic"

_NODE = (
    "bios_interface", "boot_interface", "boot_mode", "clean_step", "conductor_group", "console_enabled",
    "console_interface", "created_at", "deploy_interface", "deploy_step", "description", "disable_power_off", "driver",
    "extra", "fault", "inspect_interface", "inspection_finished_at", "inspection_started_at", "instance_uuid",
    "last_error", "lessee", "maintenance", "maintenance_reason", "management_interface", "name", "network_interface",
    "owner", "power_interface", "power_state", "properties", "protected", "protected_reason", "provision_state",
    "provision_updated_at", "raid_interface", "rescue_interface", "resource_class", "retired", "retired_reason",
    "secure_boot", "storage_interface", "target_power_state", "target_provision_state", "traits", "updated_at", "uuid",
    "vendor_interface")


@dataclasses.dataclass(frozen=True)
class Payload:
    """One kind of payload."""

    name: str
    version: str
    fields: tuple[str, ...]


_TIMES = ("created_at", "updated_at", "uuid")
# fmt: off
#: object, or object and action where that has fields of its own
PAYLOADS: dict[str, Payload] = {
    "node":               Payload("NodeCRUDPayload", "1.15", (*_NODE, "chassis_uuid", "driver_info", "instance_info")),
    "node.maintenance_set": Payload("NodePayload", "1.17", _NODE),
    "node.console_set":   Payload("NodePayload", "1.17", _NODE),
    "node.console_restore": Payload("NodePayload", "1.17", _NODE),
    "node.power_set":     Payload("NodeSetPowerStatePayload", "1.17", (*_NODE, "to_power")),
    "node.power_state_corrected": Payload("NodeCorrectedPowerStatePayload", "1.17", (*_NODE, "from_power")),
    "node.provision_set": Payload("NodeSetProvisionStatePayload", "1.18", (
        *_NODE, "driver_internal_info", "event", "instance_info", "previous_provision_state",
        "previous_target_provision_state")),
    "port":               Payload("PortCRUDPayload", "1.8", (
        *_TIMES, "address", "available_for_dynamic_portgroup", "category", "description", "extra", "is_smartnic",
        "local_link_connection", "name", "node_uuid", "physical_network", "portgroup_uuid", "pxe_enabled", "vendor")),
    "portgroup":          Payload("PortgroupCRUDPayload", "1.3", (
        *_TIMES, "address", "category", "dynamic_portgroup", "extra", "mode", "name", "node_uuid", "physical_network",
        "properties", "standalone_ports_supported")),
    "chassis":            Payload("ChassisCRUDPayload", "1.0", (*_TIMES, "description", "extra")),
    "volumeconnector":    Payload("VolumeConnectorCRUDPayload", "1.0", (
        *_TIMES, "connector_id", "extra", "node_uuid", "type")),
    "volumetarget":       Payload("VolumeTargetCRUDPayload", "1.0", (
        *_TIMES, "boot_index", "extra", "node_uuid", "properties", "volume_id", "volume_type")),
    "allocation":         Payload("AllocationCRUDPayload", "1.1", (
        *_TIMES, "candidate_nodes", "extra", "last_error", "name", "node_uuid", "owner", "resource_class", "state",
        "traits")),
    "deploytemplate":     Payload("DeployTemplateCRUDPayload", "1.0", (*_TIMES, "extra", "name", "steps")),
    "runbook":            Payload("RunbookCRUDPayload", "1.1", (
        *_TIMES, "description", "disable_ramdisk", "extra", "name", "owner", "public", "steps", "traits")),
    "inspectionrule":     Payload("InspectionRuleCRUDPayload", "1.0", (
        *_TIMES, "actions", "conditions", "description", "phase", "priority", "scope", "sensitive")),
}
#: fields that are stored as JSON text: what stands for nothing
JSON: dict[str, typing.Any] = {
    "clean_step": {}, "deploy_step": {}, "extra": {}, "properties": {}, "driver_info": {}, "instance_info": {},
    "driver_internal_info": {}, "local_link_connection": {}, "candidate_nodes": [], "traits": [], "steps": [],
    "actions": [], "conditions": []}
# fmt: on


def envelope(which: str, values: collections.abc.Mapping[str, typing.Any]) -> dict[str, typing.Any]:
    """Return a payload in its envelope; what is not in ``values`` is null."""
    payload = PAYLOADS.get(which) or PAYLOADS[which.partition(".")[0]]
    data = {name: _plain(name, values.get(name)) for name in payload.fields}
    if which == "inspectionrule" and values.get("sensitive"):
        data.update(actions=None, conditions=None)
    return {"ironic_object.name": payload.name, "ironic_object.namespace": NAMESPACE,
            "ironic_object.version": payload.version, "ironic_object.data": data}


#: in an address: user and password; behind it what is asked for, which may be a signature
_LOGIN, _QUERY = re.compile(r"(?<=://)[^/@\s'\"]*@"), re.compile(r"(\w://[^\s?'\"]*\?)[^\s'\"]+")


def _plain(name: str, value: typing.Any) -> typing.Any:
    """Return a value as JSON has it: stored text is read, times are written, secrets are masked."""
    if isinstance(value, datetime.datetime):
        return clock.iso(value)
    if name in JSON and (value is None or isinstance(value, str)):
        value = orjson.loads(value) if value else JSON[name]
    if isinstance(value, (dict, list)) and value:
        # as it would be stored for everybody to see
        value = record.load(record.split(name, {name: value})[0])[name]
    return _without_logins(value)


def _without_logins(value: typing.Any) -> typing.Any:
    """Return a value whose addresses have no password and no signature."""
    if isinstance(value, dict):
        return {key: _without_logins(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_logins(item) for item in value]
    if isinstance(value, str) and "://" in value:
        return _QUERY.sub(rf"\g<1>{record.MASK}", _LOGIN.sub(f"{record.MASK}@", value))
    return value
