"""What sensors measure, as one message for whoever collects that. Sends nothing: that is the room ``notify``'s."""

import typing
import uuid

from baremetal import clock
from baremetal.conductor import task


def message(found: task.Task) -> dict[str, typing.Any]:
    """Return the message ``hardware.<driver>.metrics`` of a node; blocks for its sensors, raises their faults."""
    node = found.node
    return {"message_id": str(uuid.uuid4()), "node_uuid": node.uuid, "node_name": node.name,
            "instance_uuid": node.instance_uuid, "timestamp": clock.iso(found.means.clock.now()),
            "event_type": f"hardware.{node.driver}.metrics.update", "payload": found.management.sensors(found)}
