"""unrescue: the tenant's system is started again."""

from baremetal.conductor import lines, plan, task, verb


class Unrescue(verb.Verb):
    """rescue, rescue failed, unrescue failed → unrescuing → active."""

    event, name, in_maintenance = "unrescue", "unrescue", False

    def check(self, found: task.Task, params: verb.Params) -> None:
        """Refuse what cannot come back."""
        verb.validate(found, "power", "rescue")

    def plan(self, found: task.Task, params: verb.Params) -> list[lines.Line]:
        """Let the rescue interface do it."""
        return plan.made(plan.call(found, "rescue", "unrescue"))

    def finished(self, held: task.Task) -> None:
        """The password has served."""
        held.node.instance_info.pop("rescue_password", None)
