"""Ports: the network interfaces of nodes. One file per thing that is done with them."""

from baremetal.api.ports import change, lists, write

__all__ = ["change", "lists", "write"]
