"""Asking and telling a node's controller: boot device, NMI; and whether its interfaces have what they need."""

import typing

from baremetal import errors
from baremetal.api import expose, types, versions
from baremetal.api.nodes import find, lists

DEVICE = {
    "boot_device": expose.Param(types.String(255, 1), required=True),
    "persistent": expose.Param(types.FLAG, default=False),
}
VALIDATE = {"node": expose.Param(types.TEXT), "node_uuid": expose.Param(types.TEXT)}


def _ask(call: expose.Call, name: str, work: str, **args: typing.Any) -> typing.Any:
    """Have the conductor that drives the node do ``work``."""
    found = find.one(call, name, *find.DRIVEN_BY)
    return call.rpc(find.host(call, found), work, node=found.uuid, **args)


@expose.handler("node:get_boot_device")
def boot_device(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show a node's boot device."""
    answer = _ask(call, name, "boot_device_get")
    return {"boot_device": answer["boot_device"], "persistent": answer["persistent"]}


@expose.handler("node:get_boot_device")
def boot_devices(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the boot devices that a node can be told."""
    return {"supported_boot_devices": _ask(call, name, "boot_device_supported")}


@expose.handler("node:set_boot_device", params=DEVICE, body="flat")
def set_boot_device(call: expose.Call, name: str) -> expose.Answer:
    """Set a node's boot device."""
    _ask(call, name, "boot_device_set", device=call.params["boot_device"], persistent=call.params["persistent"])
    return expose.Answer(204)


@expose.handler("node:inject_nmi", body="flat")
def inject_nmi(call: expose.Call, name: str) -> expose.Answer:
    """Send a non-maskable interrupt."""
    _ask(call, name, "inject_nmi")
    return expose.Answer(204)


@expose.handler("node:validate")
def validate(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Say of each interface whether it has what it needs; of those that have not, why."""
    found = _ask(call, name, "validate")
    return {kind: {"result": part["result"]} if part["result"] is True else
            {"result": part["result"], "reason": part["reason"]} for kind, part in found.items()}


@expose.handler("node:validate", params=VALIDATE)
def validate_named(call: expose.Call) -> dict[str, typing.Any]:
    """Do the same for the node that a parameter names."""
    name = call.params["node"] or call.params["node_uuid"]
    if name is None:
        raise errors.MissingField(field="node", resource="this call", wanted="It must be the UUID or name of a node.")
    if call.version < lists.NAMES_SINCE and not types.is_uuid(name):
        raise versions.too_new("A node's name", lists.NAMES_SINCE, call.version, "Give its UUID.")
    return validate(call, name)
