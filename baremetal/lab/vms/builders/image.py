"""Small systems to be deployed: whole disks that boot on BIOS and UEFI, and a root file system, in two flavours.

The system is Debian's kernel with busybox: it reads its config drive, gets DHCP and tells both on the serial console
(files/system-init). Made without root and without loop devices.
"""

import gzip
import hashlib
import json
import pathlib
import shutil
import subprocess
import tempfile

from baremetal.lab.vms import programs
from baremetal.lab.vms.builders import cache, kernel, ramdisk, root

FLAVOURS = ("blue", "green")
"""Same system, other word: what a rebuild can be told by."""
NEEDS = ("mkfs.vfat", "mmd", "mcopy", "syslinux", "sgdisk", "grub-mkimage", "qemu-img", "mke2fs", "cpio", "modprobe",
         "/usr/lib/grub/x86_64-efi", "/usr/lib/syslinux/mbr/gptmbr.bin")
# fmt: off
MODULES = (
    "virtio_pci", "virtio_net", "virtio_blk", "virtio_scsi", "e1000", "e1000e", "ahci", "sd_mod", "nvme", "isofs",
    "vfat", "ext4", "button", "evdev",
)
GRUB = ("part_gpt", "part_msdos", "fat", "ext2", "linux", "search", "search_fs_file", "normal", "boot", "echo")
# fmt: on
LINE = "console=ttyS0,115200 quiet"
DISK_MIB, SYSTEM_MIB, ROOT_MIB = 64, 60, 56
MIB = 1 << 20
SYSLINUX = ("DEFAULT lab\nPROMPT 0\nTIMEOUT 0\nSERIAL 0 115200\nLABEL lab\n LINUX /vmlinuz\n INITRD /initrd\n"
            f" APPEND {LINE}\n")
#: how the boot loader finds kernel and initrd: where it looks, and below which folder
WHOLE = ("search --no-floppy --file --set=root /initrd", "")
PART = ("search --no-floppy --file --set=root /boot/initrd", "/boot")


def build(kept: cache.Cache) -> pathlib.Path:
    """Return a folder with ``<flavour>.raw``, ``.qcow2`` and ``.ext4`` for each flavour, ``vmlinuz``, and checksums.

    ``<flavour>.raw`` and ``.qcow2`` are the same whole disk; ``<flavour>.ext4`` is a root file system for a partition,
    ``<flavour>.initrd`` what starts it without a boot loader. ``checksums.json`` has SHA-256 by file name, and
    SHA256SUMS the same for sha256sum.
    """
    programs.need(*NEEDS)
    kernels, box = kernel.build(kept), root.build(kept) / "root/bin/busybox"
    sources = {"kernel": kernels.name, "busybox": cache.of_files(box), "modules": MODULES, "flavours": FLAVOURS,
               "files": cache.of_files(ramdisk.FILES / "system-init", pathlib.Path(__file__))}

    def make(place: pathlib.Path) -> None:
        shutil.copy(kernels / "vmlinuz", place / "vmlinuz")
        shutil.copy(box, place / "busybox")
        for flavour in FLAVOURS:
            with tempfile.TemporaryDirectory(dir=place, prefix="work") as work:
                initrd(pathlib.Path(work), kernels, flavour, place / f"{flavour}.initrd")
                disk(pathlib.Path(work), place, flavour)
                partition(pathlib.Path(work), place, flavour)
        (place / "busybox").unlink()
        write_checksums(place)

    return kept.have("image", sources, make)


def initrd(work: pathlib.Path, kernels: pathlib.Path, flavour: str, target: pathlib.Path) -> None:
    """Write the system itself: an archive that the kernel unpacks."""
    stage = work / "system"
    for name in ("bin", "etc/acpi/PWRF"):
        (stage / name).mkdir(parents=True)
    shutil.copy(target.parent / "busybox", stage / "bin/busybox")
    for name in ("sh", "ls", "cat", "poweroff", "reboot"):
        (stage / "bin" / name).symlink_to("busybox")
    shutil.copy(ramdisk.FILES / "system-init", stage / "init")
    (stage / "init").chmod(0o755)
    off = stage / "etc/acpi/PWRF/00000080"
    off.write_text("#!/bin/busybox sh\n/bin/busybox poweroff -f\n")
    off.chmod(0o755)
    (stage / "etc/flavour").write_text(flavour + "\n")
    modules = kernel.pick(kernels, work / "modules", MODULES)
    (stage / "etc/modules").write_text("".join(f"{file.name}\n" for file in modules))
    for file in modules:
        shutil.copy(file, stage / file.name)
    names = b"\0".join(sorted(str(path.relative_to(stage)).encode() for path in stage.rglob("*")))
    done = subprocess.run([programs.path("cpio"), "--null", "-o", "-H", "newc", "--quiet", "--reproducible"],
                          cwd=stage, input=names, capture_output=True, check=True)
    target.write_bytes(gzip.compress(done.stdout, 6, mtime=0))


def loader(work: pathlib.Path, find: tuple[str, str], target: pathlib.Path) -> None:
    """Write a boot loader for UEFI that finds its files wherever they are."""
    config = work / "grub.cfg"
    config.write_text(f"{find[0]}\nlinux {find[1]}/vmlinuz {LINE}\ninitrd {find[1]}/initrd\nboot\n")
    programs.run("grub-mkimage", "-O", "x86_64-efi", "-o", target, "-p", "/EFI/BOOT", "-c", config, *GRUB)


def disk(work: pathlib.Path, place: pathlib.Path, flavour: str) -> None:
    """Write the whole disk: one FAT partition that BIOS (syslinux) and UEFI (GRUB) both boot from."""
    files, raw = work / "files.img", place / f"{flavour}.raw"
    _empty(files, SYSTEM_MIB)
    programs.run("mkfs.vfat", "-n", "LABEFI", "-i", "1ab0d15c", files)
    loader(work, WHOLE, work / "BOOTX64.EFI")
    (work / "syslinux.cfg").write_text(SYSLINUX)
    programs.run("mmd", "-i", files, "::/EFI", "::/EFI/BOOT")
    for source, name in ((place / "vmlinuz", "vmlinuz"), (place / f"{flavour}.initrd", "initrd"),
                         (work / "syslinux.cfg", "syslinux.cfg"), (work / "BOOTX64.EFI", "EFI/BOOT/BOOTX64.EFI")):
        programs.run("mcopy", "-i", files, source, f"::/{name}")
    programs.run("syslinux", "-i", files)
    _empty(raw, DISK_MIB)
    programs.run("sgdisk", "-n", f"1:2048:+{SYSTEM_MIB}M", "-t", "1:ef00", "-A", "1:set:2", "-c", "1:efi", raw)
    programs.run("dd", f"if={files}", f"of={raw}", "bs=1M", "seek=1", "conv=notrunc,sparse")
    programs.run("dd", "if=/usr/lib/syslinux/mbr/gptmbr.bin", f"of={raw}", "bs=440", "count=1", "conv=notrunc")
    programs.run("qemu-img", "convert", "-O", "qcow2", "-c", raw, place / f"{flavour}.qcow2")


def partition(work: pathlib.Path, place: pathlib.Path, flavour: str) -> None:
    """Write the root file system: kernel and initrd in /boot, and the loader for an EFI partition in /boot/efi."""
    stage, target = work / "root", place / f"{flavour}.ext4"
    for name in ("boot/efi/EFI/BOOT", "boot/grub", "dev", "etc", "mnt", "proc", "run", "sys", "tmp", "bin"):
        (stage / name).mkdir(parents=True)
    shutil.copy(place / "vmlinuz", stage / "boot/vmlinuz")
    shutil.copy(place / f"{flavour}.initrd", stage / "boot/initrd")
    shutil.copy(target.parent / "busybox", stage / "bin/busybox")
    (stage / "etc/flavour").write_text(flavour + "\n")
    (stage / "etc/fstab").write_text("LABEL=lab-root / ext4 defaults 0 1\n")
    loader(work, PART, stage / "boot/efi/EFI/BOOT/BOOTX64.EFI")
    shutil.copy(work / "grub.cfg", stage / "boot/grub/grub.cfg")
    _empty(target, ROOT_MIB)
    programs.run("mke2fs", "-q", "-t", "ext4", "-L", "lab-root", "-E", "root_owner=0:0", "-d", stage, target)


def write_checksums(place: pathlib.Path) -> None:
    """Write the SHA-256 of all files, for programs and for people."""
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest()
             for file in sorted(place.iterdir()) if file.is_file()}
    (place / "checksums.json").write_text(json.dumps(found, indent=1))
    (place / "SHA256SUMS").write_text("".join(f"{told}  {name}\n" for name, told in found.items()))


def _empty(path: pathlib.Path, size: int) -> None:
    with open(path, "wb") as opened:
        opened.truncate(size * MIB)
