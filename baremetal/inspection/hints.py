"""Root device hints: whether a disk is the one that a node's hints mean. Pure."""

import collections.abc
import operator
import typing

GIB = 2 ** 30

Compare = collections.abc.Callable[[typing.Any, typing.Any], bool]

#: operator in front of a number
# fmt: off
NUMBERS: dict[str, Compare] = {"==": operator.eq, "!=": operator.ne, ">=": operator.ge, "<=": operator.le,
                               ">": operator.gt, "<": operator.lt, "=": operator.ge}
#: operator in front of a text
TEXTS: dict[str, Compare] = {"s==": operator.eq, "s!=": operator.ne, "s>=": operator.ge, "s<=": operator.le,
                             "s>": operator.gt, "s<": operator.lt}
# fmt: on
#: hints that are numbers; size in GiB
NUMERIC = {"size": GIB}
FLAGS = ("rotational",)
TRUE = ("true", "1", "yes", "on")


def fits(disk: dict[str, typing.Any], hints: dict[str, typing.Any]) -> bool:
    """Return whether a disk fits every hint."""
    return all(_fits(disk.get(name), name, wanted) for name, wanted in hints.items())


def _fits(found: typing.Any, name: str, wanted: typing.Any) -> bool:
    if found is None:
        return False
    if name in FLAGS:
        return bool(found) == (str(wanted).strip().lower() in TRUE)
    words = str(wanted).split()
    if name in NUMERIC:
        return isinstance(found, int) and _number(found / NUMERIC[name], words)
    return _text(str(found).strip().lower(), [word.lower() for word in words], str(wanted).strip().lower())


def _number(found: float, words: list[str]) -> bool:
    if words and words[0] in NUMBERS:
        return len(words) == 2 and _is_number(words[1]) and NUMBERS[words[0]](found, float(words[1]))
    options = [word for word in words if word != "<or>"]
    # a disk has never quite the size that is written on it
    return any(_is_number(word) and int(found) == int(float(word)) for word in options)


def _is_number(word: str) -> bool:
    return word.replace(".", "", 1).isdigit()


def _text(found: str, words: list[str], wanted: str) -> bool:
    head, rest = (words[0], wanted[len(words[0]):].strip()) if words else ("", "")
    if head in TEXTS:
        return TEXTS[head](found, rest)
    if head == "<in>":
        return rest in found
    if head == "<all-in>":
        return all(word in found for word in words[1:] if word != "<all-in>")
    if head == "<or>":
        return found in [option.strip() for option in wanted.split("<or>") if option.strip()]
    return found == wanted
