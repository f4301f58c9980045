"""Which columns of nodes and ports rules may change, and what these hold. Reads nothing, writes nothing."""

import collections.abc
import json
import re
import typing

from baremetal.inspection.rules import values

#: longest text of a column
MOST = {"physical_network": 64, "resource_class": 80, "vendor": 32, "category": 80, "description": 4096}
_NAME = re.compile(r"[A-Za-z0-9\-._~]{1,255}\Z")

TEXT, FLAG, OBJECT, NAME = "text", "flag", "object", "name"

#: column of a node: what it holds
NODE: dict[str, str] = {
    **dict.fromkeys(("driver_info", "properties", "extra", "instance_info", "network_data"), OBJECT),
    **dict.fromkeys(("description", "resource_class", "conductor_group", "owner", "lessee", "shard", "driver",
                     "protected_reason", "retired_reason", "bios_interface", "boot_interface", "console_interface",
                     "deploy_interface", "firmware_interface", "inspect_interface", "management_interface",
                     "network_interface", "power_interface", "raid_interface", "rescue_interface",
                     "storage_interface", "vendor_interface"), TEXT),
    **dict.fromkeys(("automated_clean", "protected", "retired"), FLAG),
    "name": NAME,
}
#: column of a port: what it holds
PORT: dict[str, str] = {
    **dict.fromkeys(("extra", "local_link_connection"), OBJECT),
    **dict.fromkeys(("physical_network", "name", "description", "vendor", "category"), TEXT),
    **dict.fromkeys(("pxe_enabled", "is_smartnic", "available_for_dynamic_portgroup"), FLAG),
}
#: what rules may read of a node beside that
ALSO_READ = ("uuid", "provision_state", "power_state", "boot_mode", "secure_boot", "instance_uuid", "instance_name")

#: columns that always hold something: text, or flag
NEVER_NULL = {"conductor_group": "", "protected": False, "retired": False, "pxe_enabled": True, "is_smartnic": False,
              "available_for_dynamic_portgroup": True}
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class View(collections.abc.Mapping[str, typing.Any]):
    """The columns of a node that rules may read, as those before have changed them."""

    def __init__(self, node: typing.Any, changed: dict[str, typing.Any]) -> None:
        self._node, self._changed = node, changed

    def __getitem__(self, name: str) -> typing.Any:
        if name in self._changed:
            return self._changed[name]
        if name not in NODE and name not in ALSO_READ:
            raise KeyError(name)
        return getattr(self._node, name, None)

    def __iter__(self) -> collections.abc.Iterator[str]:
        return iter((*NODE, *ALSO_READ))

    def __len__(self) -> int:
        return len(NODE) + len(ALSO_READ)


def judge(table: dict[str, str], text: typing.Any) -> list[str]:
    """Return the parts of a path to something that may be changed; raises ``ValueError``."""
    parts = values.path(text)
    kind = table.get(parts[0])
    if kind is None:
        raise ValueError(f"{parts[0][:60]!r} cannot be changed by a rule; {', '.join(sorted(table))} can.")
    if len(parts) > 1 and kind != OBJECT:
        raise ValueError(f"{parts[0]!r} is no object, so there is nothing below it.")
    return parts


def fit(name: str, kind: str, value: typing.Any) -> typing.Any:
    """Return a value as the column takes it; raises ``ValueError``."""
    if value is None:
        return {} if kind == OBJECT else NEVER_NULL.get(name)
    if kind == OBJECT:
        if not isinstance(value, dict):
            raise ValueError(f"{name} must be an object, not a {type(value).__name__}.")
        return json.loads(json.dumps(value))
    if kind == FLAG:
        found = _WORDS.get(str(value).lower())
        if found is None:
            raise ValueError(f"{name} must be true or false, not {str(value)[:60]!r}.")
        return found
    most = MOST.get(name, 255)
    if isinstance(value, dict | list) or len(str(value)) > most:
        raise ValueError(f"{name} must be a text of at most {most} characters.")
    if kind == NAME and not _NAME.match(str(value)):
        raise ValueError(f"{name} must be 1 to 255 characters of A-Z a-z 0-9 - . _ ~, not {str(value)[:60]!r}.")
    return str(value)
