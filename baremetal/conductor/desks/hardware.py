"""What a node's controller is asked and told beside its power: lamps, sensors, event log; RAID of a driver."""

import collections.abc
import typing

from baremetal import context, errors
from baremetal.conductor import attention, hold, means
from baremetal.drivers import management


class Hardware:
    """Asks while the caller waits; nothing is kept."""

    def __init__(self, shared: means.Means, looking: attention.Attention) -> None:
        self._means, self._attention = shared, looking

    def table(self) -> dict[str, collections.abc.Callable[..., typing.Any]]:
        """Return the work by its name."""
        return {"indicators": self.indicators, "indicator_get": self.indicator, "indicator_set": self.switch,
                "sensors": self.sensors, "event_log": self.event_log, "logical_disk_properties": self.logical_disks}

    def indicators(self, ctx: context.Context, node: str) -> dict[str, dict[str, dict[str, typing.Any]]]:
        """Return the lamps of a node by component and name."""
        with self._attention.waited_for(hold.read(self._means, node, ctx)) as found:
            found.management.validate(found)
            return found.management.indicators(found)

    def indicator(self, ctx: context.Context, node: str, component: str, indicator: str) -> str:
        """Return what a lamp shows."""
        with self._attention.waited_for(hold.read(self._means, node, ctx)) as found:
            found.management.validate(found)
            management.lamp(found, component, indicator)
            return found.management.indicator(found, component, indicator)

    def switch(self, ctx: context.Context, node: str, component: str, indicator: str, state: str) -> None:
        """Switch a lamp."""
        with hold.hold(self._means, node, ctx, f"switching the lamp {indicator}@{component}") as held, \
                self._attention.waited_for(held):
            held.management.validate(held)
            lamp = management.lamp(held, component, indicator)
            if lamp.get("readonly"):
                raise errors.BadField(field="indicator", value=f"{indicator}@{component}",
                                      wanted="This one can only be read.")
            if state not in lamp.get("states", ()):
                raise errors.BadField(field="state", value=state, wanted=f"One of {', '.join(lamp['states'])}.")
            held.management.set_indicator(held, component, indicator, state)

    def sensors(self, ctx: context.Context, node: str) -> dict[str, dict[str, dict[str, typing.Any]]]:
        """Read all sensors of a node's controller."""
        with self._attention.waited_for(hold.read(self._means, node, ctx)) as found:
            found.management.validate(found)
            return found.management.sensors(found)

    def event_log(self, ctx: context.Context, node: str) -> list[dict[str, typing.Any]]:
        """Read the log of a node's controller, oldest entry first."""
        with self._attention.waited_for(hold.read(self._means, node, ctx)) as found:
            found.management.validate(found)
            return found.management.event_log(found)

    def logical_disks(self, _ctx: context.Context, driver: str) -> dict[str, str]:
        """Return what a logical disk may say where nodes of a driver take the default RAID interface."""
        return self._means.drivers.choose(driver, "raid", None).logical_disk_properties()  # type: ignore[attr-defined]
