"""Hardware types: which implementations a server of that type may use, and which is preferred. Speaks to nobody."""

import typing

from baremetal.drivers import interface


class HardwareType:
    """A kind of server. A subclass is a descendant: what serves its parent serves it too."""

    name: typing.ClassVar[str]
    """The name clients know it by (a node's ``driver``), or by which implementations mean a whole family."""
    prefers: typing.ClassVar[dict[str, tuple[str, ...]]] = {}
    """kind: implementations it can use, the best first; a kind that is not named is as the parent has it."""
    picky: typing.ClassVar[bool] = True
    """Whether a node is refused an enabled implementation that neither is listed here nor says it serves the type."""

    @classmethod
    def lineage(cls) -> list[str]:
        """Return its name and those of its parents."""
        return [c.__dict__["name"] for c in cls.__mro__ if "name" in c.__dict__]

    @classmethod
    def preferences(cls, kind: str) -> tuple[str, ...]:
        """Return the implementations of ``kind`` it can use, the best first."""
        for c in cls.__mro__:
            if kind in c.__dict__.get("prefers", {}):
                return typing.cast(tuple[str, ...], c.__dict__["prefers"][kind])
        return ()

    @classmethod
    def supports(cls, implementation: interface.Interface) -> bool:
        """Return whether it lists ``implementation``, or that says it serves the type or a parent."""
        return (implementation.name in cls.preferences(implementation.kind)
                or not implementation.serves
                or bool(set(implementation.serves) & set(cls.lineage())))


class Generic(HardwareType):
    """The parent of servers that are booted, deployed and inspected in the common ways."""

    # Every list ends with what works while nothing better is enabled; docs/decisions/interfaces-of-last-resort.md.
    name = "generic"
    # fmt: off
    prefers = {
        "bios":     ("no-bios",),
        "boot":     ("ipxe", "pxe", "http-ipxe", "no-boot"),
        "console":  ("no-console",),
        "deploy":   ("direct", "ramdisk", "custom-agent", "noop"),
        "firmware": ("no-firmware",),
        "inspect":  ("agent", "no-inspect"),
        "network":  ("noop", "flat"),
        "raid":     ("no-raid", "agent"),
        "rescue":   ("agent", "no-rescue"),
        "storage":  ("noop", "cinder", "external"),
        "vendor":   ("no-vendor",),
    }
    # fmt: on


class ManualManagement(Generic):
    """A server without a controller that we speak to: people, or the agent, switch it."""

    name = "manual-management"
    prefers = {"management": ("noop", "fake"), "power": ("fake",)}
