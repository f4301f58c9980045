"""The foreign programs that tests need: which Debian package brings them, and where they live here.

Standard library only: ``./test`` reads it before there is any environment.
"""

import glob
import os
import shutil

# program               Debian package       where besides PATH
# fmt: off
PROGRAMS = {
    "mariadbd":           ("mariadb-server",  ("/usr/sbin",)),
    "mariadb-install-db": ("mariadb-server",  ("/usr/bin",)),
    "postgres":           ("postgresql",      ("/usr/lib/postgresql/*/bin",)),
    "initdb":             ("postgresql",      ("/usr/lib/postgresql/*/bin",)),
    "rabbitmq-server":    ("rabbitmq-server", ("/usr/lib/rabbitmq/bin",)),
    "rabbitmqctl":        ("rabbitmq-server", ("/usr/lib/rabbitmq/bin",)),
    "epmd":               ("rabbitmq-server", ("/usr/bin",)),
    "ipmi_sim":           ("openipmi",        ("/usr/bin",)),
    "ipmitool":           ("ipmitool",        ("/usr/bin",)),
    "dnsmasq":            ("dnsmasq-base",    ("/usr/sbin",)),
    "ip":                 ("iproute2",        ("/usr/sbin", "/sbin")),
    "curl":               ("curl",            ("/usr/bin",)),
    "cpio":               ("cpio",            ("/usr/bin",)),
    "depmod":             ("kmod",            ("/usr/sbin",)),
    "grub-mkimage":       ("grub-common",     ("/usr/bin",)),
    "mcopy":              ("mtools",          ("/usr/bin",)),
    "mkfs.vfat":          ("dosfstools",      ("/usr/sbin",)),
    "mmdebstrap":         ("mmdebstrap",      ("/usr/bin",)),
    "qemu-img":           ("qemu-utils",      ("/usr/bin",)),
    "xorriso":            ("xorriso",         ("/usr/bin",)),
    "qemu-system-x86_64": ("qemu-system-x86", ("/usr/bin",)),
    "sgdisk":             ("gdisk",           ("/usr/sbin",)),
    "syslinux":           ("syslinux",        ("/usr/bin",)),
    "zstd":               ("zstd",            ("/usr/bin",)),
}
#: what is no program: Debian package that brings it
FILES = {
    "/usr/lib/grub/x86_64-efi/kernel.img":    "grub-efi-amd64-bin",
    "/usr/lib/ipxe/qemu/pxe-virtio.rom":      "ipxe-qemu",
    "/usr/lib/ipxe/snponly.efi":              "ipxe",
    "/usr/lib/ipxe/undionly.kpxe":            "ipxe",
    "/usr/lib/syslinux/mbr/gptmbr.bin":       "syslinux-common",
    "/usr/share/OVMF/OVMF_CODE_4M.fd":        "ovmf",
}
# fmt: on


def find(program: str) -> str | None:
    """The path of ``program``, the newest where Debian keeps several; None when it is not installed."""
    for pattern in PROGRAMS[program][1]:
        for folder in sorted(glob.glob(pattern), reverse=True):
            if os.access(os.path.join(folder, program), os.X_OK):
                return os.path.join(folder, program)
    return shutil.which(program)


def package(program: str) -> str:
    """The Debian package that brings ``program``."""
    return PROGRAMS[program][0]


def missing(packages: set[str]) -> set[str]:
    """Those of ``packages`` of which a program or a file is not here."""
    return ({package(program) for program in PROGRAMS if package(program) in packages and not find(program)}
            | {brings for file, brings in FILES.items() if brings in packages and not os.path.exists(file)})
