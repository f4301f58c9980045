"""Virtual media: images that a node's controller shows to the server as drives."""

import collections.abc
import typing

from baremetal import context, errors, states
from baremetal.conductor import attention, hold, means, task
from baremetal.drivers import interface, management


class VirtualMedia:
    """The desk. Attaching and detaching answer when they have begun; what goes wrong becomes last_error."""

    def __init__(self, shared: means.Means, watchful: attention.Attention) -> None:
        self._means, self._attention = shared, watchful

    def table(self) -> dict[str, collections.abc.Callable[..., typing.Any]]:
        """Return the work by its name."""
        return {"vmedia_get": self.get, "vmedia_attach": self.attach, "vmedia_detach": self.detach}

    def get(self, ctx: context.Context, node: str) -> list[dict[str, typing.Any]]:
        """Ask the controller what is attached."""
        with self._attention.waited_for(hold.read(self._means, node, ctx)) as found:
            found.management.validate(found)
            return found.management.virtual_media(found)

    def attach(self, ctx: context.Context, node: str, media: str, image_url: str, source: str) -> None:
        """Begin to attach an image."""
        self._check(ctx, node, "attach_virtual_media")

        def work(held: task.Task) -> None:
            held.management.attach_virtual_media(held, media, image_url, source)
        self._attention.beside(ctx, node, f"attaching a virtual {media}", work)

    def detach(self, ctx: context.Context, node: str, media: list[str] | None = None) -> None:
        """Begin to empty drives; none named are all."""
        self._check(ctx, node, "detach_virtual_media")
        chosen = tuple(media or management.MEDIA)

        def work(held: task.Task) -> None:
            held.management.detach_virtual_media(held, chosen)
        self._attention.beside(ctx, node, f"emptying the virtual {', '.join(chosen)}", work)

    def _check(self, ctx: context.Context, node: str, method: str) -> None:
        """Raise what is known before the work begins: no such hardware, wrong credentials, a controller that is away.

        Who asks shall not have to look for an answer in last_error that is known already.
        """
        found = hold.read(self._means, node, ctx)
        found.management.validate(found)
        if getattr(type(found.management), method) is getattr(management.VirtualMedia, method):
            raise interface.unsupported(found, method)
        if found.node.maintenance and found.node.fault == states.FAULT_POWER:
            raise errors.ControllerAway(node=node, reason=found.node.maintenance_reason or "its power is unknown")
