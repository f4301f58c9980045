"""Host files: what stands in them, and when dnsmasq must read them anew."""

from pathlib import Path

import pytest

from baremetal.clients import dnsmasq

NODE, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
ONE, TWO = "52:54:00:aa:00:01", "52:54:00:aa:00:02"


class Told:
    """Counts what dnsmasq was told."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def hosts(tmp_path: Path, told: Told) -> dnsmasq.Hosts:
    return dnsmasq.Hosts(tmp_path, told)


def test_a_round(hosts: dnsmasq.Hosts, told: Told, tmp_path: Path) -> None:
    hosts.put(NODE, [TWO.upper(), ONE])
    assert told.times == 1
    assert (tmp_path / NODE).read_text() == f"{ONE},set:boots,set:by-ipxe\n{TWO},set:boots,set:by-ipxe\n"
    hosts.put(NODE, [ONE, TWO])
    assert told.times == 1
    hosts.put(NODE, [ONE], boots=False)
    assert (told.times, (tmp_path / NODE).read_text()) == (2, f"{ONE}\n")
    assert not hosts.booting(NODE)
    hosts.remove(NODE)
    hosts.remove(NODE)
    assert (told.times, list(tmp_path.iterdir())) == (3, [])


def test_a_port_goes_to_another_node(hosts: dnsmasq.Hosts, told: Told, tmp_path: Path) -> None:
    hosts.put(NODE, [ONE, TWO])
    hosts.put(OTHER, [TWO], way="pxe")
    assert (tmp_path / NODE).read_text() == f"{ONE},set:boots,set:by-ipxe\n"
    assert (tmp_path / OTHER).read_text() == f"{TWO},set:boots,set:by-pxe\n"
    assert told.times == 2


def test_a_restart_knows_them(hosts: dnsmasq.Hosts, told: Told, tmp_path: Path) -> None:
    hosts.put(NODE, [ONE])
    again = dnsmasq.Hosts(tmp_path, told)
    assert again.every() == [NODE]
    assert again.booting(NODE)
    again.remove(NODE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("node", "mac", "way"), [
    ("../x", ONE, "ipxe"), ("", ONE, "ipxe"), (NODE, "52:54", "ipxe"), (NODE, f"{ONE}\ndhcp-script=/x", "ipxe"),
    (NODE, f"{ONE},set:x", "ipxe"), (NODE, ONE, "ipxe,set:x")])
def test_nothing_else_gets_into_the_file(hosts: dnsmasq.Hosts, tmp_path: Path, node: str, mac: str, way: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        hosts.put(node, [mac], way=way)
    assert list(tmp_path.iterdir()) == []
