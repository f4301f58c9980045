"""Runs foreign programs, and names the Debian package of one that is missing. Knows nothing of what they do."""

import pathlib
import shutil
import subprocess
import typing

#: program: Debian package that brings it
# fmt: off
PACKAGES = {
    "apt-cache": "apt", "apt-get": "apt", "cpio": "cpio", "depmod": "kmod", "dpkg-deb": "dpkg",
    "grub-mkimage": "grub-common", "ip": "iproute2", "mcopy": "mtools", "mke2fs": "e2fsprogs",
    "mkfs.vfat": "dosfstools", "mmd": "mtools", "mmdebstrap": "mmdebstrap", "modprobe": "kmod", "mount": "mount",
    "qemu-img": "qemu-utils", "qemu-system-x86_64": "qemu-system-x86", "sgdisk": "gdisk", "syslinux": "syslinux",
    "zstd": "zstd",
}
#: file that no program stands for: Debian package that brings it
FILES = {
    "/usr/share/OVMF/OVMF_CODE_4M.fd": "ovmf", "/usr/lib/ipxe/qemu": "ipxe-qemu",
    "/usr/lib/grub/x86_64-efi": "grub-efi-amd64-bin", "/usr/lib/syslinux/mbr/gptmbr.bin": "syslinux-common",
}
# fmt: on
TAIL = 12
"""Lines of a program's complaint that are shown."""
SBIN = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"


class Trouble(Exception):
    """The lab cannot do what it was asked; the text says why, and what to do."""


def path(program: str) -> str:
    """Return where a program is; raise Trouble that names its package when it is not here."""
    found = shutil.which(program, path=SBIN) or shutil.which(program)
    if found is None:
        raise Trouble(f"{program} is not installed: apt-get install {PACKAGES.get(program, program)}")
    return found


def need(*names: str) -> None:
    """Raise Trouble with all packages that are missing for these programs and files."""
    missing = {PACKAGES.get(name, name) for name in names if not name.startswith("/") and not _there(name)}
    missing |= {FILES[name] for name in names if name.startswith("/") and not pathlib.Path(name).exists()}
    if missing:
        raise Trouble(f"packages are missing: apt-get install {' '.join(sorted(missing))}")


def _there(program: str) -> bool:
    return bool(shutil.which(program, path=SBIN) or shutil.which(program))


def run(*words: object, cwd: pathlib.Path | None = None, **more: typing.Any) -> str:
    """Run a program and return what it printed; raise Trouble with the end of its complaint when it fails."""
    argv = [path(str(words[0])), *(str(word) for word in words[1:])]
    done = subprocess.run(argv, cwd=cwd, stdin=more.pop("stdin", subprocess.DEVNULL), check=False,
                          capture_output=True, **more)
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()[-TAIL:]
        raise Trouble(f"{' '.join(map(str, words[:4]))} failed with {done.returncode}: " + "\n  ".join(said))
    return done.stdout.decode(errors="replace")
