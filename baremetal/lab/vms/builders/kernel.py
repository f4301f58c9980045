"""The kernel: Debian's generic one with the modules that a ramdisk wants, from the host's own apt sources."""

import pathlib
import re
import shutil

from baremetal.lab.vms import programs
from baremetal.lab.vms.builders import cache

META = "linux-image-amd64"
#: the generic kernel, for the small one of clouds knows neither AHCI nor e1000 nor IPMI
# fmt: off
MODULES = (
    "virtio_pci", "virtio_net", "virtio_blk", "virtio_scsi", "virtio_console", "virtio_rng", "e1000", "e1000e", "igb",
    "ahci", "ata_piix", "sd_mod", "sr_mod", "nvme", "usb-storage", "uas", "xhci_pci", "ehci_pci", "uhci_hcd", "usbhid",
    "hid-generic", "isofs", "vfat", "nls_ascii", "nls_cp437", "nls_utf8", "ext4", "ipmi_si", "ipmi_devintf",
    "8021q", "bonding", "raid0", "raid1", "raid10", "dm_mod", "dm_multipath", "loop", "efivarfs", "button", "evdev",
    "squashfs", "crc32c_generic", "crc32_pclmul", "i6300esb", "tpm_tis", "qemu_fw_cfg", "rtc_cmos",
)
# fmt: on
RETRIES = ("-o", "Acquire::Retries=5")
LIMITS = ("-o", "Acquire::Check-Valid-Until=false", "-o", "APT::Sandbox::User=root", *RETRIES)


def package() -> str:
    """Return name and version of the newest kernel that apt knows, as ``name=version``."""
    told = programs.run("apt-cache", "depends", META)
    found = re.search(r"Depends: (linux-image-\S+)", told)
    if not found:
        programs.run("apt-get", "-qq", *RETRIES, "update")
        found = re.search(r"Depends: (linux-image-\S+)", programs.run("apt-cache", "depends", META))
    if not found:
        raise programs.Trouble(f"apt knows no package {META}; is there a Debian source in /etc/apt?")
    version = re.search(r"Candidate: (\S+)", programs.run("apt-cache", "policy", found[1]))
    return f"{found[1]}={version[1]}" if version else found[1]


def build(kept: cache.Cache) -> pathlib.Path:
    """Return a folder with ``vmlinuz`` and ``lib/modules``."""
    wanted = package()

    def make(place: pathlib.Path) -> None:
        work = place / "work"
        work.mkdir()
        programs.run("apt-get", "-qq", *LIMITS, "download", wanted, cwd=work)
        programs.run("dpkg-deb", "-x", next(work.glob("*.deb")), work / "tree")
        release = next((work / "tree/lib/modules").iterdir()).name
        programs.run("depmod", "-b", work / "tree", release)
        pick(work / "tree", place, MODULES)
        shutil.copy(next((work / "tree/boot").glob("vmlinuz-*")), place / "vmlinuz")
        shutil.rmtree(work)

    return kept.have("kernel", {"package": wanted, "modules": MODULES, "form": 1}, make)


def pick(tree: pathlib.Path, into: pathlib.Path, names: tuple[str, ...]) -> list[pathlib.Path]:
    """Copy modules and what they depend on below another root; return them in the order they are to be loaded."""
    release = next((tree / "lib/modules").iterdir()).name
    target = into / "lib/modules" / release
    target.mkdir(parents=True, exist_ok=True)
    for name in ("modules.builtin", "modules.order", "modules.builtin.modinfo"):
        if (tree / "lib/modules" / release / name).exists():
            shutil.copy(tree / "lib/modules" / release / name, target / name)
    picked: dict[pathlib.Path, None] = {}
    for name in names:
        told = programs.run("modprobe", "-d", tree, "-S", release, "--show-depends", name)
        for line in told.splitlines():
            if line.startswith("insmod "):
                picked[pathlib.Path(line.split()[1]).relative_to(tree / "lib/modules" / release)] = None
    for file in picked:
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tree / "lib/modules" / release / file, target / file)
    programs.run("depmod", "-b", into, release)
    return [target / file for file in picked]
