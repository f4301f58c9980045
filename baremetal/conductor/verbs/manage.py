"""manage: an enrolled node is checked and comes under control; others just come back to manageable."""

from baremetal import errors, states
from baremetal.conductor import identity, lines, plan, readings, task, verb, workers


class Manage(verb.Verb):
    """enroll → verifying → manageable; from available and the failed states straight to manageable."""

    event, name = "manage", "manage"

    def plan(self, found: task.Task, params: verb.Params) -> list[lines.Line]:
        """Check the controller, then what the driver wants verified."""
        return plan.made([plan.own("verify"), *plan.automatic(found, "verify")])

    def verify(self, held: task.Task) -> None:
        """Check what the node says of its controller, and that this answers. Safe to run twice."""
        verb.validate(held, "power", "management")
        power = held.power.read(held)
        if power == states.POWER_ERROR:
            raise errors.PowerFailed(target="readable", why="the controller reports an error")
        held.node.power_state = power
        if held.health and held.conf.conductor.enable_health_monitoring:
            held.node.health = held.health
        known = identity.ask(held)
        if known:
            held.node.driver_internal_info["bmc"] = known
        readings.boot(held)
        readings.renew(held)

    def start(self, found: task.Task, params: verb.Params, slot: workers.Slot) -> None:
        """Where the node was under control before, it only moves."""
        if found.node.provision_state == states.ENROLL:
            super().start(found, params, slot)
        else:
            verb.only_move(found, self.event)
