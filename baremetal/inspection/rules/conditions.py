"""The conditions of rules: a table, one function each. All return whether they hold; none changes anything."""

import ipaddress
import operator
import re
import typing

from baremetal.inspection.rules import operation

YES, NO = ("yes", "true"), ("no", "false")
#: longest text that is matched by a regular expression, and longest expression: both are strangers'
MOST_TEXT, MOST_PATTERN = 4096, 256
#: a repetition of what repeats itself: such an expression can take for ever
_NESTED = re.compile(r"\([^()]*[+*}][^()]*\)[+*{]")


def _comparable(values: list[typing.Any], *, strings: bool) -> list[typing.Any]:
    """Return values that can be compared: all as numbers where they are or read like that, else as texts."""
    if strings:
        values = [str(value) for value in values]
    kinds = {type(value) for value in values}
    if len(kinds) == 1 and not strings:
        return values
    try:
        return [float(value) if isinstance(value, str) else value + 0 for value in values]
    except (TypeError, ValueError):
        return [str(value) for value in values] if len(kinds) > 1 else values


def _in_order(holds: typing.Callable[[typing.Any, typing.Any], bool]) -> typing.Callable[..., bool]:
    """Return the condition that each value stands so to the next."""
    def compare(values: typing.Any, force_strings: bool = False) -> bool:  # noqa: FBT001, FBT002  a rule's argument
        if not isinstance(values, list):
            raise ValueError(f"'values' must be a list, not a {type(values).__name__}.")
        found = _comparable(values, strings=bool(force_strings))
        try:
            return all(holds(one, other) for one, other in zip(found, found[1:], strict=False))
        except TypeError:
            raise ValueError(f"values of the kind {type(found[0]).__name__} have no order.") from None
    return compare


def is_empty(value: typing.Any) -> bool:
    """Nothing, an empty text, list or object."""
    return str(value) in ("", "None", "[]", "{}")


def is_none(value: typing.Any) -> bool:
    """Nothing."""
    return value is None


def is_true(value: typing.Any) -> bool:
    """True, a number other than 0, yes or true."""
    return value.lower() in YES if isinstance(value, str) else isinstance(value, int | float) and bool(value)


def is_false(value: typing.Any) -> bool:
    """False, 0, no, false, or nothing."""
    return value.lower() in NO if isinstance(value, str) else value is None or (
        isinstance(value, int | float) and not value)


def in_net(address: typing.Any, subnet: typing.Any) -> bool:
    """An address within a network."""
    try:
        return ipaddress.ip_address(str(address)) in ipaddress.ip_network(str(subnet), strict=False)
    except ValueError as error:
        raise ValueError(f"{error}.") from None


def one_of(value: typing.Any, values: typing.Any = ()) -> bool:
    """One of a few values."""
    if not isinstance(values, list | tuple):
        raise ValueError(f"'values' must be a list, not a {type(values).__name__}.")
    return value in values or any(type(one) is not type(value) and str(one) == str(value) for one in values)


def matches(value: typing.Any, regex: str) -> bool:
    """A text that a regular expression fits as a whole."""
    return pattern(regex).fullmatch(str(value)[:MOST_TEXT]) is not None


def contains(value: typing.Any, regex: str) -> bool:
    """A text in which a regular expression fits somewhere."""
    return pattern(regex).search(str(value)[:MOST_TEXT]) is not None


def pattern(regex: typing.Any) -> re.Pattern[str]:
    """Return a regular expression; raises ``ValueError`` for one that is none, or might never end."""
    if not isinstance(regex, str) or not regex or len(regex) > MOST_PATTERN:
        raise ValueError(f"'regex' must be a regular expression of 1 to {MOST_PATTERN} characters.")
    if _NESTED.search(regex):
        raise ValueError("'regex' repeats what repeats itself, as (a+)+ does; write it without.")
    try:
        return re.compile(regex)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"'regex' is no regular expression: {error}.") from None


def _check_regex(args: operation.Args) -> None:
    pattern(args["regex"])


def _check_values(args: operation.Args) -> None:
    if not isinstance(args["values"], list | str):
        raise ValueError("'values' must be a list of what is compared, or refer to one.")


# fmt: off
TABLE: dict[str, operation.Op] = {
    "eq":       operation.Op(_in_order(operator.eq), ("values",), ("force_strings",), ("values",), _check_values),
    "lt":       operation.Op(_in_order(operator.lt), ("values",), ("force_strings",), ("values",), _check_values),
    "gt":       operation.Op(_in_order(operator.gt), ("values",), ("force_strings",), ("values",), _check_values),
    "is-empty": operation.Op(is_empty, ("value",), (), ("value",)),
    "in-net":   operation.Op(in_net,   ("address", "subnet"), (), ("address", "subnet")),
    "matches":  operation.Op(matches,  ("value", "regex"), (), ("value",), _check_regex),
    "contains": operation.Op(contains, ("value", "regex"), (), ("value",), _check_regex),
    "one-of":   operation.Op(one_of,   ("value",), ("values",), ("value",)),
    "is-none":  operation.Op(is_none,  ("value",), (), ("value",)),
    "is-true":  operation.Op(is_true,  ("value",), (), ("value",)),
    "is-false": operation.Op(is_false, ("value",), (), ("value",)),
}
# fmt: on

#: conditions for which what is not there is nothing, not the text that asks for it
OF_NOTHING = frozenset({"is-empty", "is-none"})
