"""Power: the verbs of ``states.POWER_TARGETS``, and the one way in which anything here switches a server.

A power verb has no journal: the lease itself says what is being done (``lease_why`` is the target), which is enough
to do it again when its worker is lost.
"""

import logging

from baremetal import context, errors, states
from baremetal.conductor import draft, errand, hold, means, task
from baremetal.drivers import switch

LOG = logging.getLogger(__name__)

#: while cleaning, the power is the steps' own
REFUSED_IN = (states.CLEANING, states.CLEANWAIT)


def begin(shared: means.Means, uuid: str, ctx: context.Context, target: str, timeout: float | None) -> None:
    """Begin to bring a node to ``target``; when this returns the node is held and shows its target."""
    if target not in states.POWER_TARGETS:
        raise errors.BadField(field="target", value=target, wanted=f"One of {', '.join(states.POWER_TARGETS)}.")
    with shared.pool.slot() as slot:
        for found in hold.attempts(shared, uuid, ctx):
            check(found, target)
            found.take(target)
            found.node.target_power_state = states.POWER_TARGETS[target][0]
            found.node.last_error = None
            try:
                found.save()
            except draft.Changed:
                continue
            return slot.give(run, found, target, timeout)


def check(found: task.Task, target: str) -> None:
    """Refuse what cannot be done or may not be done now; nothing has changed yet."""
    node = found.node
    if node.provision_state in REFUSED_IN:
        raise errors.Invalid(text=f"Node {node.uuid} is in provision state {node.provision_state!r}, where its power "
                                  "belongs to the clean steps. Wait for the end of cleaning, or abort it.")
    if states.kind(node.provision_state) in (states.MOVING, states.FAILED):
        hold.refuse_unfinished(found)
    if states.POWER_TARGETS[target][0] == states.POWER_OFF:
        switch.require_may_go_off(node)
    found.power.validate(found)
    supported = found.power.supported(found)
    if target not in supported:
        raise errors.Invalid(text=f"The power interface {found.power.name!r} of node {node.uuid} does not support "
                                  f"target {target!r}; it supports {', '.join(supported)}.")


def change(held: task.Task, target: str, timeout: float | None = None) -> None:
    """Switch a held node, wait until its controller says so, and note it on the node; raises the driver's fault."""
    switch.change(held, target, timeout)


def run(held: task.Task, target: str, timeout: float | None) -> None:
    """Do a power verb on a node that is held for it; what goes wrong becomes its last_error."""
    def work() -> None:
        before = held.node.power_state
        try:
            change(held, target, timeout)
        finally:
            # also when it failed: nobody brings it there any more
            held.node.target_power_state = None
        held.note("power", f"{target}: from {before or 'unknown'!r} to {held.node.power_state!r}")
        LOG.info("%s Node %s is in power state %r after %r", held.ctx.request_id, held.node.uuid,
                 held.node.power_state, target)
    errand.run(held, target, work, lambda why: _failed(held, target, why))


def _failed(held: task.Task, target: str, why: str) -> None:
    text = f"Changing the power by {target!r} failed: {why}"
    held.fail_with(text)
    held.note("power", text, bad=True)
    LOG.warning("%s Node %s: %s", held.ctx.request_id, held.node.uuid, text)
