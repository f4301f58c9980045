"""Loaders: found, named, copied, missed; and DHCP's configuration made of them."""

import ipaddress
from pathlib import Path

import pytest

from baremetal import config, errors
from baremetal.boot import dhcp, loaders


@pytest.fixture
def found(tmp_path: Path) -> loaders.Loaders:
    """Only what this test made, whatever is installed here."""
    made = loaders.Loaders(tmp_path / "tftp")
    made.found.clear()
    for name in ("undionly.kpxe", "snponly.efi", "shimx64.efi", "grubx64.efi"):
        (tmp_path / name).write_bytes(name.encode())
        made.found[name] = str(tmp_path / name)
    return made


def test_the_folder_is_filled(found: loaders.Loaders) -> None:
    found.fill()
    found.fill()
    assert sorted(path.name for path in found.folder.iterdir()) == sorted(found.found)
    assert (found.folder / "snponly.efi").read_bytes() == b"snponly.efi"


@pytest.mark.parametrize(("way", "firmware", "processor", "name"), [
    ("ipxe", "bios", "x86_64", "undionly.kpxe"), ("ipxe", "uefi", "x86_64", "snponly.efi"),
    ("pxe", "uefi", "x86_64", "shimx64.efi")])
def test_each_server_has_its_first(found: loaders.Loaders, way: str, firmware: str, processor: str, name: str) -> None:
    assert found.first(way, firmware, processor) == name
    found.require(way, firmware, processor)


@pytest.mark.parametrize(("way", "firmware", "processor", "hint"), [
    ("pxe", "bios", "x86_64", "package pxelinux"), ("ipxe", "uefi", "aarch64", "snponly-arm64.efi:/path"),
    ("pxe", "uefi", "aarch64", "package shim-signed"), ("ipxe", "bios", "riscv", "another boot_mode")])
def test_what_is_missing_is_named_with_its_package(found: loaders.Loaders, way: str, firmware: str, processor: str,
                                                   hint: str) -> None:
    with pytest.raises(errors.BootFileMissing, match=hint):
        found.require(way, firmware, processor)


def test_a_first_one_without_its_second_is_none(found: loaders.Loaders) -> None:
    del found.found["grubx64.efi"]
    assert found.first("pxe", "uefi", "x86_64") is None


def test_an_operators_own(tmp_path: Path) -> None:
    (tmp_path / "arm").write_bytes(b"arm")
    made = loaders.Loaders(tmp_path / "tftp", f"snponly-arm64.efi:{tmp_path}/arm")
    assert made.first("ipxe", "uefi", "aarch64") == "snponly-arm64.efi"


@pytest.mark.parametrize("text", ["x", "x:relative", "a/b:/etc/passwd", "x:/nowhere", ".x:/etc/passwd", ":/etc/passwd"])
def test_a_wrong_own_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="loader_file_paths"):
        loaders.Loaders(tmp_path, text)


def test_dhcp_names_only_what_is_there(found: loaders.Loaders, tmp_path: Path) -> None:
    conf = config.build(state_path=str(tmp_path), dnsmasq__interface="x0", dnsmasq__router="10.0.0.1",
                        dnsmasq__dhcp_range="10.0.0.50, 10.0.0.60")
    site = dhcp.Site(tmp_path, ipaddress.IPv4Interface("10.0.0.9/24"), "http://10.0.0.9:6387/boot", "root")
    text = dhcp.configuration(conf, site, found)
    assert "dhcp-range=10.0.0.50,10.0.0.60,255.255.255.0,3600\n" in text
    assert "dhcp-option=3,10.0.0.1\ndhcp-option=6\n" in text
    assert "dhcp-ignore=tag:!known\n" in text
    assert "lpxelinux.0" not in text
    assert "tag:by-pxe,tag:client7,shimx64.efi\n" in text
    assert "tag:client11," not in text
