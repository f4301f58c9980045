"""Switching a node on and off: checked here, begun by the conductor that drives it."""

from baremetal import errors, states
from baremetal.api import expose, types, versions
from baremetal.api.nodes import find

PARAMS = {
    "target": expose.Param(types.Choice(*states.POWER_TARGETS), required=True),
    "timeout": expose.Param(types.Number(1), since=27),
}
#: states in which the power belongs to the cleaning
CLEANING = frozenset({states.CLEANING, states.CLEANWAIT})
#: targets that leave the machine off
OFF = frozenset({"power off", "soft power off"})


@expose.handler("node:set_power_state", params=PARAMS, body="flat")
def switch(call: expose.Call, name: str) -> expose.Answer:
    """Set a node's power."""
    target = call.params["target"]
    found = find.one(call, name, *find.DRIVEN_BY, "provision_state", "disable_power_off")
    _, since = states.POWER_TARGETS[target]
    if call.version < since[1]:
        raise versions.too_new(f"Power target {target!r}", since[1], call.version)
    if found.provision_state in CLEANING:
        raise errors.VerbRefused(node=found.uuid, state=found.provision_state, verb=target,
                                 allowed=f"{', '.join(states.verbs(found.provision_state)) or 'none'}; the cleaning "
                                         "switches the power itself")
    if target in OFF and found.disable_power_off:
        raise errors.Conflict(text=f"Node {found.uuid} must not be switched off: its field disable_power_off is true. "
                                   f"{target!r} is refused; use 'rebooting', or clear that field.")
    call.rpc(find.host(call, found), "power", node=found.uuid, target=target, timeout=call.params["timeout"])
    return expose.Answer(202, location=f"nodes/{name}/states")
