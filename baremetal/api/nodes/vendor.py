"""Vendor methods of a node: which there are, and calling them."""

import typing

from baremetal.api import expose, vendor
from baremetal.api.nodes import find


@expose.handler("node:vendor_passthru")
def methods(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """List the vendor methods of a node."""
    found = find.one(call, name, *find.DRIVEN_BY)
    known: dict[str, typing.Any] = call.rpc(find.host(call, found), "vendor_methods", node=found.uuid)
    return known


@expose.handler("node:vendor_passthru", params=vendor.METHOD, body="document")
def run(call: expose.Call, name: str, *path: str) -> expose.Answer:
    """Call a vendor method of a node."""
    found = find.one(call, name, *find.DRIVEN_BY)
    method = vendor.named(call, path)
    return vendor.answer(call.rpc(find.host(call, found), "vendor_call", node=found.uuid, method=method,
                                  http=call.method, parameters=vendor.parameters(call)))
