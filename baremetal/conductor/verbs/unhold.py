"""unhold: what a hold step stopped goes on."""

from baremetal.conductor import flow, journal, task, verb, workers


class Unhold(verb.Verb):
    """A held state → its waiting state, and on from there: nothing else is awaited."""

    event, name = "unhold", "unhold"

    def start(self, found: task.Task, params: verb.Params, slot: workers.Slot) -> None:
        """Go on after the hold step; where no flow is held, only move."""
        if journal.load(found.means.database, found.node.id) is None:
            return verb.only_move(found, self.event)
        flow.go_on(found, "unhold", "resume")
        slot.give(flow.run, found)
