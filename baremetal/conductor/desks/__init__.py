"""Desks: work that RPC asks for, one file per noun. Each has ``table()``, name: work ``(ctx, **arguments)``.

A desk is made with ``(means, attention)``. A new one is a file here and a line in ``ALL``.
"""

import collections.abc
import typing

from baremetal.conductor import agents, attention, means
from baremetal.conductor.desks import allocations, consoles, hardware, ports, vendor, vifs, vmedia

Work = collections.abc.Callable[..., typing.Any]


class Desk(typing.Protocol):
    """What the manager needs of a desk."""

    def table(self) -> dict[str, Work]:
        """Return the work by its name."""


def _agents(shared: means.Means, _attention: attention.Attention) -> Desk:
    return agents.Agents(shared)


#: every desk, in no order that matters
ALL: tuple[collections.abc.Callable[[means.Means, attention.Attention], Desk], ...] = (
    _agents,
    allocations.Allocations,
    consoles.Consoles,
    hardware.Hardware,
    ports.Ports,
    vendor.VendorMethods,
    vifs.Vifs,
    vmedia.VirtualMedia,
)
