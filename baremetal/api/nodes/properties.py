"""What a node's properties may hold: anything, but sizes are numbers, since schedulers reckon with them, and some boot
modes may be unwanted here.
"""

import typing

from baremetal import errors
from baremetal.api import resource

SIZES = ("memory_mb", "local_gb")


def check(properties: dict[str, typing.Any] | None, unwanted: typing.Sequence[str] = ()) -> None:
    """Raise ``BadField`` for a size that is none, and for a boot mode of ``unwanted`` ones."""
    for name in SIZES:
        value = (properties or {}).get(name)
        if value is not None and not _is_size(value):
            raise errors.BadField(field=f"properties/{name}", value=resource.shorten(value),
                                  wanted="It must be a whole number from 0, or be left out.")
    mode = _boot_mode((properties or {}).get("capabilities"))
    if mode is not None and mode in {word.lower() for word in unwanted}:
        raise errors.BadField(field="properties/capabilities", value=f"boot_mode:{mode}",
                              wanted=f"Nodes that boot in mode {' or '.join(unwanted)} are not taken here "
                                     "([api]disallowed_enrollment_boot_modes).")


def _boot_mode(capabilities: typing.Any) -> str | None:
    """Return the boot mode of capabilities, which are ``a:b,c:d`` or an object; None where they name none."""
    if isinstance(capabilities, str):
        pairs = [pair.partition(":") for pair in capabilities.split(",")]
        capabilities = {key.strip(): value.strip() for key, _, value in pairs}
    mode = capabilities.get("boot_mode") if isinstance(capabilities, dict) else None
    return str(mode).lower() if mode else None


def _is_size(value: typing.Any) -> bool:
    try:
        return int(value) >= 0
    except (TypeError, ValueError, OverflowError):
        return False
