"""The hardware type of servers with an IPMI BMC."""

from baremetal.drivers import hardware


class Ipmi(hardware.Generic):
    """Any server whose BMC speaks IPMI 2.0 over LAN."""

    # the fakes last, for trying out a whole deployment on machines without disks
    name = "ipmi"
    prefers = {
        "boot": (*hardware.Generic.preferences("boot"), "fake"),
        "deploy": (*hardware.Generic.preferences("deploy"), "fake"),
        "inspect": (*hardware.Generic.preferences("inspect"), "fake"),
        "management": ("ipmitool", "noop"),
        "power": ("ipmitool",),
        "vendor": ("ipmitool", "no-vendor"),
    }
