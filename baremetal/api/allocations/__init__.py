"""Allocations: wishes for nodes, and the nodes that they have got."""

from baremetal.api.allocations import allocation, lists, write

__all__ = ["allocation", "lists", "write"]
