"""The network boot loaders that Debian's packages bring, and the folder from which TFTP and HTTP serve them.

What varies is a table: which file starts which firmware for which way of booting.
"""

import dataclasses
import os
import pathlib
import shutil

from baremetal import errors

IPXE, PXE = "ipxe", "pxe"
"""Ways of booting: by iPXE and HTTP, or by GRUB (PXELINUX on BIOS) and TFTP."""

#: DHCP's numbers of client architectures (option 93): (firmware, processor, protocol)
# fmt: off
CLIENTS = {
    0:  ("bios", "x86_64",  "tftp"),
    7:  ("uefi", "x86_64",  "tftp"),
    9:  ("uefi", "x86_64",  "tftp"),
    11: ("uefi", "aarch64", "tftp"),
    16: ("uefi", "x86_64",  "http"),
    19: ("uefi", "aarch64", "http"),
}
# fmt: on


@dataclasses.dataclass(frozen=True)
class Loader:
    """One file to serve."""

    name: str
    """What it is called over TFTP."""
    package: str
    """The Debian package that brings it."""
    paths: tuple[str, ...]
    """Where it lies, the first one that is there."""
    way: str
    """IPXE or PXE."""
    serves: tuple[str, str]
    """Which servers: firmware, and the processor as nodes' property cpu_arch has it."""
    _: dataclasses.KW_ONLY
    first: bool = True
    """Whether DHCP names it; others are fetched by the one before."""


_IPXE, _SIGNED, _SHIM = "/usr/lib/ipxe", "/usr/lib/grub", "/usr/lib/shim"
_BIOS, _X86, _ARM = ("bios", "x86_64"), ("uefi", "x86_64"), ("uefi", "aarch64")
# fmt: off
TABLE = (
    Loader("undionly.kpxe", "ipxe", (f"{_IPXE}/undionly.kpxe", "/usr/share/ipxe/undionly.kpxe"), IPXE, _BIOS),
    Loader("snponly.efi", "ipxe", (f"{_IPXE}/snponly.efi", f"{_IPXE}/ipxe.efi"), IPXE, _X86),
    Loader("snponly-arm64.efi", "ipxe", (f"{_IPXE}/arm64-efi/snponly.efi", f"{_IPXE}/ipxe-arm64.efi"), IPXE, _ARM),
    Loader("lpxelinux.0", "pxelinux", ("/usr/lib/PXELINUX/lpxelinux.0",), PXE, _BIOS),
    Loader("ldlinux.c32", "syslinux-common", ("/usr/lib/syslinux/modules/bios/ldlinux.c32",), PXE, _BIOS,
           first=False),
    Loader("shimx64.efi", "shim-signed", (f"{_SHIM}/shimx64.efi.signed",), PXE, _X86),
    Loader("grubx64.efi", "grub-efi-amd64-signed", (f"{_SIGNED}/x86_64-efi-signed/grubnetx64.efi.signed",), PXE,
           _X86, first=False),
    Loader("shimaa64.efi", "shim-signed", (f"{_SHIM}/shimaa64.efi.signed",), PXE, _ARM),
    Loader("grubaa64.efi", "grub-efi-arm64-signed", (f"{_SIGNED}/arm64-efi-signed/grubnetaa64.efi.signed",), PXE,
           _ARM, first=False),
)
# fmt: on


class Loaders:
    """The loaders of one conductor: found once, when it starts."""

    def __init__(self, folder: pathlib.Path, named: str = "") -> None:
        """``folder`` is the one that TFTP serves; ``named`` is [pxe]loader_file_paths. ValueError if that is wrong."""
        self.folder = folder
        self.found = {loader.name: path for loader in TABLE for path in loader.paths[::-1] if os.path.isfile(path)}
        self.found |= _named(named)

    def fill(self) -> None:
        """Copy what was found to the folder, where TFTP may read it."""
        self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        for name, path in self.found.items():
            draft = self.folder / f".{name}.new"
            shutil.copyfile(path, draft)
            draft.chmod(0o644)
            draft.replace(self.folder / name)

    def first(self, way: str, firmware: str, processor: str) -> str | None:
        """Return the name of the loader that DHCP tells such a server; None where one of its files is missing."""
        wanted = [loader for loader in TABLE
                  if (loader.way, *loader.serves) == (way, firmware, processor)]
        if not wanted or any(loader.name not in self.found for loader in wanted):
            return None
        return next(loader.name for loader in wanted if loader.first)

    def require(self, way: str, firmware: str, processor: str) -> None:
        """Raise BootFileMissing unless such a server can be given a loader."""
        if self.first(way, firmware, processor):
            return
        lacks = [loader for loader in TABLE if (loader.way, *loader.serves)
                 == (way, firmware, processor) and loader.name not in self.found]
        what = f"The {way} loader for {firmware} on {processor}:"
        if not lacks:
            raise errors.BootFileMissing(what=what, path="", why="none is known for such servers",
                                         hint="Give the node another boot_mode or boot interface.")
        raise errors.BootFileMissing(
            what=what, path=lacks[0].paths[0], why="there is no such file",
            hint=f"Install Debian's package {lacks[0].package}, or name a file in [pxe]loader_file_paths as "
                 f"{lacks[0].name}:/path/of/it.")

    def missing(self) -> list[str]:
        """Return a sentence for each loader that is not here."""
        return [f"{loader.name} ({loader.way}, {', '.join(loader.serves)}) is not here; Debian's package "
                f"{loader.package} brings it" for loader in TABLE if loader.name not in self.found]


def _named(text: str) -> dict[str, str]:
    """Return ``{name: path}`` of the option."""
    found = {}
    for pair in filter(None, (pair.strip() for pair in text.split(","))):
        name, colon, path = pair.partition(":")
        if not colon or not name or "/" in name or name.startswith(".") or not os.path.isabs(path):
            raise ValueError(f"[pxe]loader_file_paths: {pair!r} is not name:/path")
        if not os.path.isfile(path):
            raise ValueError(f"[pxe]loader_file_paths: {name!r} names {path}, which is no file")
        found[name] = path
    return found
