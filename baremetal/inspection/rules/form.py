"""What a rule may be: read from JSON or YAML, checked, in the form in which it is stored and run."""

import dataclasses
import typing

from baremetal.inspection.rules import actions, conditions, operation

PHASES = ("main",)
MOST_PRIORITY = 9999
MULTIPLE = ("any", "all", "first", "last")
#: the keys of an action, and those of a condition
ACTION_KEYS = ("op", "args", "loop")
CONDITION_KEYS = (*ACTION_KEYS, "multiple")
#: most conditions or actions of a rule
MOST = 100
CONDITION_OPS, ACTION_OPS = tuple(conditions.TABLE), tuple(actions.TABLE)


@dataclasses.dataclass(frozen=True)
class Rule:
    """One rule as it is run."""

    uuid: str
    actions: list[dict[str, typing.Any]]
    conditions: list[dict[str, typing.Any]] = dataclasses.field(default_factory=list)
    priority: int = 0
    sensitive: bool = False
    phase: str = "main"
    description: str | None = None


def inverted(op: str) -> tuple[str, bool]:
    """Return a condition's op without its ``!``, and whether it had one."""
    op = op.strip()
    return (op[1:].strip(), True) if op.startswith("!") else (op, False)


def read_conditions(value: typing.Any) -> list[dict[str, typing.Any]]:
    """Return the conditions of a rule; raises ``ValueError`` that names the wrong one."""
    found = []
    for number, item in enumerate(_items("conditions", value, 0, CONDITION_KEYS)):
        op, negated = inverted(_op(number, item))
        one = _one(number, {**item, "op": op}, conditions.TABLE)
        multiple = item.get("multiple", "any")
        if multiple not in MULTIPLE:
            raise ValueError(f"At {number}: 'multiple' cannot be {str(multiple)[:60]!r}; it must be one of: "
                             f"{', '.join(MULTIPLE)}.")
        found.append({**one, "op": f"!{op}" if negated else op, **({"multiple": multiple} if "loop" in one else {})})
    return found


def read_actions(value: typing.Any) -> list[dict[str, typing.Any]]:
    """Return the actions of a rule; raises ``ValueError`` that names the wrong one."""
    return [_one(number, {**item, "op": _op(number, item)}, actions.TABLE)
            for number, item in enumerate(_items("actions", value, 1, ACTION_KEYS))]


def _items(what: str, value: typing.Any, least: int, keys: tuple[str, ...]) -> list[dict[str, typing.Any]]:
    if not isinstance(value, list) or not least <= len(value) <= MOST:
        raise ValueError(f"{what} must be a list of {least} to {MOST} objects with 'op' and 'args'.")
    wrong = next((number for number, item in enumerate(value) if not isinstance(item, dict)), None)
    if wrong is not None:
        raise ValueError(f"At {wrong}: it must be an object with 'op' and 'args'.")
    for number, item in enumerate(value):
        unknown = [key for key in item if key not in keys]
        if unknown:
            raise ValueError(f"At {number}: unknown key {str(unknown[0])[:60]!r}; known are: {', '.join(keys)}.")
    return value


def _op(number: int, item: dict[str, typing.Any]) -> str:
    if not isinstance(item.get("op"), str):
        raise ValueError(f"At {number}: 'op' is missing, or is no text.")
    return str(item["op"])


def _one(number: int, item: dict[str, typing.Any], table: dict[str, operation.Op]) -> dict[str, typing.Any]:
    """Return one condition or action; its arguments stay in the form in which they came."""
    op = item["op"]
    if op not in table:
        raise ValueError(f"At {number}: there is no op {op[:60]!r}; there are: {', '.join(table)}.")
    if "args" not in item:
        raise ValueError(f"At {number}: 'args' is missing: an object or a list.")
    loop = item.get("loop")
    if loop is not None and not isinstance(loop, list | dict):
        raise ValueError(f"At {number}: 'loop' must be a list or an object.")
    try:
        operation.named(op, table[op], item["args"])
    except ValueError as error:
        raise ValueError(f"At {number}: {error}") from None
    return {"op": op, "args": item["args"], **({"loop": loop} if loop else {})}
