"""The management socket: boot device, boot mode, indicators, readings of the controller. No implementation.

Five small promises make the one interface that clients know as ``management``. All methods block for one or few
conversations with the controller, may be repeated, and raise a fault of kind hardware when it does not answer;
what an implementation does not override raises Unsupported.
"""

import typing

from baremetal import errors
from baremetal.drivers import interface, task

#: every boot device the API knows, with its sentence; implementations support some
BOOT_DEVICES = {
    "pxe": "The network, by PXE.",
    "disk": "The first disk.",
    "cdrom": "The CD or DVD drive.",
    "bios": "The firmware's set-up.",
    "safe": "The disk in safe mode.",
    "wanboot": "The network, by WAN boot.",
    "iscsiboot": "An iSCSI volume.",
    "floppy": "The floppy drive.",
    "uefihttp": "The network, by HTTP from UEFI firmware.",
}

#: the boot modes there are
BOOT_MODES = ("bios", "uefi")


class BootDevices:
    """Where the server boots from next."""

    def supported_boot_devices(self, task: task.Task) -> list[str]:
        """Return the keys of BOOT_DEVICES that ``set_boot_device`` takes for this node. Does not block."""
        raise interface.unsupported(task, "get_supported_boot_devices")

    def boot_device(self, task: task.Task) -> tuple[str | None, bool | None]:
        """Return ``(device, persistent)`` as the controller has it now; None is what it does not tell."""
        raise interface.unsupported(task, "get_boot_device")

    def set_boot_device(self, task: task.Task, device: str, *, persistent: bool = False) -> None:
        """Let the server boot from ``device`` next time, or from now on; returns when it was read back as set.

        Raises BadField for a device that is not supported.
        """
        raise interface.unsupported(task, "set_boot_device")


class BootModes:
    """Legacy BIOS or UEFI, and secure boot."""

    def supported_boot_modes(self, task: task.Task) -> list[str]:
        """Return the BOOT_MODES that ``set_boot_mode`` takes. Does not block."""
        raise interface.unsupported(task, "get_supported_boot_modes")

    def boot_mode(self, task: task.Task) -> str:
        """Return the boot mode in force."""
        raise interface.unsupported(task, "get_boot_mode")

    def set_boot_mode(self, task: task.Task, mode: str) -> None:
        """Let the server use ``mode`` from its next boot on."""
        raise interface.unsupported(task, "set_boot_mode")

    def secure_boot(self, task: task.Task) -> bool:
        """Return whether secure boot is in force."""
        raise interface.unsupported(task, "get_secure_boot_state")

    def set_secure_boot(self, task: task.Task, *, enabled: bool) -> None:
        """Switch secure boot from the next boot on."""
        raise interface.unsupported(task, "set_secure_boot_state")


class Indicators:
    """Lamps on the server."""

    def indicators(self, task: task.Task) -> dict[str, dict[str, dict[str, typing.Any]]]:
        """Return ``{component: {indicator: {"readonly": bool, "states": [...]}}}``. Does not block."""
        raise interface.unsupported(task, "get_supported_indicators")

    def indicator(self, task: task.Task, component: str, indicator: str) -> str:
        """Return on, off, blinking or unknown. Raises NotFound for what ``indicators`` does not list."""
        raise interface.unsupported(task, "get_indicator_state")

    def set_indicator(self, task: task.Task, component: str, indicator: str, state: str) -> None:
        """Switch a lamp. Raises NotFound, or BadField for a state that it cannot show."""
        raise interface.unsupported(task, "set_indicator_state")


#: how well a server can be, the best first
HEALTHS = ("OK", "Warning", "Critical")

#: the kinds of drive that virtual media can stand in for
MEDIA = ("disk", "cdrom", "floppy")


class VirtualMedia:
    """Images that the controller shows to the server as drives."""

    def virtual_media(self, task: task.Task) -> list[dict[str, typing.Any]]:
        """Return what is attached, as the controller tells it; each has at least ``media_types`` and ``image``."""
        raise interface.unsupported(task, "get_virtual_media")

    def attach_virtual_media(self, task: task.Task, media: str, image_url: str, source: str) -> None:
        """Show the image at ``image_url`` as a drive of kind ``media``, instead of what that shows now.

        ``source`` says who gives it to the controller: "http" the address itself, "local" this conductor, "swift".
        """
        raise interface.unsupported(task, "attach_virtual_media")

    def detach_virtual_media(self, task: task.Task, media: tuple[str, ...] = MEDIA) -> None:
        """Empty the drives of these kinds. Being empty is no fault."""
        raise interface.unsupported(task, "detach_virtual_media")


class Readings:
    """What the controller knows of itself and the server."""

    def sensors(self, task: task.Task) -> dict[str, dict[str, dict[str, typing.Any]]]:
        """Return ``{sensor type: {sensor: facts}}``."""
        raise interface.unsupported(task, "get_sensors_data")

    def event_log(self, task: task.Task) -> list[dict[str, typing.Any]]:
        """Return the controller's event log, oldest first."""
        raise interface.unsupported(task, "get_event_log")

    def health(self, task: task.Task) -> str | None:
        """Return one of HEALTHS, None where the controller does not tell."""
        raise interface.unsupported(task, "get_node_health")

    def info(self, task: task.Task) -> dict[str, typing.Any]:
        """Return what the controller says of itself (maker, product, firmware). Proves the credentials."""
        raise interface.unsupported(task, "get_bmc_info")


class Management(BootDevices, BootModes, Indicators, VirtualMedia, Readings, interface.Interface):
    """Everything out of band that is not power."""

    kind: typing.ClassVar[str] = "management"

    def inject_nmi(self, task: task.Task) -> None:
        """Raise a non-maskable interrupt in the server, which then dumps its core. Each call raises one."""
        raise interface.unsupported(task, "inject_nmi")


def lamp(task: task.Task, component: str, indicator: str) -> dict[str, typing.Any]:
    """Return what a node's management says of one of its lamps; raises NotFound."""
    found = task.management.indicators(task).get(component, {}).get(indicator)
    if found is None:
        raise errors.NotFound(what=f"Indicator of node {task.node.uuid}", ident=f"{indicator}@{component}"[:255])
    return found
