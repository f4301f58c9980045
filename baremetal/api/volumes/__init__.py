"""Volumes: what nodes are known by to the storage, and what it has for them."""

from baremetal.api.volumes import lists, volume, write

__all__ = ["lists", "volume", "write"]
