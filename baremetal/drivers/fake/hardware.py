"""The hardware type of servers that do not exist."""

from baremetal.drivers import hardware


class FakeHardware(hardware.Generic):
    """Prefers the fakes, and takes whatever is enabled."""

    name = "fake-hardware"
    picky = False
    prefers = {kind: ("fake", *hardware.Generic.preferences(kind))
               for kind in ("bios", "boot", "console", "deploy", "firmware", "inspect", "management", "power", "raid",
                            "rescue", "storage", "vendor")}
