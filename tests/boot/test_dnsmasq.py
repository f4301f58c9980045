"""dnsmasq as the conductor runs it, on a wire of its own: who is answered, with what, and what is told of it."""

import dataclasses
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from oslo_config import cfg

from baremetal import clock, config, milestones
from baremetal.boot import loaders, shelf, tftp
from baremetal.conductor import witness
from baremetal.conductor.serving import dnsmasq
from baremetal.db import engine, schema
from tests import programs
from tests.boot import wire

NODE, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
MAC, OTHER_MAC, STRANGER = "52:54:00:aa:00:01", "52:54:00:aa:00:02", "52:54:00:aa:00:99"
HTTP = f"http://{wire.OURS}:6387/boot"
BIOS, UEFI, UEFI_HTTP = 0, 7, 16


class Notes(witness.Witness):
    """A witness that keeps what it was told; its thread is not started."""

    def told(self) -> list[tuple[str, str]]:
        """Node and name of what was seen."""
        return [(sighting.node, sighting.name) for sighting in list(self._queue.queue) if sighting]


@dataclasses.dataclass
class House:
    """A conductor's boot services on a wire."""

    wire: wire.Wire
    conf: cfg.ConfigOpts
    shelf: shelf.Shelf
    loaders: loaders.Loaders
    service: dnsmasq.Dnsmasq
    seen: Notes

    def boot(self, mac: str, arch: int = UEFI, *, ipxe: bool = False, within: float = 3.0) -> dict[str, Any] | None:
        """What DHCP answers to a server."""
        card = wire.Card(self.wire, mac, arch, ipxe=ipxe)
        try:
            return card.boot(within)
        finally:
            card.close()

    def change(self, change: Callable[..., None], *given: Any, **more: Any) -> None:
        """Change hosts, and return when dnsmasq was started anew, which reads them."""
        before = until(lambda: self.service.pid)
        change(*given, **more)
        until(lambda: self.service.pid not in (None, before))

    def ignores(self, mac: str) -> None:
        """Return when a server has asked, and was heard and not answered."""
        def unheard() -> bool:
            assert self.boot(mac, within=1.5) is None
            return mac not in self.service.strangers
        until(lambda: not unheard())


@pytest.fixture(scope="module")
def cable() -> Iterator[wire.Wire]:
    """The wire, once for all tests here."""
    if lacking := programs.missing({"dnsmasq-base", "ipxe", "iproute2", "curl"}):
        pytest.skip(f"not installed: {', '.join(sorted(lacking))}")
    with wire.laid() as made:
        yield made


@pytest.fixture
def stopped(cable: wire.Wire, tmp_path: Path) -> House:
    """All of it, not started yet."""
    conf = config.build(state_path=str(tmp_path), deploy__http_url=f"http://{wire.OURS}:6387",
                        dnsmasq__interface=cable.ours, dnsmasq__dhcp_range=wire.RANGE)
    places = shelf.Shelf(tmp_path / "boot", conf.deploy.http_url)
    found = loaders.Loaders(tmp_path / "tftp")
    found.fill()
    database = engine.Database(conf)
    schema.upgrade(database)
    return House(cable, conf, places, found, dnsmasq.Dnsmasq(conf, places, found, clock.REAL),
                 Notes(database, clock.REAL, places))


@pytest.fixture
def house(stopped: House) -> Iterator[House]:
    """All of it, running."""
    stopped.service.start(stopped.seen)
    assert stopped.service.hosts.trouble is None, stopped.service.hosts.trouble
    yield stopped
    stopped.service.stop()


def until(ready: Callable[[], Any], within: float = 90) -> Any:
    """What ``ready`` returns once it is true."""
    end = time.monotonic() + within
    while not (found := ready()):
        assert time.monotonic() < end, "not in time"
        time.sleep(0.05)
    return found


def test_who_is_not_known_gets_nothing_and_is_remembered(house: House) -> None:
    house.change(house.service.hosts.put, NODE, [MAC])
    house.ignores(STRANGER)
    assert list(house.service.strangers) == [STRANGER]


@pytest.mark.parametrize(("arch", "ipxe", "way", "file"), [
    (BIOS, False, "ipxe", "undionly.kpxe"), (UEFI, False, "ipxe", "snponly.efi"), (9, False, "ipxe", "snponly.efi"),
    (UEFI_HTTP, False, "ipxe", f"{HTTP}/loaders/snponly.efi"), (BIOS, True, "ipxe", f"{HTTP}/boot.ipxe"),
    (UEFI, True, "ipxe", f"{HTTP}/boot.ipxe")])
def test_each_firmware_is_told_its_loader(house: House, arch: int, ipxe: bool, way: str, file: str) -> None:
    house.change(house.service.hosts.put, NODE, [MAC], way=way)
    found = until(lambda: house.boot(MAC, arch, ipxe=ipxe))
    assert found["boot"] == file
    assert found["next"] == wire.OURS
    assert found["address"].startswith("10.99.0.")
    assert "router" not in found
    assert "dns" not in found
    if arch == UEFI_HTTP:
        assert found["class"] == b"HTTPClient"


def test_who_is_not_to_boot_gets_an_address_only(house: House) -> None:
    house.change(house.service.hosts.put, NODE, [MAC])
    assert until(lambda: house.boot(MAC))["boot"]
    house.change(house.service.hosts.put, NODE, [MAC], boots=False)
    found = until(lambda: house.boot(MAC))
    assert found["address"]
    assert not found["boot"]
    house.change(house.service.hosts.remove, NODE)
    house.ignores(MAC)


def test_a_port_that_goes_to_another_node_boots_as_that_one(house: House) -> None:
    house.change(house.service.hosts.put, NODE, [MAC, OTHER_MAC])
    house.change(house.service.hosts.put, OTHER, [OTHER_MAC], boots=False)
    assert not until(lambda: house.boot(OTHER_MAC))["boot"]
    assert until(lambda: house.boot(MAC))["boot"]


def test_what_happens_becomes_milestones(house: House, tmp_path: Path) -> None:
    kernel = tmp_path / "vmlinuz"
    kernel.write_bytes(b"k" * 100_000)
    house.shelf.open(NODE, [MAC], "deploy")
    for item in tftp.FILES:
        house.shelf.put(NODE, item, path=kernel)
    place = house.shelf.of(NODE)
    assert place is not None
    tftp.lay(house.conf, place, "nofb")
    house.change(house.service.hosts.put, NODE, [MAC], way="pxe")
    found = until(lambda: house.boot(MAC, BIOS))
    until(lambda: house.seen.told())        # a thread reads it in dnsmasq's log
    assert house.service.lessee(found["address"]) == MAC
    house.wire.address(found["address"])
    hyphened = MAC.replace(":", "-")
    for path in ("undionly.kpxe", f"grub/grub.cfg-01-{hyphened}", f"{place.key}/kernel", f"{place.key}/ramdisk"):
        got = house.wire.run("curl", "-sS", "--max-time", "90", f"tftp://{wire.OURS}/{path}")
        assert got.returncode == 0, got.stderr
        if path.endswith("kernel"):
            assert got.stdout == kernel.read_bytes()
    until(lambda: (NODE, milestones.RAMDISK) in house.seen.told())
    # once each; only an address is given again where the server has missed the first answer
    assert list(dict.fromkeys(house.seen.told())) == [(NODE, name) for name in (
        milestones.ADDRESS, milestones.LOADER, milestones.SCRIPT, milestones.KERNEL, milestones.RAMDISK)]
    tftp.clear(house.conf, place)
    assert not list(Path(house.conf.pxe.tftp_root).rglob(f"*{hyphened}*"))


@pytest.mark.parametrize("path", ["../baremetal.sqlite", "/etc/passwd", "..%2f..%2fetc%2fpasswd"])
def test_tftp_gives_nothing_from_elsewhere(house: House, path: str) -> None:
    house.wire.address("10.99.0.60")
    got = house.wire.run("curl", "-sS", "--path-as-is", "--max-time", "3", f"tftp://{wire.OURS}/{path}")
    assert got.returncode != 0
    assert got.stdout == b""


def test_it_comes_again_when_it_was_killed(house: House) -> None:
    house.change(house.service.hosts.put, NODE, [MAC])
    before = until(lambda: house.boot(MAC))["address"]
    first = until(lambda: house.service.pid)
    os.kill(first, signal.SIGKILL)
    until(lambda: house.service.pid not in (None, first))
    until(lambda: house.service.hosts.trouble is None)
    assert until(lambda: house.boot(MAC))["address"] == before


def test_it_ends_with_us(house: House) -> None:
    pid = until(lambda: house.service.pid)
    house.service.stop()
    assert not Path(f"/proc/{pid}").exists()


def test_a_taken_port_is_named_and_waited_for(stopped: House) -> None:
    service = stopped.service
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, stopped.wire.ours.encode())
        other.bind(("0.0.0.0", 67))
        service.start(stopped.seen)
        assert service.hosts.trouble is not None
        assert "UDP port 67 (DHCP) is taken" in service.hosts.trouble[0]
    until(lambda: service.hosts.trouble is None)
    service.stop()


@pytest.mark.parametrize(("option", "value", "why"), [
    ("interface", "nowhere0", "there is no interface nowhere0"), ("binary", "dnsmasq-not-here", "is not installed"),
    ("dhcp_range", "10.98.0.1,10.98.0.9", "must lie in 10.99.0.0/24"), ("dhcp_range", "", "it is two addresses"),
    ("dhcp_range", "10.99.0.1,10.99.0.9", "the conductor's own address"), ("router", "x", "it is an IPv4 address")])
def test_what_is_wrong_is_named(stopped: House, option: str, value: str, why: str) -> None:
    stopped.conf.set_override(option, value, group="dnsmasq")
    stopped.service.start(stopped.seen)
    stopped.service.stop()
    assert stopped.service.hosts.trouble is not None
    assert why in stopped.service.hosts.trouble[0]


def test_many_changes_do_it_no_harm(house: House) -> None:
    for number in range(60):
        house.service.hosts.put(NODE, [MAC], boots=number % 2 == 0, way=("ipxe", "pxe")[number % 4 // 2])
        house.service.hosts.put(OTHER, [OTHER_MAC], boots=number % 3 == 0)
        if number % 5 == 0:
            house.service.hosts.remove(OTHER)
            house.boot(MAC, within=0.1)
        assert house.service.hosts.trouble is None
    house.service.hosts.put(NODE, [MAC])
    until(lambda: (house.boot(MAC) or {}).get("boot") == "snponly.efi")
    assert house.service.hosts.trouble is None
