"""Inspection rules: what is done with agents' reports beyond the hooks, as operators write it."""

from baremetal.api.inspection import lists, write

__all__ = ["lists", "write"]
