"""Booting from a volume over iSCSI: what its properties say, as iPXE takes it. Text only.

The words stand in a script, so one that means something to iPXE is refused and not quoted.
"""

import collections.abc
import dataclasses
import re
import typing

from baremetal import errors

#: names and portals as iSCSI has them
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:_-]{0,222}")
PORTAL = re.compile(r"(?P<host>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?")
#: user names and passwords: printable, without blanks, quotes and what iPXE reads as its own
SECRET = re.compile(r"[!%()*+,\-./0-9:=?@A-Z\[\]^_a-z~]{1,256}")
#: how the properties with which the server proves who it is begin
AUTH = "auth_"
#: the first drive that firmware numbers
FIRST = 0x80


@dataclasses.dataclass(frozen=True)
class Disk:
    """A volume as iPXE reaches it."""

    url: str
    username: str = ""
    password: str = ""


def disk(ident: str, properties: collections.abc.Mapping[str, typing.Any]) -> Disk:
    """Return the disk that a volume's properties describe; ``ident`` names the volume in the fault."""
    def word(key: str, shape: re.Pattern[str], wanted: str) -> re.Match[str]:
        found = shape.fullmatch(str(_first(properties, key)))
        if found is None:
            shown = "(not shown)" if key.startswith(AUTH) else str(_first(properties, key))[:100]
            raise errors.BadField(field=f"properties/{key} of volume target {ident}", value=shown, wanted=wanted)
        return found
    portal = word("target_portal", PORTAL, "It must be an address, or address:port.")
    name = word("target_iqn", NAME, "It must be an iSCSI name such as iqn.2026-01.org.example:volume.")
    lun = int(word("target_lun", re.compile(r"[0-9]{1,5}"), "It must be the number of the unit.").group())
    auth = {key.removeprefix(AUTH): word(key, SECRET, "It must have 1 to 256 printable characters, none of blank, "
                                         "quotes, $ ; & | < > { } \\ ` #.").group()
            for key in (f"{AUTH}username", f"{AUTH}password") if properties.get(key)}
    return Disk(f"iscsi:{portal['host']}::{portal['port'] or ''}:{lun:x}:{name.group()}", **auth)


def initiator(names: collections.abc.Sequence[str]) -> str:
    """Return the name that the server gives itself: the first of its connectors, or none."""
    if names and not NAME.fullmatch(names[0]):
        raise errors.BadField(field="connector_id", value=names[0][:100], wanted="An iSCSI name is needed.")
    return names[0] if names else ""


def _first(properties: collections.abc.Mapping[str, typing.Any], key: str) -> typing.Any:
    """Return a property, or the first of the list that a storage with several ways gives under its plural."""
    value = properties.get(key, properties.get(f"{key}s"))
    return (value or [""])[0] if isinstance(value, list) else "" if value is None else value
