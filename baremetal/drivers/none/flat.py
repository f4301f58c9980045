"""``flat``: all servers are on one network, whatever they are on it for; VIFs are noted at ports and nobody is told."""

from baremetal.drivers import task, vifs


class FlatNetwork(vifs.Vifs):
    """The switches are as they should be; whoever makes the VIFs, such as Nova, sees which server has which one."""

    name = "flat"

    def connect(self, task: task.Task, network: str) -> None:
        """The server is there already."""

    def disconnect(self, task: task.Task, network: str) -> None:
        """The server stays where it is."""
