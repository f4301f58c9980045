"""What an image is by its content, whether that is safe, and how large its disk is. Trusts no name and no promise."""

import dataclasses
from pathlib import Path

from oslo_config import cfg
from oslo_utils.imageutils import format_inspector

from baremetal import errors
from baremetal.images import guard

#: formats whose bytes are those of the disk
PLAIN = ("raw", "gpt", "iso")
#: what an operator says in image_disk_format: what the content may then be
DECLARED: dict[str, tuple[str, ...]] = {
    "raw": PLAIN,
    "gpt": ("gpt",),
    "iso": ("iso",),
    "qcow2": ("qcow2",),
    "vmdk": ("vmdk",),
    "vhd": ("vhd",),
    "vpc": ("vhd",),
    "vhdx": ("vhdx",),
    "vdi": ("vdi",),
}


@dataclasses.dataclass(frozen=True)
class Format:
    """What an image was found to be."""

    name: str
    virtual_size: int

    @property
    def plain(self) -> bool:
        """Whether its bytes are those of the disk."""
        return self.name in PLAIN


def inspect(path: Path, declared: str | None, source: str, conf: cfg.ConfigOpts) -> Format:
    """Return the format of ``path``; one that is not permitted, not safe, or not the ``declared`` one is a fault."""
    shown = guard.plain(source)
    try:
        found = format_inspector.detect_file_format(str(path))
        assert found is not None, "raw fits everything"
    except format_inspector.ImageFormatError as error:
        raise errors.ImageFault(source=shown, why=f"its format cannot be told ({error})") from None
    name = str(found)
    agree(name, declared, source, conf)
    try:
        if name != "raw":
            found.safety_check()
    except (format_inspector.SafetyCheckFailed, format_inspector.ImageFormatError) as error:
        told = "; ".join(str(one) for one in getattr(error, "failures", {}).values()) or str(error)
        raise errors.ImageFault(source=shown, why=f"as {name} it is not safe: {told}") from None
    size = path.stat().st_size if name in PLAIN else found.virtual_size
    if size <= 0:
        raise errors.ImageFault(source=shown, why="it is empty")
    return Format(name, size)


def agree(name: str, declared: str | None, source: str, conf: cfg.ConfigOpts) -> None:
    """Raise unless ``name`` is a permitted format and what the operator ``declared``."""
    permitted = conf.conductor.permitted_image_formats
    if name not in permitted:
        raise errors.ImageFault(source=guard.plain(source), why=f"its content is {name}; "
                                f"[conductor]permitted_image_formats allows {', '.join(permitted)}")
    if declared and name not in DECLARED.get(declared, (declared,)):
        raise errors.ImageFault(source=guard.plain(source), why=f"its content is {name}, but "
                                f"instance_info/image_disk_format says {declared}")
