"""Drivers, as live conductors have registered them: the list, one, its properties. Reads no table of its own."""

import functools
import random
import typing

from baremetal import errors
from baremetal.api import expose, resource, types

#: kind of interface: microversion that shows its fields
# fmt: off
INTERFACES = {
    "boot": 30, "console": 30, "deploy": 30, "inspect": 30, "management": 30, "network": 30, "power": 30, "raid": 30,
    "vendor": 30, "storage": 33, "rescue": 38, "bios": 40, "firmware": 86,
}
#: field of the short form: microversion that brought it
FIELDS = {"name": 1, "hosts": 1, "links": 1, "properties": 14, "type": 30}
# fmt: on
#: drivers of another type than this are gone for long
TYPE = "dynamic"


@functools.cache
def _interface_fields(version: int) -> dict[str, tuple[str, str]]:
    """Return ``{field: (interface kind, "default" or "enabled")}`` that a version has."""
    fields = {}
    for kind, since in INTERFACES.items():
        if since <= version:
            fields[f"default_{kind}_interface"] = (kind, "default")
            fields[f"enabled_{kind}_interfaces"] = (kind, "enabled")
    return fields


def _known(version: int, *, full: bool) -> list[str]:
    short = [name for name, since in FIELDS.items() if since <= version]
    return [*short, *_interface_fields(version)] if full else short


def _chosen(call: expose.Call, *, full: bool) -> list[str]:
    """Return the fields that shall be shown; raises ``UnknownField`` for one that is not there."""
    asked, known = call.params.get("fields"), _known(call.version, full=full)
    if asked is None:
        return known
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise errors.UnknownField(field=", ".join(unknown), resource="driver", known=", ".join(known))
    return [*asked, "links"]


def _document(call: expose.Call, name: str, chosen: list[str]) -> dict[str, typing.Any]:
    """Return these fields of a driver."""
    facts = call.house.members.hardware()[name]
    values: dict[str, typing.Callable[[], typing.Any]] = {
        "name": lambda: name,
        "hosts": lambda: facts["hosts"],
        "links": lambda: resource.link(call, f"drivers/{name}"),
        "properties": lambda: resource.link(call, f"drivers/{name}/properties"),
        "type": lambda: TYPE,
    }
    fields, shown = _interface_fields(call.version), {}
    for field in chosen:
        if field in values:
            shown[field] = values[field]()
        else:
            kind, part = fields[field]
            served = facts["interfaces"].get(kind, {"default": None, "enabled": []})
            shown[field] = served[part]
    return shown


def require(call: expose.Call, name: str) -> None:
    """Raise ``NotFound`` unless a live conductor serves the driver."""
    if name not in call.house.members.hardware():
        raise errors.NotFound(what="Driver (no live conductor serves it)", ident=name)


@expose.handler("driver:get", params={
    "type": expose.Param(types.Choice("classic", TYPE), since=30),
    "detail": expose.Param(types.FLAG, since=30),
    "fields": expose.Param(types.WORDS, since=77),
})
def page(call: expose.Call) -> dict[str, typing.Any]:
    """List drivers; there are no pages."""
    detail = bool(call.params["detail"])
    if detail and call.params["fields"] is not None:
        raise errors.Invalid(text="Give either 'fields' or 'detail', not both.")
    chosen = _chosen(call, full=detail)
    names = sorted(call.house.members.hardware()) if call.params["type"] in (None, TYPE) else []
    return {"drivers": [_document(call, name, chosen) for name in names]}


@expose.handler("driver:get", params={"fields": expose.Param(types.WORDS, since=77)})
def one(call: expose.Call, name: str) -> dict[str, typing.Any]:
    """Show a driver with its interfaces."""
    require(call, name)
    return _document(call, name, _chosen(call, full=True))


@expose.handler("driver:get_properties")
def properties(call: expose.Call, name: str) -> dict[str, str]:
    """Show what ``driver_info`` may hold, with a sentence each."""
    require(call, name)
    found: dict[str, str] = call.house.members.hardware()[name]["properties"]
    return found


@expose.handler("driver:get_raid_logical_disk_properties")
def logical_disks(call: expose.Call, name: str) -> dict[str, str]:
    """Show what a logical disk may say, with a sentence each; any conductor that serves the driver knows."""
    require(call, name)
    host = random.choice(call.house.members.hardware()[name]["hosts"])
    found: dict[str, str] = call.rpc(host, "logical_disk_properties", driver=name)
    if not found:
        raise errors.NotFound(what="RAID interface that builds anything, of driver", ident=name)
    return found
