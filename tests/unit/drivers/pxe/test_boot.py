"""Boot interfaces over the network: what they refuse, what they lay ready, what they take away."""

import dataclasses
import types
import typing
from pathlib import Path

import pytest

from baremetal import clock, config, errors, milestones
from baremetal.boot import shelf
from baremetal.clients import dnsmasq
from baremetal.drivers import management, task, volumes, wires
from baremetal.drivers.none import external
from baremetal.drivers.pxe import boot
from baremetal.images import library
from tests.contract import devices

MAC, SECOND = "52:54:00:aa:00:01", "52:54:00:aa:00:02"
PARAMETERS = {"ipa-api-url": "http://10.0.0.1:6386"}
INTERFACES: tuple[boot.NetworkBoot, ...] = (boot.IpxeBoot(), boot.HttpIpxeBoot(), boot.PxeBoot())


class Kept(management.Management):
    """A controller that keeps the boot device in the node."""

    name = "kept"

    def supported_boot_devices(self, task: task.Task) -> list[str]:
        """PXE and disk."""
        return ["pxe", "disk"]

    def boot_device(self, task: task.Task) -> tuple[str | None, bool | None]:
        """What was set last."""
        device, persistent = task.node.extra["boot"]
        return device, persistent

    def set_boot_device(self, task: task.Task, device: str, *, persistent: bool = False) -> None:
        """Keep it."""
        task.node.extra["boot"] = [device, persistent]


class Unable(management.Management):
    """A controller that knows no boot devices."""

    name = "unable"


@dataclasses.dataclass
class House:
    """A conductor's surroundings, and tasks on one node."""

    folder: Path
    lent: task.Surroundings
    served: shelf.Shelf
    hosts: dnsmasq.Hosts | None

    def task(self, *ports: typing.Any, found: management.Management | None = None, **columns: typing.Any) -> task.Task:
        """A task on the node, with one port that boots unless told otherwise."""
        files = {name: (self.folder / "files" / name).as_uri() for name in ("deploy_kernel", "deploy_ramdisk")}
        columns.setdefault("driver_info", files)
        node = devices.node("fake-hardware", properties={"capabilities": "boot_mode:bios"}, **columns)
        return task.Task(node, {"management": found or Kept(), "storage": external.ExternalStorage()}, self.lent,
                         ports or (port(MAC), port(SECOND, boots=False)))


def port(address: str, *, boots: bool = True) -> typing.Any:
    """A row of the table ports."""
    return types.SimpleNamespace(address=address, pxe_enabled=boots)


@pytest.fixture(params=[True, False], ids=["dhcp-ours", "dhcp-of-others"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    (tmp_path / "files").mkdir()
    for name in ("deploy_kernel", "deploy_ramdisk", "rescue_kernel", "rescue_ramdisk", "undionly.kpxe", "lpxelinux.0",
                 "ldlinux.c32"):
        (tmp_path / "files" / name).write_text(name)
    own = ",".join(f"{name}:{tmp_path}/files/{name}" for name in ("undionly.kpxe", "lpxelinux.0", "ldlinux.c32"))
    conf = config.build(state_path=str(tmp_path / "state"), pxe__loader_file_paths=own,
                        conductor__file_url_allowed_paths=[str(tmp_path / "files")])
    served = shelf.Shelf(Path(conf.deploy.http_root), "http://10.0.0.1:6387")
    hosts = dnsmasq.Hosts(tmp_path / "hosts", lambda: None) if request.param else None
    return House(tmp_path, task.Surroundings(conf, wires.Wires(conf), clock.REAL, served, hosts, library.Library(conf)),
                 served, hosts)


@pytest.mark.parametrize("found", INTERFACES, ids=lambda found: found.name)
def test_a_ramdisk_comes_and_goes(house: House, found: boot.NetworkBoot) -> None:
    held = house.task()
    found.validate(held)
    found.prepare_ramdisk(held, PARAMETERS, "deploy")
    first = house.served.of(held.node.uuid)
    found.prepare_ramdisk(held, PARAMETERS, "deploy")
    place = house.served.of(held.node.uuid)
    assert first is not None
    assert place is not None
    assert place.key != first.key
    assert (place.macs, place.mode) == ((MAC,), "deploy")
    assert {name: Path(str(item.path)).read_text() for name, item in place.items.items() if item.path} == {
        "kernel": "deploy_kernel", "ramdisk": "deploy_ramdisk"}
    line = f"kernel http://10.0.0.1:6387/boot/{place.key}/kernel initrd=ramdisk nofb ipa-api-url=http://10.0.0.1:6386 "
    assert line in str(place.script)
    assert [told["name"] for told in held.milestones[:2]] == [milestones.FILES, milestones.DEVICE]
    assert held.management.boot_device(held) == ("pxe", False)
    if house.hosts:
        assert house.hosts.booting(held.node.uuid)
    held.node.provision_state = "deploying"
    found.prepare_instance(held)
    assert house.served.of(held.node.uuid) is None
    assert held.management.boot_device(held) == ("disk", True)
    if house.hosts:
        assert not house.hosts.booting(held.node.uuid)
        assert SECOND in (house.folder / "hosts" / held.node.uuid).read_text()
    found.clean_up_ramdisk(held, "deploy")
    found.clean_up_instance(held)


def test_tftp_has_only_the_last_preparation(house: House) -> None:
    held, found = house.task(), boot.PxeBoot()
    for _ in range(2):
        found.prepare_ramdisk(held, PARAMETERS, "clean")
    place = house.served.of(held.node.uuid)
    assert place is not None
    root = Path(house.lent.conf.pxe.tftp_root)
    assert [path.parent.name for path in root.rglob("kernel")] == [place.key]
    assert place.key in (root / "pxelinux.cfg" / "01-52-54-00-aa-00-01").read_text()
    found.clean_up_ramdisk(held, "clean")
    assert list(root.rglob("kernel")) == list(root.rglob("*52-54*")) == []


def test_a_rescue_has_files_of_its_own(house: House) -> None:
    files = house.folder / "files"
    held = house.task(driver_info={name: (files / name).as_uri() for name in (
        "deploy_kernel", "deploy_ramdisk", "rescue_kernel", "rescue_ramdisk")})
    boot.IpxeBoot().prepare_ramdisk(held, {}, "rescue")
    place = house.served.of(held.node.uuid)
    assert place is not None
    assert Path(str(place.items["kernel"].path)).read_text() == "rescue_kernel"


def test_the_conductors_files_are_for_nodes_without(house: House) -> None:
    for name in ("deploy_kernel", "deploy_ramdisk"):
        house.lent.conf.set_override(name, str(house.folder / "files" / name), "conductor")
    held = house.task(driver_info={})
    boot.IpxeBoot().validate(held)
    boot.IpxeBoot().prepare_ramdisk(held, {}, "inspect")
    assert house.served.of(held.node.uuid) is not None


def test_an_instance_may_be_a_ramdisk(house: House) -> None:
    files = house.folder / "files"
    held = house.task(deploy_interface="ramdisk", instance_info={
        "kernel": (files / "deploy_kernel").as_uri(), "ramdisk": (files / "deploy_ramdisk").as_uri(),
        "ramdisk_kernel_arguments": "single"})
    boot.IpxeBoot().prepare_instance(held)
    place = house.served.of(held.node.uuid)
    assert place is not None
    assert place.mode == "instance"
    assert "nofb single BOOTIF" in str(place.script)
    assert held.management.boot_device(held) == ("pxe", True)
    boot.IpxeBoot().clean_up_instance(held)
    assert house.served.of(held.node.uuid) is None


@pytest.mark.parametrize(("value", "ramdisk", "disk"), [
    ("Default", False, True), ("Always", True, True), ("Never", False, False), (None, False, True)])
def test_how_lasting_boot_devices_are(house: House, value: str | None, ramdisk: bool, disk: bool) -> None:
    held = house.task()
    held.node.driver_info["force_persistent_boot_device"] = value
    boot.IpxeBoot().prepare_ramdisk(held, {}, "deploy")
    assert held.management.boot_device(held) == ("pxe", ramdisk)
    boot.IpxeBoot().prepare_instance(held)
    assert held.management.boot_device(held) == ("disk", disk)


def test_a_server_whose_boot_device_nobody_can_set_boots_by_its_own_order(house: House) -> None:
    held = house.task(found=Unable())
    boot.IpxeBoot().prepare_ramdisk(held, {}, "deploy")
    assert [told["name"] for told in held.milestones] == [milestones.FILES]


GIVEN = {"deploy_kernel": "http://10.0.0.9/k", "deploy_ramdisk": "http://10.0.0.9/r"}
WRONG: list[tuple[dict[str, typing.Any], str]] = [
    ({"driver_info": {}}, "deploy_kernel, deploy_ramdisk"),
    ({"driver_info": {"deploy_kernel": "http://10.0.0.9/k"}}, "deploy_ramdisk"),
    ({"driver_info": {**GIVEN, "deploy_kernel": "ftp://10.0.0.9/k"}}, "http, https or file"),
    ({"driver_info": {**GIVEN, "deploy_kernel": "kernel"}}, "http, https or file"),
    ({"driver_info": {**GIVEN, "deploy_kernel": "http://a b/"}}, "blanks"),
    ({"driver_info": {**GIVEN, "kernel_append_params": "a;b"}}, "kernel_append_params"),
    ({"driver_info": {**GIVEN, "force_persistent_boot_device": "Often"}}, "Default, Always, Never"),
]


@pytest.mark.parametrize(("columns", "why"), WRONG)
def test_what_is_wrong_is_refused_beforehand(house: House, columns: dict[str, typing.Any], why: str) -> None:
    with pytest.raises(errors.Fault, match=why):
        boot.IpxeBoot().validate(house.task(**columns))


def test_a_node_without_a_port_that_boots_is_refused(house: House) -> None:
    with pytest.raises(errors.BadField, match="pxe_enabled"):
        boot.IpxeBoot().validate(house.task(port(MAC, boots=False)))


def test_a_file_of_elsewhere_on_the_conductor_is_refused(house: House) -> None:
    held = house.task(driver_info={"deploy_kernel": "file:///etc/passwd", "deploy_ramdisk": "/etc/passwd"})
    with pytest.raises(errors.ImageForbidden, match="file_url_allowed_paths"):
        boot.IpxeBoot().prepare_ramdisk(held, {}, "deploy")
    assert house.served.of(held.node.uuid) is None


def test_boot_services_that_do_not_run_are_named(house: House) -> None:
    if house.hosts is None:
        return
    house.hosts.trouble = "UDP port 67 is taken", "Stop the other program."
    with pytest.raises(errors.BootServiceDown, match="UDP port 67 is taken"):
        boot.IpxeBoot().validate(house.task())
    house.hosts.trouble = None
    with pytest.raises(errors.BootFileMissing, match="another boot_mode"):
        held = house.task()
        held.node.properties["cpu_arch"] = "riscv64"
        boot.IpxeBoot().validate(held)


REACHED = {"target_portal": "192.0.2.1:3260", "target_iqn": "iqn.2026-01.org.example:root", "target_lun": 10,
           "auth_username": "who", "auth_password": "S3cret"}


def on_volume(house: House, **properties: typing.Any) -> task.Task:
    """A node with two volumes and no image."""
    held = house.task()
    held.volumes = volumes.Volumes((
        volumes.Target("v0", "iscsi", 0, "1", {**REACHED, **properties}),
        volumes.Target("v1", "iscsi", 1, "2", {"target_portals": ["[2001:db8::1]"], "target_iqns": ["iqn.2026-01:b"],
                                               "target_luns": [0]})),
        (volumes.Connector("ip", "192.0.2.9"), volumes.Connector("iqn", "iqn.2026-01.org.example:server")))
    return held


@pytest.mark.parametrize("found", INTERFACES[:2], ids=lambda found: found.name)
def test_a_system_on_a_volume_is_booted_each_time(house: House, found: boot.NetworkBoot) -> None:
    held = on_volume(house)
    found.prepare_instance(held)
    place = house.served.of(held.node.uuid)
    assert place is not None
    assert (place.macs, place.mode) == ((MAC,), boot.INSTANCE)
    told = str(place.script).splitlines()
    assert "set initiator-iqn iqn.2026-01.org.example:server" in told
    hooks = [number for number, line in enumerate(told) if line.startswith("sanhook")]
    assert [told[number].removesuffix(" || goto failed") for number in hooks] == [
        "sanhook --drive 0x80 iscsi:192.0.2.1::3260:a:iqn.2026-01.org.example:root",
        "sanhook --drive 0x81 iscsi:[2001:db8::1]:::0:iqn.2026-01:b"]
    assert told[hooks[0] - 2:hooks[0]] == ["set username who", "set password S3cret"]
    assert told[hooks[1] - 2:hooks[1]] == ["clear username ||", "clear password ||"]
    assert held.management.boot_device(held) == ("pxe", True)
    found.clean_up_instance(held)
    assert house.served.of(held.node.uuid) is None
    held.node.instance_info["image_source"] = "http://10.0.0.1/image"
    found.prepare_instance(held)
    assert held.management.boot_device(held) == ("disk", True), "what is written to a disk boots from there"


def test_the_boot_volume_comes_first_whatever_the_places_of_others(house: House) -> None:
    held = on_volume(house, auth_username=None)
    one, other = held.volumes.targets
    held.volumes = volumes.Volumes((dataclasses.replace(other, boot_index=-1), one))
    boot.IpxeBoot().prepare_instance(held)
    place = house.served.of(held.node.uuid)
    assert place is not None
    told = str(place.script).splitlines()
    assert [line.split()[2:4] for line in told if line.startswith("sanhook")] == [
        ["0x80", "iscsi:192.0.2.1::3260:a:iqn.2026-01.org.example:root"],
        ["0x81", "iscsi:[2001:db8::1]:::0:iqn.2026-01:b"]]
    assert "set password S3cret" in told and "set username S3cret" not in told


@pytest.mark.parametrize(("key", "value"), [
    ("target_iqn", "iqn.2026-01.a:b || shell"), ("target_iqn", "a\nshell"), ("target_portal", "192.0.2.1 ||"),
    ("target_portal", ""), ("target_lun", "x"), ("target_lun", None), ("auth_password", "a b"),
    ("auth_username", "${net0/mac}"),
])
def test_what_would_break_the_script_of_a_volume_is_refused(house: House, key: str, value: typing.Any) -> None:
    held = on_volume(house, **{key: value})
    held.boot = boot.IpxeBoot()
    with pytest.raises(errors.BadField, match=f"properties/{key} of volume target v0") as refused:
        held.storage.validate(held)
    assert not value or "auth" not in key or str(value) not in refused.value.text


def test_a_volume_needs_a_boot_interface_that_can(house: House) -> None:
    held = on_volume(house)
    held.boot = boot.PxeBoot()
    with pytest.raises(errors.Invalid, match="boot interface 'pxe' cannot.*'ipxe'"):
        held.storage.validate(held)
    held.volumes = volumes.Volumes((volumes.Target("v0", "fibre_channel", 0, "1", {}),))
    with pytest.raises(errors.Invalid, match="type 'fibre_channel'; right would be 'iscsi'"):
        held.storage.validate(held)
    held.node.instance_info["image_source"] = "http://10.0.0.1/image"
    held.storage.validate(held)
