"""The table of what RPC may ask of a conductor. Nodes are named by UUID; the answer is plain JSON or a fault."""

import collections.abc
import functools
import typing

from baremetal import context, errors
from baremetal.conductor import attention, defects, desks, draft, flow, hold, identity, means, power, task, templates
from baremetal.db import engine
from baremetal.drivers import interface, management

#: the interfaces that ``validate`` tells of
VALIDATED = tuple(kind for kind in interface.KINDS if kind != "vendor")


class Manager:
    """Does the work. Long work goes to the pool: answering then means that it has begun."""

    def __init__(self, shared: means.Means) -> None:
        self._means = shared
        self._attention = attention.Attention(shared)
        self._desks = [make(shared, self._attention) for make in desks.ALL]

    def table(self) -> dict[str, collections.abc.Callable[..., typing.Any]]:
        """Return the work by its name."""
        own = {name: getattr(self, name) for name in (
            "provision", "resume", "power", "validate", "boot_device_get", "boot_device_set", "boot_device_supported",
            "inject_nmi", "boot_mode_set", "secure_boot_set", "raid_set")}
        for desk in self._desks:
            own |= desk.table()
        return {name: _honest(work) for name, work in own.items()}

    def provision(self, ctx: context.Context, node: str, verb: str, params: dict[str, typing.Any]) -> None:
        """Start ``verb``. Answering means: it has begun."""
        work = self._means.verbs.get(verb)
        if work is None:
            raise errors.Invalid(text=f"There is no verb {verb!r}; there are {', '.join(sorted(self._means.verbs))}.")
        with self._means.pool.slot() as slot:
            for found in hold.attempts(self._means, node, ctx):
                work.refuse(found)
                work.check(found, params)       # may refuse; nothing has changed yet
                try:
                    return work.start(found, params, slot)
                except draft.Changed:
                    continue

    def resume(self, ctx: context.Context, node: str) -> None:
        """Let a flow that waits go on: what it awaited has come."""
        flow.resume(self._means, node, ctx)

    def power(self, ctx: context.Context, node: str, target: str, timeout: float | None = None) -> None:
        """Begin to bring a node to a power target."""
        power.begin(self._means, node, ctx, target, timeout)

    def validate(self, ctx: context.Context, node: str) -> dict[str, dict[str, typing.Any]]:
        """Let each interface check the node."""
        with self._attention.waited_for(hold.read(self._means, node, ctx)) as found:
            return {kind: _validity(found, kind) for kind in VALIDATED}

    def boot_device_get(self, ctx: context.Context, node: str) -> dict[str, typing.Any]:
        """Ask the controller where the node boots from."""
        with self._attention.waited_for(hold.read(self._means, node, ctx)) as found:
            found.management.validate(found)
            device, persistent = found.management.boot_device(found)
        return {"boot_device": device, "persistent": persistent}

    def boot_device_set(self, ctx: context.Context, node: str, device: str, *, persistent: bool = False) -> None:
        """Let the node boot from ``device``."""
        with hold.hold(self._means, node, ctx, "setting the boot device") as held, self._attention.waited_for(held):
            held.management.validate(held)
            held.management.set_boot_device(held, device, persistent=persistent)

    def boot_device_supported(self, ctx: context.Context, node: str) -> list[str]:
        """Return the boot devices of a node."""
        with self._attention.waited_for(hold.read(self._means, node, ctx)) as found:
            return found.management.supported_boot_devices(found)

    def inject_nmi(self, ctx: context.Context, node: str) -> None:
        """Raise a non-maskable interrupt."""
        with hold.hold(self._means, node, ctx, "injecting an NMI") as held, self._attention.waited_for(held):
            held.management.validate(held)
            held.management.inject_nmi(held)

    def boot_mode_set(self, ctx: context.Context, node: str, target: str) -> None:
        """Begin to set the boot mode; what goes wrong becomes last_error."""
        if target not in management.BOOT_MODES:
            raise errors.BadField(field="target", value=target, wanted=f"One of {', '.join(management.BOOT_MODES)}.")

        def work(held: task.Task) -> None:
            held.management.set_boot_mode(held, target)
            held.node.boot_mode = target
        self._attention.later(ctx, node, f"setting the boot mode to {target}", work)

    def secure_boot_set(self, ctx: context.Context, node: str, *, target: bool) -> None:
        """Begin to switch secure boot; what goes wrong becomes last_error."""
        def work(held: task.Task) -> None:
            held.management.set_secure_boot(held, enabled=target)
            held.node.secure_boot = target
        self._attention.later(ctx, node, f"setting secure boot to {target}", work)

    def raid_set(self, ctx: context.Context, node: str, target_raid_config: dict[str, typing.Any]) -> None:
        """Store the RAID configuration that a clean or deploy step will build."""
        with hold.hold(self._means, node, ctx, "storing the RAID configuration") as held:
            try:
                held.raid.check(held, target_raid_config)
            except errors.Unsupported as fault:
                raise errors.NotFound(what="A RAID interface that works for node", ident=node) from fault
            held.node.target_raid_config = target_raid_config



def _honest(work: collections.abc.Callable[..., typing.Any]) -> collections.abc.Callable[..., typing.Any]:
    """Return ``work``, which says so when the database is away."""
    @functools.wraps(work)
    def asked(ctx: context.Context, **args: typing.Any) -> typing.Any:
        try:
            return work(ctx, **args)
        except draft.Unsaved as error:
            raise errors.DatabaseAway(name=str(error)) from error
        except engine.AWAY as error:
            raise errors.DatabaseAway(name=type(error).__name__) from error
    return asked


def _validity(found: task.Task, kind: str) -> dict[str, typing.Any]:
    """Return what one interface thinks of the node."""
    try:
        found.interfaces[kind].validate(found)
        if kind == "management":
            # what the node says may be well formed and wrong all the same: only the controller can tell
            identity.ask(found)
        if kind == "deploy" and templates.require_traits(found):
            # what the deploy templates of its traits add is part of what the deploy interface would do
            found.means.verbs["deploy"].plan(found, {})
    except errors.Fault as fault:
        return {"result": False, "reason": fault.text}
    except Exception as error:
        return {"result": False, "reason": f"{defects.told(found, f'validating the {kind} interface', error)}."}
    return {"result": True, "reason": None}
