"""Rows as text: aligned columns, or JSON for programs. Pure: documents in, text out."""

import json
import typing

from baremetal.cli import screen

#: columns of text between two columns of a table
GAP = "  "
FORMATS = ("table", "json")


def cell(value: typing.Any) -> str:
    """Return one value as text on one line; nothing is a dash."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (dict, list)):
        return screen.clean(json.dumps(value, ensure_ascii=False))
    return screen.clean(f"{value:.1f}" if isinstance(value, float) else str(value))


def rows(heads: tuple[str, ...], found: list[tuple[typing.Any, ...]]) -> str:
    """Return a table with a line of heads."""
    lines = [heads, *(tuple(map(cell, row)) for row in found)]
    widths = [max(screen.width(line[place]) for line in lines) for place in range(len(heads))]
    return "\n".join(GAP.join(map(_wide, line, widths)).rstrip() for line in lines)


def _wide(text: str, width: int) -> str:
    return text + " " * (width - screen.width(text))


def pairs(found: dict[str, typing.Any]) -> str:
    """Return names and values, one pair a line."""
    wide = max((screen.width(name) for name in found), default=0)
    return "\n".join(f"{_wide(name, wide)}{GAP}{cell(value)}" for name, value in found.items())


def document(found: typing.Any) -> str:
    """Return JSON to read."""
    return json.dumps(found, indent=2, ensure_ascii=False)
