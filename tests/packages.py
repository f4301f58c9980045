"""Installs the Debian packages that tests and the virtual lab need, as root; says so otherwise.

Standard library only. ``python3 -m tests.packages vms`` installs those of one group: ``./run --vms`` does it.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests import programs

POLICY = Path("/usr/sbin/policy-rc.d")
#: a mirror that stumbles is asked again, a lock of somebody else's apt is waited for
OPTIONS = ("-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3")
#: seconds before each try: a network may be away for a moment, another apt may hold the lock on its lists
PAUSES = (0, 10, 30)

DATABASES = ("mariadb-server", "postgresql")
SERVERS = (*DATABASES, "rabbitmq-server")
IPMI = ("openipmi", "ipmitool")
IMAGES = ("qemu-utils", "xorriso")
BOOT = ("dnsmasq-base", "ipxe", "iproute2", "curl")
VMS = ("cpio", "dnsmasq-base", "dosfstools", "gdisk", "grub-common", "grub-efi-amd64-bin", "ipmitool", "iproute2",
       "ipxe", "ipxe-qemu", "kmod", "mmdebstrap", "mtools", "ovmf", "qemu-system-x86", "qemu-utils", "syslinux",
       "syslinux-common", "zstd")
#: what may be asked for by name
GROUPS = {"databases": DATABASES, "servers": SERVERS, "ipmi": IPMI, "images": IMAGES, "boot": BOOT, "vms": VMS}


def install(packages: set[str]) -> dict[str, str]:
    """Install what is missing of ``packages``; what is still missing after that, and why."""
    wanted = programs.missing(packages)
    if not wanted:
        return {}
    names = " ".join(sorted(wanted))
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        why = "no root" if os.geteuid() != 0 else "no apt-get"
        return {name: f"{name} is not installed, and {why} here to install it" for name in wanted}
    print(f"Installing {names}", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with no_services_started():
        for pause in PAUSES:
            time.sleep(pause)
            for step in (["update"], ["install", "-y", "--no-install-recommends", *sorted(wanted)]):
                subprocess.run(["apt-get", "-qq", *OPTIONS, *step], env=env, stdout=subprocess.DEVNULL, check=False)
            if not programs.missing(packages):
                break
    return {name: f"{name} is not installed, and apt-get could not install it"
            for name in programs.missing(packages)}


@contextlib.contextmanager
def no_services_started() -> Iterator[None]:
    """Keep packages from starting their servers: tests start private ones. A policy that is there stays."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def main() -> None:
    """Install a group; fail when something is missing still."""
    if absent := install(set(GROUPS[sys.argv[1]])):
        sys.exit("\n".join(sorted(absent.values())))


if __name__ == "__main__":
    main()
