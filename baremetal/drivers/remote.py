"""Storage with remote volumes, whoever attaches them: when the server boots from one, and what that needs."""

from baremetal import errors
from baremetal.drivers import storage, task, volumes

#: capability that a boot interface needs
ABLE = "iscsi_volume_boot"


class RemoteStorage(storage.Storage):
    """A node whose boot volume brings the system, unless an image is to be written."""

    def validate(self, task: task.Task) -> None:
        """Check that what the node boots from can be booted."""
        super().validate(task)
        if self.writes_image(task):
            return
        root = task.volumes.root
        assert root is not None
        if root.way != "iscsi":
            raise errors.Invalid(text=f"Node {task.node.uuid} cannot boot from volume target {root.uuid} of type "
                                      f"{root.volume_type!r}; right would be 'iscsi'.")
        if ABLE not in task.boot.capabilities:
            raise errors.Invalid(text=f"Node {task.node.uuid} has no instance_info/image_source, so it is to boot from "
                                      f"volume target {root.uuid}, which boot interface {task.boot.name!r} cannot. "
                                      "Right would be boot interface 'ipxe' or 'http-ipxe', or an image_source.")

    def writes_image(self, task: task.Task) -> bool:
        """Without an image, and with a volume to boot from, nothing is written."""
        return bool(task.node.instance_info.get("image_source")) or task.volumes.root is None


def require_connectors(task: task.Task) -> None:
    """Raise for a volume that the server cannot be told apart for."""
    for target in task.volumes.targets:
        if target.way is None:
            raise errors.Invalid(text=f"Volume target {target.uuid} of node {task.node.uuid} has volume_type "
                                      f"{target.volume_type!r}; right would be one of {', '.join(volumes.REACHED_BY)}.")
        wanted = volumes.REACHED_BY[target.way]
        if not task.volumes.known_by(*wanted):
            raise errors.Invalid(text=f"Node {task.node.uuid} has volume target {target.uuid} ({target.volume_type}), "
                                      f"but no volume connector of type {' or '.join(wanted)}, so the storage would "
                                      "not know whom to let in. Create one.")
