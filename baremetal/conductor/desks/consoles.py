"""Consoles of nodes: opening, closing, where they are found. A sweep opens them again after a restart."""

import collections.abc
import typing

from baremetal import context
from baremetal.conductor import attention, consoles, hold, means, task


class Consoles:
    """The desk."""

    def __init__(self, shared: means.Means, watchful: attention.Attention) -> None:
        self._means, self._attention = shared, watchful

    def table(self) -> dict[str, collections.abc.Callable[..., typing.Any]]:
        """Return the work by its name."""
        return {"console_get": self.get, "console_set": self.set}

    def get(self, ctx: context.Context, node: str) -> dict[str, typing.Any] | None:
        """Return type and address of a node's console, None when it is not enabled."""
        with self._attention.waited_for(hold.read(self._means, node, ctx)) as found:
            if not found.node.console_enabled:
                return None
            found.console.validate(found)
            return found.console.get(found)

    def set(self, ctx: context.Context, node: str, *, enabled: bool) -> None:
        """Begin to open or close a node's console; what goes wrong becomes last_error."""
        found = hold.read(self._means, node, ctx)
        found.console.validate(found)
        if found.node.console_enabled == enabled:
            return

        def work(held: task.Task) -> None:
            consoles.switch(held, enabled=enabled)
        self._attention.beside(ctx, node, f"{'starting' if enabled else 'stopping'} the console", work)
