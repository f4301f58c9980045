"""Boot over the network: files on the shelf, a script, a host for DHCP, and the boot device. Switches no power."""

import collections.abc
import logging
import pathlib
import typing

from baremetal import errors, milestones
from baremetal.boot import kernel, loaders, san, shelf, templates, tftp
from baremetal.drivers import boot, capabilities, remote, task
from baremetal.drivers.pxe import sources

LOG = logging.getLogger(__name__)

#: values of driver_info/force_persistent_boot_device: (persistent for ramdisks, persistent for disks)
PERSISTENT = {"default": (False, True), "always": (True, True), "never": (False, False),
              "true": (True, True), "false": (False, True)}
INSTANCE = "instance"
"""Mode of a ramdisk that is the instance itself."""
X86 = "x86_64"


class NetworkBoot(boot.Boot):
    """What all ways of booting over the network have in common."""

    name = "network"
    way: typing.ClassVar[str] = loaders.IPXE
    """Which loaders: a way of ``boot.loaders``."""
    devices: typing.ClassVar[tuple[str, ...]] = ("pxe",)
    """Boot devices, the first one that the controller supports is set."""
    capabilities: typing.ClassVar[tuple[str, ...]] = ("ramdisk_boot",)
    optional: typing.ClassVar[dict[str, str]] = {
        "deploy_kernel": "URL of the kernel that the deploy ramdisk boots with.",
        "deploy_ramdisk": "URL of the deploy ramdisk.",
        "rescue_kernel": "URL of the kernel that the rescue ramdisk boots with; the deploy kernel when there is none.",
        "rescue_ramdisk": "URL of the rescue ramdisk; the deploy ramdisk when there is none.",
        "kernel_append_params": "What is added to the kernel line of ramdisks; %default% is the option.",
        "force_persistent_boot_device": "Always, Never or Default: whether boot devices are set for all boots.",
    }

    def validate(self, task: task.Task) -> None:
        """Check files by their form, ports, loaders and that the services of boots run."""
        for source in sources.of_ramdisk(task, "deploy").values():
            sources.check(source)
        _persistent(task)
        kernel.line(task.node, task.conf.pxe.kernel_append_params, {})
        firmware = capabilities.boot_mode(task.node, task.conf)
        _macs(task)
        if task.dhcp is not None:
            if task.dhcp.trouble:
                why, hint = task.dhcp.trouble
                raise errors.BootServiceDown(service="dnsmasq", host=task.conf.host, why=why, hint=hint)
            found = loaders.Loaders(pathlib.Path(task.conf.pxe.tftp_root), task.conf.pxe.loader_file_paths)
            found.require(self.way, firmware, str(task.node.properties.get("cpu_arch") or X86))

    def prepare_ramdisk(self, task: task.Task, parameters: collections.abc.Mapping[str, str], mode: str) -> None:
        """Lay kernel, ramdisk and script ready under a new key, let DHCP answer, set the boot device."""
        line = kernel.line(task.node, task.conf.pxe.kernel_append_params, parameters)
        self._serve(task, sources.of_ramdisk(task, mode), line, mode)
        self._set_device(task, self.devices, persistent=_persistent(task)[0])

    def clean_up_ramdisk(self, task: task.Task, mode: str) -> None:
        """Take the files away; from then on the server gets an address only. The boot device was for one boot."""
        self._withdraw(task)

    def prepare_instance(self, task: task.Task) -> None:
        """Let the server boot its disk, or its own ramdisk where that is the instance."""
        if is_ramdisk(task):
            line = kernel.instance(task.node, task.conf.pxe.kernel_append_params)
            self._serve(task, sources.of_instance(task), line, INSTANCE)
            self._set_device(task, self.devices, persistent=True)
        elif remote.ABLE in self.capabilities and not task.storage.writes_image(task):
            self._serve_volume(task)
            self._set_device(task, self.devices, persistent=True)
        else:
            self._withdraw(task)
            self._set_device(task, ("disk",), persistent=_persistent(task)[1])

    def clean_up_instance(self, task: task.Task) -> None:
        """Take the files away."""
        self._withdraw(task)

    def _serve(self, task: task.Task, files: dict[str, sources.Source], line: str, mode: str) -> None:
        uuid, macs = task.node.uuid, _macs(task)
        paths = {item: sources.fetch(task, source) for item, source in files.items()}
        self._clear(task)
        place = task.shelf.open(uuid, macs, mode)
        urls = {item: task.shelf.put(uuid, item, path=path) for item, path in paths.items()}
        self._script(task, templates.Boot(uuid, mode, urls[sources.KERNEL], urls[sources.RAMDISK], line,
                                          task.shelf.base))
        if task.dhcp is not None:
            task.dhcp.put(uuid, macs, boots=True, way=self.way)
        sizes = {item: found.size for item, found in (task.shelf.of(uuid) or place).items.items() if found.path}
        task.milestone(milestones.FILES, mode=mode, **sizes)

    def _serve_volume(self, task: task.Task) -> None:
        """Lay down the script that boots the node's volume; its others are there for the system, too."""
        # firmware boots from the first; others may have a place before it, such as -1 for those never booted from
        order = sorted(task.volumes.targets, key=lambda one: one is not task.volumes.root)
        disks = [san.disk(one.uuid, one.properties) for one in order if one.way == "iscsi"]
        uuid, macs = task.node.uuid, _macs(task)
        self._clear(task)
        task.shelf.open(uuid, macs, INSTANCE)
        task.shelf.put(uuid, shelf.SCRIPT, text=templates.volume(
            uuid, disks, san.initiator(task.volumes.known_by("iqn")), task.shelf.base))
        if task.dhcp is not None:
            task.dhcp.put(uuid, macs, boots=True, way=self.way)

    def _script(self, task: task.Task, made: templates.Boot) -> None:
        """Lay down what the loader reads."""
        task.shelf.put(made.node, shelf.SCRIPT, text=templates.render(task.conf, "ipxe", made))

    def _withdraw(self, task: task.Task) -> None:
        self._clear(task)
        task.shelf.close(task.node.uuid)
        if task.dhcp is not None:
            task.dhcp.put(task.node.uuid, [port.address for port in task.ports], boots=False)
        if task.lent.images is not None:
            task.images.release(sources.holder(task))

    def _clear(self, task: task.Task) -> None:
        """Take away what ``_script`` laid outside of the shelf."""

    def _set_device(self, task: task.Task, devices: tuple[str, ...], *, persistent: bool) -> None:
        """Set the first of ``devices`` that the controller can; where it can none, the firmware's own order holds."""
        try:
            known = task.management.supported_boot_devices(task)
        except errors.Unsupported:
            known = []
        device = next((device for device in devices if device in known), None)
        if device is None:
            LOG.warning("Node %s: management interface %s cannot set boot device %s; the firmware's own order holds",
                        task.node.uuid, task.management.name, " or ".join(devices))
            return
        task.management.set_boot_device(task, device, persistent=persistent)
        task.milestone(milestones.DEVICE, device=device, persistent=persistent)


class IpxeBoot(NetworkBoot):
    """Boots by iPXE, which fetches kernel and ramdisk over HTTP."""

    name = "ipxe"
    capabilities = ("ramdisk_boot", remote.ABLE)


class HttpIpxeBoot(NetworkBoot):
    """Boots iPXE by UEFI's HTTP boot, where the controller can set that, and goes on as ``ipxe``."""

    name = "http-ipxe"
    capabilities = ("ramdisk_boot", remote.ABLE)
    devices = ("uefihttp", "pxe")


class PxeBoot(NetworkBoot):
    """Boots by GRUB (PXELINUX on BIOS) and TFTP, for servers that iPXE does not start."""

    name = "pxe"
    way = loaders.PXE

    def _script(self, task: task.Task, made: templates.Boot) -> None:
        """Lay files and configurations in the folder that TFTP serves; and the script too, for who fetches that."""
        super()._script(task, made)
        place = task.shelf.of(made.node)
        assert place is not None
        tftp.lay(task.conf, place, made.parameters)

    def _clear(self, task: task.Task) -> None:
        place = task.shelf.of(task.node.uuid)
        if place is not None:
            tftp.clear(task.conf, place)


def is_ramdisk(task: task.Task) -> bool:
    """Return whether the node's instance is a ramdisk, which boots over the network each time."""
    info = task.node.instance_info
    option = info.get("boot_option") or capabilities.parse(info.get("capabilities")).get("boot_option")
    return task.node.deploy_interface == "ramdisk" or option == "ramdisk"


def _macs(task: task.Task) -> list[str]:
    """Return the addresses of the ports that may boot."""
    found = [port.address for port in task.ports if port.pxe_enabled]
    if not found:
        raise errors.BadField(field="ports", value=f"{len(task.ports)} ports, none with pxe_enabled", wanted=(
            "Give the node a port with the MAC address of the card it boots from; without it nobody knows the server."))
    return found


def _persistent(task: task.Task) -> tuple[bool, bool]:
    value = str(task.node.driver_info.get("force_persistent_boot_device") or "Default")
    if value.lower() not in PERSISTENT:
        raise errors.DriverInfoWrong(key="force_persistent_boot_device", value=value,
                                     wanted="One of Default, Always, Never.")
    return PERSISTENT[value.lower()]
