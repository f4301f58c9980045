"""``external``: volumes that somebody else attaches; volume targets say how they are reached. Nobody is told."""

from baremetal.boot import san
from baremetal.drivers import remote, task


class ExternalStorage(remote.RemoteStorage):
    """What volume targets say holds already."""

    name = "external"

    def validate(self, task: task.Task) -> None:
        """Check also that the volume to boot from says how it is reached."""
        super().validate(task)
        if not self.writes_image(task):
            for target in task.volumes.targets:
                if target.way == "iscsi":
                    san.disk(target.uuid, target.properties)

    def attach(self, task: task.Task) -> None:
        """They are attached."""

    def detach(self, task: task.Task) -> None:
        """They stay so."""
