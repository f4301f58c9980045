"""``no-…``: the node does not have this interface. Everything asked of it is refused as unsupported."""

import typing

from baremetal.drivers import bios, boot, console, firmware, inspect, interface, raid, rescue, task, vendor


def _refuse(self: interface.Interface, task: task.Task, *args: typing.Any, **kwargs: typing.Any) -> typing.NoReturn:
    """Raise Unsupported."""
    raise interface.unsupported(task, self.kind)


class NoBios(bios.Bios):
    """No settings of firmware to read or change."""

    name = "no-bios"
    validate = read = apply_configuration = factory_reset = _refuse


class NoBoot(boot.Boot):
    """No way to start a ramdisk; the server boots what it has."""

    name, serves = "no-boot", ("generic",)
    validate = prepare_ramdisk = clean_up_ramdisk = prepare_instance = clean_up_instance = _refuse


class NoConsole(console.Console):
    """No console."""

    name = "no-console"
    validate = start = stop = get = _refuse


class NoFirmware(firmware.Firmware):
    """No firmware to list or update."""

    name = "no-firmware"
    validate = components = update = _refuse


class NoInspect(inspect.Inspect):
    """No inspection."""

    name = "no-inspect"
    validate = inspect = abort = _refuse


class NoRaid(raid.Raid):
    """No logical disks."""

    name, automatic = "no-raid", False
    validate = check = create_configuration = delete_configuration = apply_configuration = _refuse


class NoRescue(rescue.Rescue):
    """No rescue ramdisk."""

    name = "no-rescue"
    validate = rescue = unrescue = _refuse


class NoVendor(vendor.Vendor):
    """No vendor methods."""

    name = "no-vendor"
    validate = check = call = _refuse
