"""Nodes: one file per part."""

from baremetal.api.nodes import (
    console,
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
    vendor,
    vifs,
    vmedia,
)

__all__ = ["console", "create", "delete", "history", "inventory", "lists", "maintenance", "management", "patch",
           "power", "provision", "states", "traits", "vendor", "vifs", "vmedia"]
