"""Nodes: one file per part."""

from baremetal.api.nodes import (
    bios,
    console,
    create,
    delete,
    firmware,
    history,
    indicators,
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

__all__ = ["bios", "console", "create", "delete", "firmware", "history", "indicators", "inventory", "lists",
           "maintenance", "management", "patch", "power", "provision", "states", "traits", "vendor", "vifs", "vmedia"]
