"""A lab of two virtual machines, BIOS and UEFI, and what they boot. For the whole session: they start slowly."""

import os
import pathlib
import random
import subprocess
from collections.abc import Iterator

import pytest

from baremetal.lab.vms import lab, plan
from baremetal.lab.vms.builders import cache, image, ramdisk
from tests import programs

NEEDED = ("qemu-system-x86_64", "ip", "dnsmasq", "ipmitool")


@pytest.fixture(scope="session", autouse=True)
def able() -> None:
    """Skip where machines cannot be: no root, or a program is missing."""
    if os.geteuid() != 0:
        pytest.skip("virtual machines need root for their network")
    if missing := [name for name in NEEDED if not programs.find(name)]:
        pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.fixture(scope="session")
def kept() -> cache.Cache:
    """The cache that ``baremetal-lab`` has, too: what is built once on a machine is built."""
    folder = os.environ.get("BAREMETAL_LAB_CACHE") or pathlib.Path.home() / ".cache" / "baremetal-lab"
    return cache.Cache(pathlib.Path(folder), print)


@pytest.fixture(scope="session")
def booted(kept: cache.Cache) -> pathlib.Path:
    """Folder with ``kernel`` and ``ramdisk``: the real agent."""
    return ramdisk.build(kept)


@pytest.fixture(scope="session")
def images(kept: cache.Cache) -> pathlib.Path:
    """Folder with ``blue`` and ``green`` as .raw, .qcow2 and .ext4, and ``checksums.json``."""
    return image.build(kept)


@pytest.fixture(scope="session")
def network() -> plan.Network:
    """Names and addresses of this session's own, so that a lab somebody runs by hand is not met."""
    word, number = f"{random.randrange(1 << 16):04x}", random.randrange(100, 250)
    return plan.Network(f"bmtest{word}", f"bmt{word}", f"10.{number}.77.1/24", f"fd00:{word}::1/64")


@pytest.fixture(scope="session")
def machines(network: plan.Network, workdir: pathlib.Path) -> Iterator[lab.Lab]:
    """Two machines, all off: the first with BIOS, the second with UEFI and another, larger disk."""
    wanted = plan.Plan(plan.machines(2, "bios,uefi", disks="6G,6G+8G"), workdir / "vms", network, password="sesame")
    with lab.Lab(wanted) as running:
        yield running


@pytest.fixture
def links(network: plan.Network) -> Iterator[None]:
    """Fail when a test leaves a network link or namespace of this session behind; others have theirs meanwhile."""
    before = _links(network)
    yield
    assert _links(network) == before


def _links(network: plan.Network) -> set[str]:
    told = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    spaces = subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout
    names = [line.split(":")[1].strip() for line in told.splitlines()]
    names += [line.split()[0] for line in spaces.splitlines() if line.strip()]
    return {name for name in names if name.startswith((network.namespace, network.link))}
