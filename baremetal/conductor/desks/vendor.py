"""Vendor methods: what only some hardware can do, called by its name, of a node or of a driver as a whole."""

import base64
import collections.abc
import logging
import typing

from baremetal import context, errors, steps
from baremetal.conductor import attention, errand, hold, means, task
from baremetal.drivers import vendor

LOG = logging.getLogger(__name__)

Parameters = dict[str, typing.Any]
#: a method with all that it is called with
Job = collections.abc.Callable[[], typing.Any]


class VendorMethods:
    """The desk. A method answers itself, or is told to be running when it does its work in the background."""

    def __init__(self, shared: means.Means, watchful: attention.Attention) -> None:
        self._means, self._attention = shared, watchful

    def table(self) -> dict[str, collections.abc.Callable[..., typing.Any]]:
        """Return the work by its name."""
        return {"vendor_methods": self.methods, "vendor_call": self.call,
                "driver_vendor_methods": self.driver_methods, "driver_vendor_call": self.driver_call}

    def methods(self, ctx: context.Context, node: str) -> dict[str, typing.Any]:
        """Return the methods of a node."""
        return _listed(hold.read(self._means, node, ctx).vendor.methods())

    def driver_methods(self, ctx: context.Context, driver: str) -> dict[str, typing.Any]:
        """Return the methods of a driver as a whole."""
        return _listed(self._of(driver).driver_methods())

    def call(self, ctx: context.Context, node: str, method: str, http: str, parameters: Parameters) -> typing.Any:
        """Call a method of a node."""
        found = hold.read(self._means, node, ctx)
        facts = found.vendor.check(found, method, http, parameters)
        found.vendor.validate(found)
        why = f"vendor method {method}"
        if facts.background:
            self._begin(ctx, found, facts, lambda on: on.vendor.call(on, method, http, parameters), why)
            return _answer(facts, None)
        if not facts.exclusive:
            with self._attention.waited_for(found):
                return _answer(facts, found.vendor.call(found, method, http, parameters))
        with hold.hold(self._means, node, ctx, why) as held, self._attention.waited_for(held):
            return _answer(facts, held.vendor.call(held, method, http, parameters))

    def _begin(self, ctx: context.Context, found: task.Task, facts: vendor.Method,
               work: collections.abc.Callable[[task.Task], typing.Any], why: str) -> None:
        """Let a worker do it; what goes wrong becomes last_error of the node, if that is held."""
        with self._means.pool.slot() as slot:
            if facts.exclusive:
                held = hold.take(self._means, found.node.uuid, ctx, why)
                slot.give(errand.run, held, why, lambda: work(held),
                          lambda text: held.fail_with(f"{why[:1].upper()}{why[1:]} failed: {text}"))
            else:
                slot.give(_alone, lambda: work(found), f"Node {found.node.uuid}: {why}", ctx)

    def driver_call(self, ctx: context.Context, driver: str, method: str, http: str,
                    parameters: Parameters) -> typing.Any:
        """Call a method of a driver as a whole."""
        implementation = self._of(driver)
        facts = implementation.check_driver(driver, method, http, parameters)

        def work() -> typing.Any:
            return implementation.call_driver(self._means.lent, method, http, parameters)
        if not facts.background:
            return _answer(facts, work())
        with self._means.pool.slot() as slot:
            slot.give(_alone, work, f"Driver {driver}: vendor method {method}", ctx)
        return _answer(facts, None)

    def _of(self, driver: str) -> vendor.Vendor:
        """Return the vendor interface that a node of this driver has unless it is given another one."""
        return typing.cast(vendor.Vendor, self._means.drivers.choose(driver, "vendor", None))


def _alone(work: Job, what: str, ctx: context.Context) -> None:
    """Do work that holds no node: there is nowhere to note what goes wrong but the log."""
    try:
        work()
    except errors.Fault as fault:
        LOG.warning("%s %s failed: %s", ctx.request_id, what, fault.text)
    except Exception as error:
        LOG.exception("%s %s broke with %s", ctx.request_id, what, type(error).__name__)


def _listed(methods: dict[str, vendor.Method]) -> dict[str, typing.Any]:
    return {name: facts.to_wire() for name, facts in sorted(methods.items())}


def _answer(facts: vendor.Method, value: typing.Any) -> dict[str, typing.Any]:
    """Return what the API is told; a file as base64, for RPC carries text only."""
    if isinstance(value, steps.Done | steps.Wait):
        value = None    # a method that is a step as well
    if facts.attach and value is not None:
        value = base64.b64encode(value.encode() if isinstance(value, str) else value).decode()
    return {"async": facts.background, "attach": facts.attach, "value": value}
