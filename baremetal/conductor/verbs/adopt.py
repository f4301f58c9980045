"""adopt: a server that runs already comes under control as it is."""

from baremetal.conductor import lines, plan, task, verb
from baremetal.conductor.verbs import deploy


class Adopt(verb.Verb):
    """manageable, adopt failed → adopting → active. Nothing of the server is touched."""

    event, name = "adopt", "adopt"

    def plan(self, found: task.Task, params: verb.Params) -> list[lines.Line]:
        """Check, then make present here what the running system needs."""
        return plan.made([plan.own("verify"), *plan.call(found, "deploy", "take_over"),
                           *plan.automatic(found, "adopt")])

    def verify(self, held: task.Task) -> None:
        """Check that the node could have been deployed as it is. Safe to run twice."""
        verb.validate(held, *deploy.VALIDATED)
