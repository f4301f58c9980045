"""VIFs of a node: what virtual interfaces of the world outside its ports carry. Kept by the network interface."""

import typing

from baremetal import errors
from baremetal.api import expose, shapes, types
from baremetal.api.nodes import find

#: what a VIF to attach must and may say; further keys are the network interface's
VIF = shapes.Shape({"id": shapes.WORD}, ("id",), others=True)
#: from here on a VIF may name what shall carry it; at most one of these
CARRIERS, CARRIERS_SINCE = ("port_uuid", "portgroup_uuid"), 67


@expose.handler("node:vif:list")
def show(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the VIFs that are attached to a node."""
    found = find.one(call, name, *find.DRIVEN_BY)
    return {"vifs": call.rpc(find.host(call, found), "vif_list", node=found.uuid)}


@expose.handler("node:vif:attach", body="document")
def attach(call: expose.Call, name: str) -> expose.Answer:
    """Attach a VIF to a free port or port group of a node."""
    found = find.one(call, name, *find.DRIVEN_BY, "name")
    vif = shapes.check("vif", VIF, call.body)
    _ident(call, vif["id"])
    given = [key for key in CARRIERS if key in vif]
    if call.version < CARRIERS_SINCE:
        vif = {key: value for key, value in vif.items() if key not in CARRIERS}
    elif len(given) > 1:
        raise errors.Invalid(text="A VIF is attached to a port or to a port group: give port_uuid or portgroup_uuid, "
                                  "not both.")
    elif given and not types.is_uuid(vif[given[0]]):
        raise errors.BadField(field=given[0], value=type(vif[given[0]]).__name__, wanted=types.UUID.wanted)
    call.rpc(find.host(call, found), "vif_attach", node=found.uuid, vif=vif)
    call.tell("node", "update", found)
    return expose.Answer(204)


@expose.handler("node:vif:detach")
def detach(call: expose.Call, name: str, vif: str) -> expose.Answer:
    """Detach a VIF from a node."""
    found = find.one(call, name, *find.DRIVEN_BY, "name")
    _ident(call, vif)
    call.rpc(find.host(call, found), "vif_detach", node=found.uuid, vif=vif)
    call.tell("node", "update", found)
    return expose.Answer(204)


def _ident(call: expose.Call, vif: str) -> None:
    """Raise unless a VIF's id can be one."""
    if not types.is_uuid(vif) and not types.is_name(vif, call.version):
        raise errors.BadField(field="id", value=vif[:64], wanted="It must be a UUID or a name: letters, digits, "
                                                                 "'-', '.', '_' and '~'.")
