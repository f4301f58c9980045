"""The system that the agent runs in: a small Debian with the agent from PyPI, as it comes. Not yet a ramdisk."""

import os
import pathlib
import re
import subprocess
import sys

from baremetal.lab.vms import programs
from baremetal.lab.vms.builders import cache

AGENT = "13.0.0"
"""Version of ironic-python-agent unless another one is asked for."""
SUITE, PYTHON = "bookworm", "3.11"
# fmt: off
PACKAGES = (
    "bsdextrautils", "busybox-static", "ca-certificates", "dmidecode", "dosfstools", "dropbear-bin", "e2fsprogs",
    "efibootmgr", "ethtool", "fdisk", "gdisk", "gzip", "hdparm", "iproute2", "ipmitool", "kmod", "libpython3-stdlib",
    "lshw", "lsscsi", "mdadm", "nvme-cli", "parted", "passwd", "pciutils", "procps", "psmisc", "python3-minimal",
    "qemu-utils", "udev", "usbutils", "util-linux", "zstd",
)
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*", "/usr/share/lintian/*")
PLATFORMS = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "any")
# fmt: on
LIBRARIES = "usr/lib/python3/dist-packages"
#: what apt in the chroot is told besides; nothing of it stays
APT = ('APT::Install-Recommends "false"', 'Acquire::Check-Valid-Until "false"', 'Acquire::Check-Date "false"',
       'Acquire::Retries "5"')


def build(kept: cache.Cache, agent: str = AGENT) -> pathlib.Path:
    """Return a folder with ``root``: Debian's packages and the agent."""
    def make(place: pathlib.Path) -> None:
        options = [f"--aptopt={line}" for line in APT] + [f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT]
        programs.run("mmdebstrap", "--quiet", "--variant=minbase", "--mode=root", f"--include={','.join(PACKAGES)}",
                     *options, SUITE, place / "root", *sources())
        install(place / "root", f"ironic-python-agent=={agent}",
                "--ignore-installed", "--only-binary=:all:", "--python-version", PYTHON, "--implementation", "cp",
                *(word for platform in PLATFORMS for word in ("--platform", platform)))

    return kept.have("root", {"agent": agent, "suite": SUITE, "packages": PACKAGES, "form": 1}, make)


def sources() -> list[pathlib.Path]:
    """Return the files of apt's sources on this machine that bring the suite; others may bring what does not fit."""
    found = [pathlib.Path("/etc/apt/sources.list")]
    found += sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*.list"))
    found += sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*.sources"))
    return [file for file in found if file.exists() and SUITE in file.read_text(errors="replace")]


def install(root: pathlib.Path, what: str, *options: str) -> None:
    """Have pip install something into the chroot, from the index that pip of this machine is set up for."""
    argv = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--no-warn-conflicts",
            "--disable-pip-version-check", "--retries", "10", "--root-user-action=ignore",
            "--target", str(root / LIBRARIES), *options, what]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          cwd=os.path.sep)
    if done.returncode:
        said = re.sub(r"https?://\S+", "…", done.stderr).strip().splitlines()[-programs.TAIL:]
        raise programs.Trouble(f"pip could not install {what}: " + "\n  ".join(said))
