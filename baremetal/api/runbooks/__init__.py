"""Runbooks: steps that operators approve for nodes, to be run by name. One file per thing that is done with them."""

from baremetal.api.runbooks import lists, run, traits, write

__all__ = ["lists", "run", "traits", "write"]
