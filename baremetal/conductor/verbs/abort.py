"""abort: what waits or is held is given up."""

from baremetal import errors, states
from baremetal.conductor import flow, journal, task, verb, workers
from baremetal.db import flows


class Abort(verb.Verb):
    """A waiting or held state → its failed state; of servicing → active, where the tenant's system runs again.

    Where the waiting step may not be aborted, only the wish is stored; it is followed when that step has ended.
    """

    event, name = "abort", "abort"

    def check(self, found: task.Task, params: verb.Params) -> None:
        """A failed service is not given up while its node is in maintenance."""
        node = found.node
        if node.provision_state == states.SERVICEFAIL and node.maintenance:
            raise errors.Conflict(text=f"Node {node.uuid} is in maintenance (reason: {node.maintenance_reason}), so "
                                       "its failed service cannot be aborted. End the maintenance first.")

    def start(self, found: task.Task, params: verb.Params, slot: workers.Slot) -> None:
        """Stop the flow; where there is none, only move."""
        if journal.load(found.means.database, found.node.id) is None:
            events = [self.event]
            if states.after(found.node.provision_state, self.event) == states.SERVICEFAIL:
                events.append(self.event)
            return verb.only_move(found, *events)
        line = flow.load(found)
        assert found.flow is not None
        if found.flow.state == flows.WAITING and line is not None and not line.step.abortable:
            return _abort_later(found)
        flow.stop(found, f"Aborted at the request of {found.ctx.user or 'a client'}.", event=self.event, aborted=True)
        slot.give(flow.run, found)


def _abort_later(found: task.Task) -> None:
    """Store the wish, and show it on the step."""
    assert found.flow is not None and found.flow.ident is not None
    ident = found.flow.ident
    for column in journal.SHOWN_IN.values():
        if getattr(found.node, column):
            getattr(found.node, column)["abort_after"] = True
    found.take("abort")
    found.draft.freeing = True
    found.draft.writes.append(lambda connection: flows.change(connection, ident, {"abort_after": True}))
    found.save()
