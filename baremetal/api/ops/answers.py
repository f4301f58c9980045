"""How the answers of ``/ops`` are declared: keys with their kind and a sentence; JSON schema is made from that."""

import dataclasses
import typing

from baremetal.api import types

Schema = dict[str, typing.Any]


@dataclasses.dataclass(frozen=True)
class Key:
    """One key of an answer. ``kind`` is a kind of value, another ``Document``, or ``[…]`` for a list of either."""

    kind: "types.Kind | Document | Counts | list[typing.Any]"
    says: str
    null: bool = False


@dataclasses.dataclass(frozen=True)
class Document:
    """An object with just these keys, all of them always there."""

    keys: dict[str, Key]


@dataclasses.dataclass(frozen=True)
class Counts:
    """An object whose keys are names and whose values are numbers of nodes."""


class Seconds(types.Kind):
    """A length of time; only shown."""

    basetype = float
    stored = "number"
    schema = {"type": "number", "minimum": 0}


SECONDS, NUMBER, FREE = Seconds(), types.Number(0), types.Json()


def schema(kind: typing.Any) -> Schema:
    """Return the JSON schema of a declaration."""
    if isinstance(kind, Document):
        return {"type": "object", "additionalProperties": False, "required": list(kind.keys),
                "properties": {name: _key(key) for name, key in kind.keys.items()}}
    if isinstance(kind, Counts):
        return {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}
    if isinstance(kind, list):
        return {"type": "array", "items": schema(kind[0])}
    return dict(kind.schema)


def _key(key: Key) -> Schema:
    made = schema(key.kind)
    if key.null:
        made = {"anyOf": [made, {"type": "null"}]}
    return {**made, "description": key.says}
