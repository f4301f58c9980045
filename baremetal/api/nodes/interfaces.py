"""Which hardware types and interfaces a node may have: what live conductors of its group have registered."""

import typing

from baremetal import errors
from baremetal.api import expose
from baremetal.db import models
from baremetal.rpc import ring

#: the fields, in the order of the kinds
FIELDS = tuple(f"{kind}_interface" for kind in models.INTERFACES)

#: ``{kind: {"default": name or None, "enabled": [names]}}``
Served = dict[str, dict[str, typing.Any]]


def served(call: expose.Call, driver: str, group: str) -> Served:
    """Return the interfaces of a hardware type; raises when no live conductor of the group serves it."""
    members = call.house.members
    if not _has(members.rings(), driver, group):
        # a conductor may have started a moment ago
        members.forget()
    rings = members.rings()
    if _has(rings, driver, group):
        return typing.cast(Served, members.hardware()[driver]["interfaces"])
    groups = sorted({member.group for member in rings.members if driver in member.drivers})
    if not groups:
        raise errors.DriverUnknown(driver=driver, known=rings.drivers() or "none")
    raise errors.BadField(field="conductor_group", value=group,
                          wanted=f"No live conductor of that group serves driver {driver}; groups with one: "
                                 f"{', '.join(map(repr, groups))}.")


def _has(rings: ring.Rings, driver: str, group: str) -> bool:
    return any(member.group == group and driver in member.drivers for member in rings.members)


def settle(driver: str, known: Served, wanted: dict[str, str | None]) -> dict[str, str]:
    """Return a name for each interface: the wanted one, checked, or the default where none is wanted."""
    chosen = {}
    for kind, field in zip(models.INTERFACES, FIELDS, strict=True):
        choice = known.get(kind, {"default": None, "enabled": []})
        enabled = ", ".join(choice["enabled"]) or "none"
        name = wanted.get(field)
        if name is None:
            name = choice["default"]
            if name is None:
                raise errors.InterfaceUndecided(kind_of=kind, driver=driver, known=enabled)
        elif name not in choice["enabled"]:
            raise errors.InterfaceUnknown(kind_of=kind, name=name, driver=driver, known=enabled)
        chosen[field] = name
    return chosen
