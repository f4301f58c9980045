"""VIFs of nodes: listing, attaching, detaching, through the network interface. Nothing is chosen here."""

import contextlib
import typing
from collections import abc

from baremetal import context, errors
from baremetal.conductor import attention, hold, means, task

#: seconds for which a node that is held is waited for, and between two looks
PATIENCE, LOOK = 2.0, 0.1


class Vifs:
    """The desk."""

    def __init__(self, shared: means.Means, watchful: attention.Attention) -> None:
        self._means, self._attention = shared, watchful

    def table(self) -> dict[str, abc.Callable[..., typing.Any]]:
        """Return the work by its name."""
        return {"vif_list": self.list, "vif_attach": self.attach, "vif_detach": self.detach}

    def list(self, ctx: context.Context, node: str) -> list[dict[str, typing.Any]]:
        """Return the attached VIFs of a node."""
        with self._attention.waited_for(hold.read(self._means, node, ctx)) as found:
            found.network.validate(found)
            return found.network.vifs(found)

    def attach(self, ctx: context.Context, node: str, vif: dict[str, typing.Any]) -> None:
        """Attach a VIF; the node may be in any state, also running its tenant's system."""
        with self._holding(ctx, node, "attaching a VIF") as held:
            held.network.attach_vif(held, vif)

    def detach(self, ctx: context.Context, node: str, vif: str) -> None:
        """Detach a VIF."""
        with self._holding(ctx, node, "detaching a VIF") as held:
            held.network.detach_vif(held, vif)

    @contextlib.contextmanager
    def _holding(self, ctx: context.Context, node: str, why: str) -> abc.Iterator[task.Task]:
        self._wait(node, ctx)
        with hold.hold(self._means, node, ctx, why) as held, self._attention.waited_for(held):
            held.network.validate(held)
            yield held

    def _wait(self, node: str, ctx: context.Context) -> None:
        """Wait for a short piece of work of others to end; Nova takes each 409 for a VIF that is attached already."""
        until = self._means.clock.tick() + PATIENCE
        while True:
            try:
                return hold.refuse_held(hold.read(self._means, node, ctx))
            except errors.NodeLocked:
                if self._means.clock.tick() >= until:
                    raise
            self._means.clock.sleep(LOOK)
