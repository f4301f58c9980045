"""``cinder``: volumes that Cinder attaches before the server starts, and detaches when it is released.

What Cinder answers - address, name, credentials - is kept in the properties of the volume target.
"""

import logging
import typing

from baremetal import errors
from baremetal.drivers import remote, task, volumes

LOG = logging.getLogger(__name__)

#: type of a connector: the key under which Cinder takes the first one, and the one under which it takes all
CONNECTOR: dict[str, tuple[str | None, str | None]] = {
    "iqn": ("initiator", None), "ip": ("ip", None), "wwpn": (None, "wwpns"), "wwnn": (None, "wwnns")}


class CinderStorage(remote.RemoteStorage):
    """Speaks to Cinder only where the node has volume targets."""

    name = "cinder"

    def validate(self, task: task.Task) -> None:
        """Check that Cinder is configured and that connectors fit, where there is something to attach."""
        super().validate(task)
        if task.volumes.targets:
            task.wires.cloud.door("cinder").check()
            remote.require_connectors(task)

    def attach(self, task: task.Task) -> None:
        """Attach all volumes, or none: what was attached before one failed is detached again."""
        cinder, server = task.wires.cloud.cinder, _server(task)
        for target in task.volumes.targets:
            try:
                found = cinder.attach(target.volume_id, server, _connector(task))
            except errors.NeighbourFault:
                for one in task.volumes.targets:
                    _let_go(task, one)
                raise
            task.reach(target.uuid, {**target.properties, **(found.get("connection_info") or {})})

    def detach(self, task: task.Task) -> None:
        """Detach all volumes; what is not attached is detached."""
        for target in task.volumes.targets:
            task.wires.cloud.cinder.detach(target.volume_id, _server(task))


def _let_go(task: task.Task, target: volumes.Target) -> None:
    """Detach what was attached in vain. Why that was so is what the caller hears of; undeploying detaches again."""
    try:
        task.wires.cloud.cinder.detach(target.volume_id, _server(task))
    except errors.NeighbourFault as fault:
        LOG.warning("Volume %s of node %s may still be attached: %s", target.volume_id, task.node.uuid, fault.text)


def _server(task: task.Task) -> str:
    """Return what Cinder knows the server by: its instance, or the node where it has none."""
    return str(task.node.instance_uuid or task.node.uuid)


def _connector(task: task.Task) -> dict[str, typing.Any]:
    """Return what Cinder must know of the server."""
    made: dict[str, typing.Any] = {"host": task.node.uuid}
    for kind, (first, every) in CONNECTOR.items():
        names = task.volumes.known_by(kind)
        if names and first:
            made[first] = names[0]
        if names and every:
            made[every] = names
    return {**made, "multipath": True} if len(task.volumes.connectors) > 1 else made
