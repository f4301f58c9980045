"""Rows as text: aligned columns, or JSON for programs. Pure: documents in, text out."""

import json
import textwrap
import typing

from baremetal.cli import screen

#: columns of text between two columns of a table
GAP = "  "
FORMATS = ("table", "json")
#: columns of text that are worth breaking lines for
LEAST = 16


def cell(value: typing.Any) -> str:
    """Return one value as text on one line; nothing is a dash."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (dict, list)):
        return screen.clean(json.dumps(value, ensure_ascii=False))
    return screen.clean(f"{value:.1f}" if isinstance(value, float) else str(value))


def facts(found: dict[str, typing.Any]) -> str | None:
    """Return names with their values as text on one line."""
    return ", ".join(f"{name} {cell(value)}" for name, value in found.items()) or None


def rows(heads: tuple[str, ...], found: list[tuple[typing.Any, ...]], columns: int | None = None) -> str:
    """Return a table with a line of heads; in a terminal of so many columns the last one goes on in further lines."""
    lines = [heads, *(tuple(map(cell, row)) for row in found)]
    widths = [max(screen.width(line[place]) for line in lines) for place in range(len(heads))]
    left = None if columns is None else columns - sum(widths[:-1]) - len(GAP) * (len(widths) - 1)
    return "\n".join(GAP.join(map(_wide, part, widths)).rstrip() for line in lines for part in _parts(line, left))


def _parts(line: tuple[str, ...], left: int | None) -> list[tuple[str, ...]]:
    """Return a row as several where its last cell does not fit; where hardly anything does, the terminal breaks it."""
    if left is None or left < LEAST or screen.width(line[-1]) <= left:
        return [line]
    first, *further = textwrap.wrap(line[-1], left)
    return [(*line[:-1], first), *((*[""] * (len(line) - 1), part) for part in further)]


def wrapped(text: str, columns: int | None) -> str:
    """Return a sentence that goes on below itself, set in, where a terminal is too narrow for it."""
    if columns is None or screen.width(text) <= columns:
        return text
    indent = len(text) - len(text.lstrip())
    return textwrap.fill(text.strip(), max(columns, LEAST), initial_indent=" " * indent,
                         subsequent_indent=" " * (indent + 2), break_long_words=False, break_on_hyphens=False)


def _wide(text: str, width: int) -> str:
    return text + " " * (width - screen.width(text))


def pairs(found: dict[str, typing.Any]) -> str:
    """Return names and values, one pair a line."""
    wide = max((screen.width(name) for name in found), default=0)
    return "\n".join(f"{_wide(name, wide)}{GAP}{cell(value)}" for name, value in found.items())


def document(found: typing.Any) -> str:
    """Return JSON to read."""
    return json.dumps(found, indent=2, ensure_ascii=False)
