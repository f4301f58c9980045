"""inspect: what the server is made of is found out."""

from baremetal import errors, states
from baremetal.conductor import lines, plan, task, verb


class Inspect(verb.Verb):
    """manageable, inspect failed → inspecting → manageable."""

    event, name = "inspect", "inspect"

    def check(self, found: task.Task, params: verb.Params) -> None:
        """Refuse what cannot be inspected."""
        verb.validate(found, "power", "inspect")

    def plan(self, found: task.Task, params: verb.Params) -> list[lines.Line]:
        """Let the inspect interface do it, and its steps if it has any."""
        return plan.made([*plan.call(found, "inspect", "inspect"), *plan.automatic(found, "inspect")])

    def clean_up(self, held: task.Task, *, aborted: bool) -> None:
        """An inspection that waits is told to stop, where the interface can."""
        if held.node.provision_state == states.INSPECTFAIL and aborted:
            try:
                held.inspect.abort(held)
            except errors.Unsupported:
                # nothing to stop: what reports later finds no flow that waits
                return
