"""Which names a node may have."""

from baremetal import errors
from baremetal.api import types

#: words that stand for something else in a node's place in a URL, or that other services of this API give a meaning
RESERVED = frozenset({
    "allocation", "bios", "children", "detail", "firmware", "history", "inventory", "maintenance", "management",
    "portgroups", "ports", "states", "traits", "validate", "vendor_passthru", "vifs", "vmedia", "volume",
})


def check(name: str | None, version: int) -> None:
    """Raise ``BadField`` where a node cannot have this name."""
    if name is None:
        return
    if name in RESERVED:
        raise errors.BadField(field="name", value=name,
                              wanted="That word has a meaning in the API's URLs; choose another.")
    if not types.is_name(name, version):
        marks = "letters, digits and - . _ ~" if version >= 10 else "letters, digits, - and ., like a host name"
        raise errors.BadField(field="name", value=name,
                              wanted=f"It must be 1 to 255 {marks}, and not look like a UUID.")
