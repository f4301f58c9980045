"""inspect: what the server is made of is found out."""

import contextlib

from baremetal import errors, states, steps
from baremetal.conductor import findings, lines, plan, task, verb
from baremetal.db import inventory


class Inspect(verb.Verb):
    """manageable, inspect failed → inspecting → manageable."""

    event, name = "inspect", "inspect"

    def check(self, found: task.Task, params: verb.Params) -> None:
        """Refuse what cannot be inspected."""
        verb.validate(found, "power", "inspect")

    def plan(self, found: task.Task, params: verb.Params) -> list[lines.Line]:
        """Let the interface do it, then its steps if it has any; what is reported is processed in between."""
        reports = plan.call(found, "inspect", "leave")
        processing = [plan.own("process"), *reports] if reports or found.inspect.reports else []
        return plan.made([*plan.call(found, "inspect", "inspect"), *processing, *plan.automatic(found, "inspect")])

    def begin(self, held: task.Task, params: verb.Params) -> None:
        """Forget a report that came too late for the last inspection."""
        if plan.does(held.inspect, "leave") or held.inspect.reports:
            node_id = held.node.id
            held.draft.writes.append(lambda connection: inventory.drop(connection, node_id))

    def process(self, held: task.Task) -> steps.Answer:
        """Write what the report says to the node and its ports. Safe to run twice."""
        return steps.Done(findings.process(held))

    def clean_up(self, held: task.Task, *, aborted: bool) -> None:
        """Leave what a failed inspection made; one that waits is told to stop, where the interface can."""
        if held.node.provision_state == states.INSPECTFAIL and aborted:
            # where there is nothing to stop, what reports later finds no flow that waits
            with contextlib.suppress(errors.Unsupported):
                held.inspect.abort(held)
        if plan.does(held.inspect, "leave"):
            held.inspect.leave(held)
