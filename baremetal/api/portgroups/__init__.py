"""Port groups: ports of one node that are bundled to one link."""

from baremetal.api.portgroups import group, lists, write

__all__ = ["group", "lists", "write"]
