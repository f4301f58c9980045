"""Chassis: what nodes sit in. One file per thing that is done with them."""

from baremetal.api.chassis import lists, write

__all__ = ["lists", "write"]
