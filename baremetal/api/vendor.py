"""Vendor methods: what only some hardware can do. Those of drivers, and what those of nodes have in common with them.

The name of a method stands in the query or at the end of the path; clients do either.
"""

import base64
import random
import typing

from baremetal import errors
from baremetal.api import drivers, expose, types

METHOD = {"method": expose.Param(types.TEXT)}


def named(call: expose.Call, path: tuple[str, ...]) -> str:
    """Return the name of the method that a call is for; raises ``MissingField``."""
    name: str | None = path[0] if path else call.params["method"]
    if not name:
        raise errors.MissingField(field="method", resource="this call", wanted="It is the name of a vendor method, in "
                                  "the query: ?method=...")
    return name


def parameters(call: expose.Call) -> dict[str, typing.Any]:
    """Return what the body passes to the method."""
    if not isinstance(call.body, dict):
        raise errors.BadField(field="body", value=type(call.body).__name__,
                              wanted="It must be an object with the parameters of the method.")
    return call.body


def answer(reply: dict[str, typing.Any]) -> expose.Answer:
    """Return what the method answers: nothing yet, a document, or the bytes of a file."""
    if reply["async"]:
        return expose.Answer(202)
    if reply["attach"] and reply["value"] is not None:
        return expose.Answer(200, body=base64.b64decode(reply["value"]), content_type="application/octet-stream")
    return expose.Answer(200, document=reply["value"])


def _host(call: expose.Call, driver: str) -> str:
    """Return any live conductor that serves the driver."""
    drivers.require(call, driver)
    return str(random.choice(call.house.members.hardware()[driver]["hosts"]))


@expose.handler("driver:vendor_passthru")
def methods(call: expose.Call, driver: str) -> dict[str, typing.Any]:
    """List the vendor methods of a driver that need no node."""
    found: dict[str, typing.Any] = call.rpc(_host(call, driver), "driver_vendor_methods", driver=driver)
    return found


@expose.handler("driver:vendor_passthru", params=METHOD, body="document")
def run(call: expose.Call, driver: str, *path: str) -> expose.Answer:
    """Call a vendor method of a driver."""
    method = named(call, path)
    return answer(call.rpc(_host(call, driver), "driver_vendor_call", driver=driver, method=method, http=call.method,
                           parameters=parameters(call)))
