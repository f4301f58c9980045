"""Nodes: one file per part."""

from baremetal.api.nodes import (
    create,
    delete,
    history,
    inventory,
    lists,
    maintenance,
    management,
    patch,
    power,
    provision,
    states,
    traits,
)

__all__ = ["create", "delete", "history", "inventory", "lists", "maintenance", "management", "patch", "power",
           "provision", "states", "traits"]
