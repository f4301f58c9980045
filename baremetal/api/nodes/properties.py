"""What a node's properties may hold: anything, but sizes are numbers, since schedulers reckon with them."""

import typing

from baremetal import errors
from baremetal.api import resource

SIZES = ("memory_mb", "local_gb")


def check(properties: dict[str, typing.Any] | None) -> None:
    """Raise ``BadField`` for a size that is none."""
    for name in SIZES:
        value = (properties or {}).get(name)
        if value is not None and not _is_size(value):
            raise errors.BadField(field=f"properties/{name}", value=resource.shorten(value),
                                  wanted="It must be a whole number from 0, or be left out.")


def _is_size(value: typing.Any) -> bool:
    try:
        return int(value) >= 0
    except (TypeError, ValueError, OverflowError):
        return False
