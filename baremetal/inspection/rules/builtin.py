"""The rules of ``[inspection_rules]built_in_rules``: a YAML file, read anew when it has changed."""

import functools
import os
import typing

import yaml

from baremetal.inspection.rules import form

_KEYS = ("uuid", "priority", "description", "sensitive", "phase", "actions", "conditions")
#: what the rules of the file are called that have no UUID
UNNAMED = "00000000-0000-0000-0000-{:012x}"


def read(path: str | None) -> tuple[form.Rule, ...]:
    """Return the rules of a file, none without one; raises ``ValueError`` that names what is wrong in it."""
    if not path:
        return ()
    try:
        changed = os.stat(path).st_mtime_ns
        return _read(path, changed)
    except OSError as error:
        raise ValueError(f"[inspection_rules]built_in_rules: {path} cannot be read ({error.strerror}).") from error
    except yaml.YAMLError as error:
        raise ValueError(f"[inspection_rules]built_in_rules: {path} is no YAML ({str(error)[:200]}).") from error


@functools.lru_cache(4)
def _read(path: str, _changed: int) -> tuple[form.Rule, ...]:
    with open(path, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    if not isinstance(document, list):
        raise ValueError(f"[inspection_rules]built_in_rules: {path} must hold a list of rules.")
    found: list[form.Rule] = []
    unnamed = 0
    for number, item in enumerate(document):
        try:
            found.append(_rule(item, UNNAMED.format(unnamed)))
        except ValueError as error:
            raise ValueError(f"[inspection_rules]built_in_rules: rule {number} of {path}: {error}") from error
        unnamed += "uuid" not in item
    return tuple(found)


def _rule(item: typing.Any, name: str) -> form.Rule:
    """Return one rule of the file; its priority may be anything."""
    if not isinstance(item, dict):
        raise ValueError("it must be an object with 'actions'.")
    unknown = [key for key in item if key not in _KEYS]
    if unknown:
        raise ValueError(f"there is no key {str(unknown[0])[:60]!r}; there are: {', '.join(_KEYS)}.")
    priority, phase = item.get("priority", 0), item.get("phase") or "main"
    if not isinstance(priority, int) or isinstance(priority, bool):
        raise ValueError("'priority' must be a whole number.")
    if phase not in form.PHASES:
        raise ValueError(f"'phase' must be one of: {', '.join(form.PHASES)}.")
    return form.Rule(str(item.get("uuid") or name), form.read_actions(item.get("actions")),
                     form.read_conditions(item.get("conditions") or []), priority, bool(item.get("sensitive")), phase,
                     item.get("description"))
