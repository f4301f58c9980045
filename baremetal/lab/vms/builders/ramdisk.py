"""The deploy ramdisk: the agent's system without what it never needs, with our init, as byte-code, packed.

The agent's code is as it came; only what starts it is ours. No file of apt's sources stays in it.
"""

import importlib.util
import pathlib
import shutil
import subprocess
import typing

from baremetal.lab.vms import programs
from baremetal.lab.vms.builders import cache, kernel, root

FILES = pathlib.Path(__file__).parent / "files"
PLUGIN = pathlib.Path(__file__).parents[4] / "ramdisk"
"""Where our own package for the agent lies in a checkout."""
NEEDS = ("mmdebstrap", "cpio", "zstd", "depmod", "modprobe", "dpkg-deb", "apt-get")
LEVEL = 6
"""zstd's: higher ones are slower to build, hardly smaller."""
#: what the agent runs without. Names of PCI vendors are read whole by each of its lshw, for 0.7 s each under emulation
# fmt: off
TRIMMED = (
    "boot/*", "dev/*", "etc/apt", "etc/hostname", "etc/resolv.conf", "etc/udev/hwdb*", "proc/*", "run/*", "sys/*",
    "tmp/*", "usr/bin/apt*", "usr/bin/grub*", "usr/bin/perl*", "usr/bin/qemu-io", "usr/bin/qemu-nbd",
    "usr/bin/qemu-storage-daemon", "usr/lib/apt", "usr/lib/dpkg/methods", "usr/lib/grub*",
    "usr/lib/udev/hwdb*", "usr/lib/valgrind",
    "usr/lib/x86_64-linux-gnu/gconv", "usr/lib/x86_64-linux-gnu/libapt*", "usr/lib/x86_64-linux-gnu/libicu*",
    "usr/lib/x86_64-linux-gnu/libmvec*", "usr/lib/x86_64-linux-gnu/libperl*", "usr/lib/x86_64-linux-gnu/libsqlite*",
    "usr/lib/x86_64-linux-gnu/perl*", "usr/sbin/grub*", "usr/sbin/xfs_scrub*", "usr/share/bash-completion",
    "usr/share/gcc", "usr/share/grub", "usr/share/misc/*.ids", "usr/share/perl*", "usr/share/zoneinfo",
    "usr/lib/udev/rules.d/*-alsa.rules", "usr/lib/udev/rules.d/*-v4l.rules", "usr/lib/udev/rules.d/*-drm.rules",
    "usr/lib/udev/rules.d/70-[cjt]*.rules", "usr/lib/udev/rules.d/78-*.rules", "usr/lib/udev/rules.d/85-h*.rules",
    "usr/lib/udev/rules.d/96-*.rules",
    "usr/src", "var/cache/*", "var/lib/apt", "var/lib/dpkg/info", "var/log/*",
)
#: of Python's libraries
TRIMMED_PYTHON = (
    "*.dist-info/direct_url.json",
    "_distutils_hack", "bin", "distutils-precedence.pth", "ironic_python_agent/tests", "netaddr/eui/*.txt",
    "pycparser*", "setuptools*", "tzdata*", "wrapt-stubs",
)
TRIMMED_STANDARD = ("ensurepip", "idlelib", "lib2to3", "pydoc_data", "test", "tkinter", "turtledemo")
MADE = ("dev", "etc/acpi/PWRF", "etc/ipa-rescue-config", "etc/ironic-python-agent.d", "etc/udev/rules.d", "mnt",
        "proc", "root", "run", "sys", "tmp", "usr/lib/baremetal", "var/log")
#: file of ours: where it goes, and its mode
PLACED = (
    ("init", "init", 0o755), ("udhcpc.script", "etc/udhcpc.script", 0o755),
    ("start-agent", "usr/lib/baremetal/start-agent", 0o644),
    ("61-disks.rules", "etc/udev/rules.d/61-disks.rules", 0o644),
    ("agent.conf", "etc/ironic-python-agent.d/lab.conf", 0o644),
)
#: modules that no device asks for by itself
LOADED = ("ipmi_si", "ipmi_devintf", "button", "evdev")
# fmt: on


def build(kept: cache.Cache, agent: str = root.AGENT, plugin: pathlib.Path | None = PLUGIN) -> pathlib.Path:
    """Return a folder with ``kernel`` and ``ramdisk``."""
    programs.need(*NEEDS)
    plugin = plugin if plugin and plugin.exists() else None
    kernels, system = kernel.build(kept), root.build(kept, agent)
    sources: dict[str, typing.Any] = {
        "kernel": kernels.name, "root": system.name, "plugin": cache.of_files(plugin) if plugin else None,
        "files": cache.of_files(FILES, pathlib.Path(__file__)), "level": LEVEL}

    def make(place: pathlib.Path) -> None:
        stage = place / "stage"
        subprocess.run(["cp", "-a", str(system / "root"), str(stage)], check=True)
        if plugin:
            copied = pathlib.Path(shutil.copytree(plugin, place / "plugin"))
            here = ("--no-build-isolation",) if importlib.util.find_spec("setuptools") else ()
            root.install(stage, str(copied), "--no-deps", *here)
            shutil.rmtree(copied)
        fill(stage, kernels)
        pack(stage, place / "ramdisk")
        shutil.copy(kernels / "vmlinuz", place / "kernel")
        shutil.rmtree(stage)

    place = kept.have("ramdisk", sources, make)
    return place


def fill(stage: pathlib.Path, kernels: pathlib.Path) -> None:
    """Take out of the agent's system what a ramdisk does not need, and put in what it does."""
    for path in [found for pattern in TRIMMED for found in stage.glob(pattern)]:
        _remove(path)
    libraries, standard = stage / root.LIBRARIES, stage / f"usr/lib/python{root.PYTHON}"
    for path in [found for pattern in TRIMMED_PYTHON for found in libraries.glob(pattern)]:
        _remove(path)
    for path in [standard / name for name in TRIMMED_STANDARD if (standard / name).exists()]:
        _remove(path)
    for path in [*stage.glob("usr/lib/python3*/**/__pycache__"), *stage.glob("usr/lib/python3*/**/*.pyi")]:
        _remove(path)
    for name in MADE:
        (stage / name).mkdir(parents=True, exist_ok=True)
    for name, target, mode in PLACED:
        shutil.copy(FILES / name, stage / target)
        (stage / target).chmod(mode)
    for name in ("poweroff", "reboot", "halt"):
        _script(stage / "usr/sbin" / name, f"sync\nexec /bin/busybox {name} -f")
    _script(stage / "etc/acpi/PWRF/00000080", "exec /usr/sbin/poweroff")
    (stage / "etc/modules-load").write_text("\n".join(LOADED) + "\n")
    subprocess.run(["cp", "-a", str(kernels / "lib/modules"), str(stage / "usr/lib/")], check=True)
    # without byte-code every start compiles everything, slowly
    programs.run("chroot", stage, "python3", "-m", "compileall", "-q", f"usr/lib/python{root.PYTHON}",
                 root.LIBRARIES)
    for name, major, minor in (("console", 5, 1), ("null", 1, 3)):
        programs.run("mknod", "-m", "666", stage / "dev" / name, "c", major, minor)


def pack(stage: pathlib.Path, target: pathlib.Path) -> None:
    """Write all below ``stage`` as one compressed archive that a kernel unpacks."""
    names = b"\0".join(sorted(str(path.relative_to(stage)).encode() for path in stage.rglob("*")))
    with subprocess.Popen([programs.path("cpio"), "--null", "-o", "-H", "newc", "--quiet", "--reproducible"],
                          cwd=stage, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as archive, \
            subprocess.Popen([programs.path("zstd"), "-q", "-f", "-T0", f"-{LEVEL}", "-o", str(target)],
                             stdin=archive.stdout) as packed:
        assert archive.stdin is not None
        archive.stdin.write(names)
        archive.stdin.close()
        if archive.wait() or packed.wait():
            raise programs.Trouble("the ramdisk could not be packed; is the disk full?")


def _script(path: pathlib.Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def _remove(path: pathlib.Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
