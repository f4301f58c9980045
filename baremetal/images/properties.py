"""What ``instance_info`` must say of the image of a deploy, read once and judged field by field. Fetches nothing."""

import dataclasses
import typing

from baremetal import errors
from baremetal.images import checksum, formats, guard

MIB = 1 << 20
GIB = 1 << 30
WHOLE_DISK, PARTITION = "whole-disk", "partition"
TYPES = (WHOLE_DISK, PARTITION)
#: size: (field that wins, its unit in MiB)
SIZES: dict[str, tuple[tuple[str, int], ...]] = {
    "root_mb": (("root_mb", 1), ("root_gb", 1024)),
    "swap_mb": (("swap_mb", 1),),
    "ephemeral_mb": (("ephemeral_mb", 1), ("ephemeral_gb", 1024)),
}
TEXTS = ("image_disk_format", "kernel", "ramdisk", "ephemeral_format")


@dataclasses.dataclass(frozen=True)
class Wanted:
    """The image that a deploy writes."""

    source: str
    promise: checksum.Promise
    disk_format: str | None
    whole_disk: bool
    kernel: str | None
    ramdisk: str | None
    root_mb: int
    swap_mb: int
    ephemeral_mb: int
    ephemeral_format: str | None
    preserve_ephemeral: bool

    @property
    def image_type(self) -> str:
        """The word for it in the agent's protocol."""
        return WHOLE_DISK if self.whole_disk else PARTITION


def read(instance_info: dict[str, typing.Any]) -> Wanted:
    """Return what is wanted; what is missing or wrong is a fault that names field, value and what is right."""
    source = instance_info.get("image_source")
    if not source:
        raise errors.MissingField(field="instance_info/image_source", resource="node",
                                  wanted="It is the http://, https:// or file:// URL or Glance's id of the image.")
    if not isinstance(source, str) or "://" not in source:
        raise errors.BadField(field="instance_info/image_source", value=_shown(source),
                              wanted="Right would be an http://, https:// or file:// URL, or an image's id in Glance.")
    texts = {name: _text(instance_info, name) for name in TEXTS}
    declared = texts["image_disk_format"]
    if declared is not None and declared not in formats.DECLARED:
        raise errors.BadField(field="instance_info/image_disk_format", value=declared,
                              wanted=f"Right would be one of {', '.join(formats.DECLARED)}.")
    sizes = {name: _size(instance_info, fields) for name, fields in SIZES.items()}
    whole = _whole(instance_info, texts)
    if not whole and not sizes["root_mb"]:
        raise errors.MissingField(field="instance_info/root_gb", resource="node",
                                  wanted="A partition image needs the size of its root partition in GiB.")
    return Wanted(source=source, promise=checksum.promised(instance_info, source), disk_format=declared,
                  whole_disk=whole, kernel=texts["kernel"], ramdisk=texts["ramdisk"],
                  ephemeral_format=texts["ephemeral_format"],
                  preserve_ephemeral=bool(instance_info.get("preserve_ephemeral")), **sizes)


def fit(source: str, wanted: Wanted, virtual_size: int, properties: dict[str, typing.Any],
        root_device: int | None = None) -> None:
    """Raise when an image does not fit where it goes: its root partition, or the disk as far as its size is known.

    ``root_device`` is the size in bytes that the agent told; ``properties.local_gb`` is what is known else.
    """
    if not wanted.whole_disk and virtual_size > wanted.root_mb * MIB:
        raise errors.ImageTooLarge(source=guard.plain(source), size=virtual_size, room=wanted.root_mb * MIB,
                                   what="the root partition (instance_info/root_gb)")
    need = virtual_size if wanted.whole_disk else (wanted.root_mb + wanted.swap_mb + wanted.ephemeral_mb) * MIB
    room, what = root_device, "the root device"
    if room is None:
        room, what = _local(properties), "the disk (properties/local_gb, rounded up)"
    if room is not None and need > room:
        raise errors.ImageTooLarge(source=guard.plain(source), size=need, room=room, what=what)


def _local(properties: dict[str, typing.Any]) -> int | None:
    """Return the bytes that a disk of ``local_gb`` may have; inspection rounds down and takes one off."""
    try:
        known = int(properties.get("local_gb") or 0)
    except (TypeError, ValueError):
        return None
    return (known + 2) * GIB if known > 0 else None


def _whole(instance_info: dict[str, typing.Any], texts: dict[str, str | None]) -> bool:
    """Return whether the image is one of a whole disk; a kernel and a ramdisk tell that it is not."""
    told = instance_info.get("image_type")
    if told is not None and told not in TYPES:
        raise errors.BadField(field="instance_info/image_type", value=told,
                              wanted=f"Right would be {' or '.join(TYPES)}.")
    given = [name for name in ("kernel", "ramdisk") if texts[name]]
    if len(given) == 1:
        other = "ramdisk" if given == ["kernel"] else "kernel"
        raise errors.MissingField(field=f"instance_info/{other}", resource="node",
                                  wanted=f"It goes with instance_info/{given[0]}.")
    return told == WHOLE_DISK if told else not given


def _text(instance_info: dict[str, typing.Any], name: str) -> str | None:
    value = instance_info.get(name)
    if value is not None and not isinstance(value, str):
        raise errors.BadField(field=f"instance_info/{name}", value=_shown(value), wanted="Right would be text.")
    return value or None


def _size(instance_info: dict[str, typing.Any], fields: tuple[tuple[str, int], ...]) -> int:
    """Return a size in MiB by the first of ``fields`` that is given."""
    for name, unit in fields:
        value = instance_info.get(name)
        if value in (None, ""):
            continue
        try:
            number = int(value)
        except (TypeError, ValueError):
            number = -1
        if number < 0 or isinstance(value, bool):
            raise errors.BadField(field=f"instance_info/{name}", value=_shown(value),
                                  wanted="Right would be a whole number.")
        return number * unit
    return 0


def _shown(value: typing.Any) -> str:
    return str(value)[:100]
