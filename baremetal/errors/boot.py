"""Faults of boot services: loaders, DHCP and the files that a server boots from."""

from baremetal.errors import fault


class BootServiceDown(fault.Fault):
    """A service that boots need does not run; ``service``, ``why`` and ``hint`` are known."""

    kind, code, transient = "hardware", "boot-service-down", True
    says = "{service} does not run on conductor {host}: {why}. {hint}"


class BootFileMissing(fault.Fault):
    """A loader, kernel or ramdisk is not there; ``what``, ``path`` and ``hint`` are known."""

    kind, code = "invalid", "boot-file-missing"
    says = "{what} {path} cannot be read: {why}. {hint}"


class BootFolderUnwritable(fault.Fault):
    """What servers boot from could not be laid down; ``folder`` and ``why`` are known."""

    kind, code, transient = "hardware", "boot-folder-unwritable", True
    says = "What the server boots from could not be written to folder {folder}: {why}. Put that right, then try again"
