"""What neighbours tell of: events of networks. They are checked and noted in the log; nothing waits for them."""

import logging

from baremetal import errors
from baremetal.api import expose, shapes, types

LOG = logging.getLogger(__name__)

NAMES = types.Choice("network.bind_port", "network.unbind_port", "network.delete_port")
EVENT = shapes.Shape({
    "event": NAMES, "port_id": types.UUID, "mac_address": types.MAC, "status": types.String(255, 1),
    "device_id": shapes.OPTIONAL_UUID, "binding:host_id": shapes.OPTIONAL_UUID,
    "binding:vnic_type": shapes.OPTIONAL_TEXT,
}, ("event", "port_id", "mac_address", "status"))
EVENTS = shapes.Each(EVENT, 1)
WANTED = "It must be an object with the one key 'events', a list of events."


@expose.handler("events:post", body="document")
def take(call: expose.Call) -> expose.Answer:
    """Take events of neighbours."""
    if not isinstance(call.body, dict):
        raise errors.BadField(field="body", value=type(call.body).__name__, wanted=WANTED)
    unknown = [name for name in call.body if name != "events"]
    if unknown:
        raise errors.BadField(field="body", value=f"with {unknown[0][:100]!r}", wanted=WANTED)
    if "events" not in call.body:
        raise errors.MissingField(field="events", resource="call", wanted=WANTED)
    for event in shapes.check("events", EVENTS, call.body["events"]):
        LOG.info("Neutron tells of port %s (%s): %s, %s", event["port_id"], event["mac_address"], event["event"],
                 event["status"])
    return expose.Answer(204)
