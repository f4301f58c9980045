"""Nodes: one file per part."""

from baremetal.api.nodes import (
    bios,
    children,
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

__all__ = ["bios", "children", "console", "create", "delete", "firmware", "history", "indicators", "inventory",
           "lists", "maintenance", "management", "patch", "power", "provision", "states", "traits", "vendor", "vifs",
           "vmedia"]
