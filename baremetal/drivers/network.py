"""The network socket: which networks the server's ports are on. No implementation."""

import collections.abc
import typing

from baremetal.drivers import interface, task

#: network: what a server is on it for
NETWORKS = {
    "provisioning": "The deploy ramdisk works.",
    "cleaning": "The ramdisk cleans.",
    "rescuing": "The rescue ramdisk runs.",
    "inspection": "The ramdisk inspects.",
    "servicing": "The ramdisk services.",
    "tenant": "The deployed system runs.",
}


class Network(interface.Interface):
    """Moves the server's ports between networks.

    All methods block until the network is as asked, may be repeated, and raise faults of kind hardware.
    """

    kind: typing.ClassVar[str] = "network"

    def connect(self, task: task.Task, network: str) -> None:
        """Put the ports on ``network``, one of NETWORKS."""
        raise NotImplementedError

    def disconnect(self, task: task.Task, network: str) -> None:
        """Take the ports off ``network``. Not being on it is no fault."""
        raise NotImplementedError

    def port_changed(self, task: task.Task, was: typing.Any, port: typing.Any) -> None:
        """Follow a change of a port's address or wiring before it is stored; raises Conflict to refuse it.

        ``was`` is the row as it is, ``port`` as it shall be; one with another ``node_id`` leaves the node.
        """

    def portgroup_changed(self, task: task.Task, was: typing.Any, group: typing.Any) -> None:
        """Follow a change of a port group likewise."""

    def vifs(self, task: task.Task) -> list[dict[str, typing.Any]]:
        """Return the attached virtual interfaces as ``{"id": …}``."""
        raise NotImplementedError

    def attach_vif(self, task: task.Task, vif: collections.abc.Mapping[str, typing.Any]) -> None:
        """Attach a virtual interface to a free port; Conflict when it is attached, Invalid when no port is free.

        ``vif`` has ``id``; it may have ``port_uuid`` or ``portgroup_uuid`` and whatever else its caller gave.
        """
        raise NotImplementedError

    def detach_vif(self, task: task.Task, vif: str) -> None:
        """Detach a virtual interface; Invalid when it is not attached."""
        raise NotImplementedError
