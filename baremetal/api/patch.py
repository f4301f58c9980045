"""JSON Patch as this API takes it: add, replace and remove, on the fields that a resource declares patchable.

Knows no resource: what a field may be stands in its declaration, rules between fields beside its handler.
"""

import copy
import dataclasses
import re
import typing

from baremetal import errors
from baremetal.api import resource

OPS = ("add", "replace", "remove")
_PATH, _ESCAPED = re.compile(r"(/[\w-]+)+\Z"), re.compile(r"(/([\w-]|~[01])+)+\Z")
#: microversion from which keys may be written with the escapes of JSON pointers
ESCAPES_SINCE = 98
_INDEX = re.compile(r"(0|[1-9][0-9]*)\Z")


@dataclasses.dataclass(frozen=True)
class Operation:
    """One checked operation: its place in the patch (from 1), what, where; ``value`` where it has one."""

    number: int
    op: str
    path: str
    keys: tuple[str, ...]
    value: typing.Any = None

    @property
    def field(self) -> str:
        """The field of the resource that it changes."""
        return self.keys[0]

    def cannot(self, why: str) -> errors.BadPatch:
        """Return the fault that names this operation."""
        return errors.BadPatch(operation=f"{self.number} ({self.op} {self.path})", why=why)


def read(kind: type[resource.Resource], body: typing.Any, version: int) -> list[Operation]:
    """Return the operations of a PATCH body; raises the fault that names the first wrong one."""
    if not isinstance(body, list):
        raise errors.BadField(field="body", value=type(body).__name__,
                              wanted="It must be a list of operations, each {op, path, value}.")
    operations = [_operation(number, item, version) for number, item in enumerate(body, 1)]
    fields = kind.fields()
    for operation in operations:
        field = fields.get(operation.field)
        if field is None or not field.patch:
            known = ", ".join(name for name, field in fields.items() if field.patch and field.exists(version))
            raise operation.cannot(f"{operation.field!r} is not a field of a {kind.about().title} that can be patched; "
                                   f"patchable are: {known}.")
        resource.require(field, f"Field {operation.field!r}", version)
    return operations


def _operation(number: int, item: typing.Any, version: int) -> Operation:
    """Return one operation, its form checked."""
    def wrong(why: str) -> errors.BadPatch:
        return errors.BadPatch(operation=number, why=why)
    if not isinstance(item, dict):
        raise wrong(f"it is a {type(item).__name__}, but must be an object with op, path and value.")
    surplus = [key for key in item if key not in ("op", "path", "value")]
    if surplus:
        raise wrong(f"it has the unknown key {surplus[0]!r}; known are op, path and value.")
    op, path = item.get("op"), item.get("path")
    if op not in OPS:
        raise wrong(f"'op' is {resource.shorten(op)!r}, but must be one of: {', '.join(OPS)}.")
    if not isinstance(path, str) or not (_ESCAPED if version >= ESCAPES_SINCE else _PATH).match(path):
        escapes = "; write ~ as ~0 and / as ~1" if version >= ESCAPES_SINCE else ""
        raise wrong(f"'path' is {resource.shorten(path)!r}, but must be like /field or /field/key, of letters, digits, "
                    f"'_' and '-'{escapes}. To set other keys, give the whole field.")
    if op != "remove" and "value" not in item:
        raise wrong(f"{op} {path} lacks 'value'; to unset the field, use remove.")
    keys = tuple(key.replace("~1", "/").replace("~0", "~") for key in path.split("/")[1:])
    return Operation(number, str(op), path, keys, item.get("value"))


def touched(operations: list[Operation]) -> list[str]:
    """Return the fields that the operations change, each once."""
    return list(dict.fromkeys(operation.field for operation in operations))


def apply(kind: type[resource.Resource], operations: list[Operation],
          document: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """Return the new values of the touched fields, checked; None where one was removed.

    ``document`` holds at least the touched fields' present values; it is changed in place.
    """
    for operation in operations:
        if len(operation.keys) == 1:
            document[operation.field] = copy.deepcopy(operation.value)
        else:
            _apply_below(operation, document[operation.field])
    fields, values = kind.fields(), {}
    for name in touched(operations):
        if document[name] is None and fields[name].required:
            raise errors.MissingField(field=name, resource=f"a {kind.about().title}",
                                      wanted="It can be replaced, not removed.")
        values[name] = resource.accept(name, fields[name], document[name])
    return values


def _apply_below(operation: Operation, place: typing.Any) -> None:
    """Apply an operation whose path goes into a field; ``place`` is the field's value."""
    *way, last = operation.keys[1:]
    walked = f"/{operation.field}"
    for key in way:
        place = _step(operation, place, key, walked)
        walked += f"/{key}"
    if isinstance(place, dict):
        if operation.op != "add" and last not in place:
            raise operation.cannot(_absent(last, walked))
        if operation.op == "remove":
            del place[last]
        else:
            place[last] = copy.deepcopy(operation.value)
    elif isinstance(place, list):
        _apply_to_list(operation, place, last, walked)
    else:
        raise operation.cannot(_no_container(walked, place))


def _step(operation: Operation, place: typing.Any, key: str, walked: str) -> typing.Any:
    """Return what stands below ``place`` under ``key``."""
    if isinstance(place, dict):
        if key not in place:
            raise operation.cannot(_absent(key, walked))
        return place[key]
    if isinstance(place, list):
        return place[_index(operation, place, key, walked)]
    raise operation.cannot(_no_container(walked, place))


def _apply_to_list(operation: Operation, place: list[typing.Any], key: str, walked: str) -> None:
    """Add, replace or remove one item of a list."""
    if operation.op == "add":
        if key == "-":
            place.append(copy.deepcopy(operation.value))
        elif key == str(len(place)):
            place.append(copy.deepcopy(operation.value))
        else:
            place.insert(_index(operation, place, key, walked), copy.deepcopy(operation.value))
    elif operation.op == "remove":
        del place[_index(operation, place, key, walked)]
    else:
        place[_index(operation, place, key, walked)] = copy.deepcopy(operation.value)


def _index(operation: Operation, place: list[typing.Any], key: str, walked: str) -> int:
    """Return a position in a list; raises where there is none."""
    if not _INDEX.match(key) or int(key) >= len(place):
        raise operation.cannot(f"{walked} is a list of {len(place)}, {key!r} is no position in it; count from 0"
                               ", and use '-' to add at the end.")
    return int(key)


def _absent(key: str, walked: str) -> str:
    return f"there is no {key!r} in {walked}; use add on {walked} to make it."


def _no_container(walked: str, place: typing.Any) -> str:
    return f"{walked} is a {type(place).__name__}, which has nothing below it; give {walked} as a whole."
