"""Shapes of documents: steps, config drive, RAID, network data. Types of objects with known keys."""

import binascii
import json
import typing

from baremetal import errors
from baremetal.api import resource, types


class Shape(types.Kind):
    """An object: which keys it may have, which it must have; a fault names the way to the wrong one."""

    basetype = dict
    stored = "json"

    def __init__(self, keys: dict[str, types.Kind], required: tuple[str, ...] = (), *, others: bool = False) -> None:
        self.keys, self.required, self.others = keys, required, others
        self.wanted = f"It must be an object of: {', '.join(keys)}."
        self.schema = {"type": "object", "required": list(required), "additionalProperties": others,
                       "properties": {key: kind.schema for key, kind in keys.items()}}

    def validate(self, value: typing.Any) -> dict[str, typing.Any]:
        """Return the object, each key checked."""
        if not isinstance(value, dict):
            raise ValueError(self.wanted)
        missing = [key for key in self.required if key not in value]
        if missing:
            raise ValueError(f"It lacks {missing[0]!r}: {self.keys[missing[0]].wanted}")
        unknown = [key for key in value if key not in self.keys]
        if unknown and not self.others:
            raise ValueError(f"It has the unknown key {unknown[0]!r}; known are: {', '.join(self.keys)}.")
        return {key: within(key, self.keys[key], item) if key in self.keys else item
                for key, item in value.items()}


class Each(types.List):
    """A list; a fault names the number of the wrong item."""

    def __init__(self, of: types.Kind, least: int = 0) -> None:
        super().__init__(of)
        self.least = least
        self.schema["minItems"] = least

    def validate(self, value: typing.Any) -> list[typing.Any]:
        """Return the list, each item checked."""
        if not isinstance(value, list):
            raise ValueError(f"It must be a list. Each item: {self.of.wanted}")
        if len(value) < self.least:
            raise ValueError(f"It must have at least {self.least}. Each item: {self.of.wanted}")
        return [within(str(number), self.of, item) for number, item in enumerate(value)]


class Either(types.Kind):
    """One of several kinds; the first that fits."""

    def __init__(self, *kinds: types.Kind) -> None:
        self.kinds = kinds
        self.wanted = " Or: ".join(kind.wanted for kind in kinds)
        self.schema = {"anyOf": [kind.schema for kind in kinds]}

    def validate(self, value: typing.Any) -> typing.Any:
        """Return the value as the first kind that takes it."""
        for kind in self.kinds:
            try:
                return kind.validate(value)
            except ValueError:
                continue
        raise ValueError(self.wanted)


class Strict(types.Kind):
    """JSON's own true and false, or a number: no words for them."""

    def __init__(self, of: type[typing.Any], wanted: str, schema: dict[str, typing.Any]) -> None:
        self.of, self.wanted, self.schema = of, wanted, schema
        self.least: int | None = schema.get("minimum")

    def validate(self, value: typing.Any) -> typing.Any:
        """Return the value."""
        if type(value) is not self.of or (self.least is not None and value < self.least):
            raise ValueError(self.wanted)
        return value


def within(key: str, kind: types.Kind, value: typing.Any) -> typing.Any:
    """Return a checked part; the fault begins with the part's name, and shows only words that are no secrets."""
    if isinstance(kind, types.Choice) and value not in kind.choices:
        raise ValueError(f"At {key!r}: {resource.shorten(value)!r} cannot be. {kind.wanted}")
    try:
        return kind.validate(value)
    except ValueError as error:
        raise ValueError(f"At {key!r}: {error}") from error


def check(field: str, kind: types.Kind, value: typing.Any) -> typing.Any:
    """Return a checked document; raises the fault that names the wrong part, not the value, which may hold secrets."""
    try:
        return kind.validate(value)
    except ValueError as error:
        raise errors.Invalid(text=f"Field {field!r} is not as it must be. {error}") from error


YES_OR_NO = Strict(bool, "It must be true or false.", {"type": "boolean"})
COUNT = Strict(int, "It must be a whole number from 0.", {"type": "integer", "minimum": 0})
POSITIVE = Strict(int, "It must be a whole number from 1.", {"type": "integer", "minimum": 1})
WORD = types.String(255, 1)

STEP_INTERFACE = types.Choice("vendor", "power", "management", "firmware", "deploy", "bios", "raid")
#: a step of a clean or service request
STEP = Shape({"interface": STEP_INTERFACE, "step": WORD, "args": types.JSON, "order": COUNT,
              "execute_on_child_nodes": YES_OR_NO, "limit_child_node_execution": Each(types.UUID)},
             ("interface", "step"))
#: a step of a deploy request; priority 0 switches a default step off
DEPLOY_STEP = Shape({"interface": STEP_INTERFACE, "step": WORD, "args": types.JSON, "priority": types.Number(0)},
                    ("interface", "step", "args", "priority"))
#: a step of a runbook
RUNBOOK_STEP = Shape({"interface": STEP_INTERFACE, "step": WORD, "args": types.JSON, "order": types.Number(0)},
                     ("interface", "step", "order"))

RAID_DISK = Shape({
    "raid_level": types.Choice("JBOD", "0", "1", "2", "5", "6", "1+0", "5+0", "6+0"),
    "size_gb": Either(COUNT, types.Choice("MAX")),
    "volume_name": types.TEXT, "is_root_volume": YES_OR_NO, "share_physical_disks": YES_OR_NO,
    "disk_type": types.Choice("hdd", "ssd"), "interface_type": types.Choice("sata", "scsi", "sas"),
    "number_of_physical_disks": POSITIVE, "controller": types.TEXT,
    "physical_disks": Either(Each(types.TEXT), Each(types.JSON, 2)),
}, ("raid_level", "size_gb"))
RAID = Shape({"logical_disks": Each(RAID_DISK, 1)}, ("logical_disks",))

#: static network configuration, as OpenStack writes it
NETWORK_DATA = Shape({
    "links": Each(Shape({"id": WORD, "type": WORD}, ("id", "type"), others=True)),
    "networks": Each(Shape({"id": WORD, "type": WORD, "link": WORD}, ("id", "type", "link"), others=True)),
    "services": Each(Shape({"type": WORD, "address": WORD}, ("type", "address"), others=True)),
}, ("links", "networks", "services"), others=True)

_NULL = Strict(type(None), "It may be null.", {"type": "null"})
OPTIONAL_UUID, OPTIONAL_TEXT = Either(types.UUID, _NULL), Either(types.TEXT, _NULL)
_USER_DATA = Either(types.TEXT, types.JSON, types.List(types.ANYTHING), _NULL)
CONFIGDRIVE = Shape({"meta_data": types.JSON, "network_data": types.JSON, "user_data": _USER_DATA,
                     "vendor_data": types.JSON})


class ConfigDrive(types.Kind):
    """A config drive: an object of its parts, or the text of one, or a URL, or a compressed image in base64."""

    stored = "json"
    wanted = ("It must be an object of meta_data, network_data, user_data and vendor_data, or a URL, or a gzip'd "
              "ISO image in base64.")

    def validate(self, value: typing.Any) -> typing.Any:
        """Return the object or the text."""
        if isinstance(value, dict):
            return CONFIGDRIVE.validate(value)
        if not isinstance(value, str):
            raise ValueError(self.wanted)
        if value.lstrip().startswith("{"):
            return CONFIGDRIVE.validate(_parsed(value))
        if "://" not in value and not _is_base64(value):
            raise ValueError(self.wanted)
        return value


def _parsed(text: str) -> typing.Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("It begins like a JSON object, but is none.") from None


def _is_base64(text: str) -> bool:
    try:
        # lines may be folded
        return bool(binascii.a2b_base64("".join(text.split()), strict_mode=True))
    except ValueError:
        return False


CONFIG_DRIVE = ConfigDrive()
