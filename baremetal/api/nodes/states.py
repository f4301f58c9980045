"""The states of a node on one page; setting boot mode, secure boot and the RAID that is wanted."""

import typing

from baremetal import errors, states
from baremetal.api import expose, resource, shapes, types
from baremetal.api.nodes import find, lists, node

FIELDS = ("console_enabled", "last_error", "power_state", "provision_state", "target_power_state",
          "target_provision_state", "provision_updated_at", "raid_config", "target_raid_config", "boot_mode",
          "secure_boot")
BOOT_MODE = {"target": expose.Param(types.Choice("bios", "uefi"), required=True)}
SECURE_BOOT = {"target": expose.Param(types.FLAG, required=True)}
#: kinds of state in which somebody else is about to boot the machine
UNSTABLE = (states.MOVING, states.WAITING)


@expose.handler("node:get_states")
def show(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show a node's states."""
    known = node.Node.fields()
    shown = tuple(field for field in FIELDS if known[field].exists(call.version))
    return lists.show(call, resource.view(node.Node, call.version, shown), name)


def _boot(call: expose.Call, name: str, work: str) -> expose.Answer:
    found = find.one(call, name, *find.DRIVEN_BY, "provision_state")
    if states.kind(found.provision_state) in UNSTABLE:
        raise errors.Conflict(text=f"Node {found.uuid} is in provision state {found.provision_state!r}, where the way "
                                   "it boots cannot be changed. Wait until it has arrived.")
    call.rpc(find.host(call, found), work, node=found.uuid, target=call.params["target"])
    return expose.Answer(202, location=f"nodes/{name}/states")


@expose.handler("node:set_boot_mode", params=BOOT_MODE, body="flat")
def set_boot_mode(call: expose.Call, name: str) -> expose.Answer:
    """Set a node's boot mode."""
    return _boot(call, name, "boot_mode_set")


@expose.handler("node:set_secure_boot", params=SECURE_BOOT, body="flat")
def set_secure_boot(call: expose.Call, name: str) -> expose.Answer:
    """Switch a node's secure boot."""
    return _boot(call, name, "secure_boot_set")


@expose.handler("node:set_raid_state", body="document")
def set_raid(call: expose.Call, name: str) -> expose.Answer:
    """Note the RAID that is wanted; the next cleaning that is told to builds it."""
    wanted = call.body
    if not isinstance(wanted, dict):
        raise errors.BadField(field="body", value=type(wanted).__name__, wanted=shapes.RAID.wanted)
    if wanted:
        shapes.check("target_raid_config", shapes.RAID, wanted)
        roots = [disk for disk in wanted["logical_disks"] if disk.get("is_root_volume")]
        if len(roots) > 1:
            raise errors.Invalid(text=f"{len(roots)} logical disks have is_root_volume; only one may have it.")
        alone = [disk for disk in wanted["logical_disks"] if "physical_disks" in disk and "controller" not in disk]
        if alone:
            raise errors.Invalid(text="A logical disk with physical_disks needs 'controller' too, where those are.")
    found = find.one(call, name, *find.DRIVEN_BY)
    call.rpc(find.host(call, found), "raid_set", node=found.uuid, target_raid_config=wanted)
    return expose.Answer(204)
