"""Virtual machines as far as they are pure: plans, command lines, frames, what is kept."""

import pathlib
import struct
import uuid

import pytest

from baremetal.lab.vms import console, ledger, lldp, plan, programs, qemu
from baremetal.lab.vms.builders import cache

FOLDER = pathlib.Path("/nowhere")


def made(**machine: object) -> qemu.Place:
    """A lab of one machine."""
    return qemu.Place(plan.Plan((plan.Machine(**machine),), FOLDER, password="x"), 0)    # type: ignore[arg-type]


def test_values_are_dealt_out_in_turn() -> None:
    dealt = plan.machines(3, "bios,uefi", "1024,2048,512", "6G,6G+20G", "1,2")
    assert [one.firmware for one in dealt] == ["bios", "uefi", "bios"]
    assert [one.memory for one in dealt] == [1024, 2048, 512]
    assert [one.disks for one in dealt] == [(6 << 30,), (6 << 30, 20 << 30), (6 << 30,)]
    assert [one.nics for one in dealt] == [1, 2, 1]


@pytest.mark.parametrize(("wrong", "said"), [
    ({"firmware": "efi"}, "firmware is 'efi'; it must be one of bios, uefi"),
    ({"memory": "lots"}, "memory is 'lots'; it must be a number"),
    ({"memory": "64"}, "memory is 64; it must be at least 256"),
    ({"disks": "6"}, "the size is '6'; it must be a number and M, G or T, as 6G"),
    ({"nics": "9"}, "nics is 9; it must be from 1 to 8"),
])
def test_wrong_machines_are_refused_in_words(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        plan.machines(1, **wrong)


@pytest.mark.parametrize(("wrong", "said"), [
    ({"namespace": "a b"}, "namespace is 'a b'"),
    ({"link": "much-too-long-a-name"}, "link is"),
    ({"address": "10.0.0.1/28"}, "its network must be a /24 or larger"),
    ({"address6": "fd00::/300"}, "300"),
])
def test_wrong_networks_are_refused_in_words(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plan.Network(**wrong)


def test_machines_have_addresses_of_their_own() -> None:
    lab = plan.Plan(plan.machines(2, nics="2"), FOLDER)
    macs = [mac for number in range(2) for mac in lab.macs(number)]
    assert len(set(macs)) == 4 and all(int(mac[:2], 16) & 3 == 2 for mac in macs)     # local, of one card
    assert [lab.network.bmc(number) for number in range(2)] == ["10.77.0.101/24", "10.77.0.102/24"]
    assert lab.ports() == {"tap1.0": "Ethernet1/1", "tap1.1": "Ethernet1/2", "tap2.0": "Ethernet1/3",
                           "tap2.1": "Ethernet1/4"}
    other = plan.Plan(lab.machines, FOLDER, plan.Network(namespace="other"))
    assert set(other.macs(0)).isdisjoint(macs) and other.guid(0) != lab.guid(0)


@pytest.mark.parametrize(("device", "first"), [
    ("pxe", ["net0", "net1", "disk0", "cd0"]), ("disk", ["disk0", "net0", "net1", "cd0"]),
    ("cdrom", ["cd0", "disk0", "net0", "net1"]), ("bios", ["disk0", "net0", "net1", "cd0"]),
])
def test_boot_order(device: str, first: list[str]) -> None:
    order = qemu.order(plan.Machine(nics=2), device)
    assert sorted(order, key=order.__getitem__) == first


@pytest.mark.parametrize("firmware", plan.FIRMWARES)
@pytest.mark.parametrize("accelerator", qemu.ACCELERATORS)
def test_the_command_line(firmware: str, accelerator: str) -> None:
    place = made(firmware=firmware, memory=512, nics=2, disks=(5 << 30, 6 << 30))
    words = qemu.arguments(place, "pxe", accelerator, 7)
    text = " ".join(words)
    assert "socket,id=monitor,fd=7" in text and "-m 512" in text
    assert ("pflash" in text) == (firmware == "uefi") == ("romfile=" in text)
    assert f"-accel {qemu.ACCELERATORS[accelerator][0]}" in text
    for number, mac in enumerate(place.lab.macs(0)):
        assert f"id=net{number},netdev=wire{number},mac={mac},bootindex={number}" in text
    assert f"-uuid {place.lab.guid(0)}" in text and text.count("virtio-blk-pci") == 2
    # paths are below the folder it is started in: those of sockets are short
    assert str(FOLDER) not in text


def test_it_tells_what_enrolment_needs() -> None:
    told = qemu.describe(made(firmware="uefi"))
    assert told["firmware"] == "uefi" and told["architecture"] == "x86_64" and len(told["macs"]) == 1
    assert "console=" in told["kernel_append_params"]


def test_the_switch_says_which_port_it_is() -> None:
    frame = lldp.frame("Ethernet1/7")
    assert frame[:6] == bytes.fromhex("0180c200000e") and frame[12:14] == b"\x88\xcc"
    parts, rest = {}, frame[14:]
    while rest:
        head, = struct.unpack("!H", rest[:2])
        parts[head >> 9], rest = rest[2:2 + (head & 511)], rest[2 + (head & 511):]
    assert parts[2] == b"\x05Ethernet1/7" and parts[0] == b"" and parts[5] == b"lab-switch"


def test_built_once_and_whole_or_not_at_all(tmp_path: pathlib.Path) -> None:
    told: list[str] = []
    kept = cache.Cache(tmp_path / "kept", told.append)

    def broken(place: pathlib.Path) -> None:
        (place / "half").touch()
        raise programs.Trouble("no")

    with pytest.raises(programs.Trouble):
        kept.have("thing", {"of": 1}, broken)
    assert [path.name for path in kept.folder.iterdir()] == ["thing.lock"]
    first = kept.have("thing", {"of": 1}, lambda place: (place / "whole").touch())
    assert (first / "whole").exists() and kept.have("thing", {"of": 1}, broken) == first
    assert kept.have("thing", {"of": 2}, lambda place: None) != first
    assert any("built in" in line for line in told)


def test_the_name_follows_the_contents(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a").write_text("1")
    before = cache.of_files(tmp_path)
    (tmp_path / "x.egg-info").mkdir()
    (tmp_path / "x.egg-info" / "left-over").touch()
    assert cache.of_files(tmp_path) == before
    (tmp_path / "a").write_text("2")
    assert cache.of_files(tmp_path) != before


def test_the_ledger_knows_a_process_by_more_than_its_id(tmp_path: pathlib.Path) -> None:
    noted = ledger.Ledger(tmp_path)
    noted.open(plan.Network(namespace=f"t{uuid.uuid4().hex[:8]}", link=f"t{uuid.uuid4().hex[:8]}"))
    assert ledger.running(tmp_path) and ledger.known(tmp_path)
    told = noted.path.read_text().replace(f'"lab": "{ledger.read(tmp_path)["lab"]}"', '"lab": "1"')  # type: ignore[index]
    noted.path.write_text(told)
    assert ledger.running(tmp_path) is None         # another process has this id now
    assert ledger.sweep(tmp_path) == [] and ledger.read(tmp_path) is None


def test_a_console_that_does_not_say_it_shows_what_it_said(tmp_path: pathlib.Path) -> None:
    log = tmp_path / "console"
    log.write_text("first\nsecond\n")
    shown = console.Console(log, tmp_path / "typed")
    assert shown.wait("second", 0) == "first\nsecond\n" and shown.text(shown.size()) == ""
    with pytest.raises(programs.Trouble, match="'third' did not come within 0 s; it ends:\n  first\n  second"):
        shown.wait("third", 0)


def test_a_missing_program_names_its_package() -> None:
    with pytest.raises(programs.Trouble, match="apt-get install no-such-program"):
        programs.need("no-such-program")
