"""rescue: the server boots a ramdisk to log in to, beside the tenant's system."""

from baremetal import errors
from baremetal.conductor import lines, plan, task, verb


class Rescue(verb.Verb):
    """active and others → rescuing → rescue."""

    event, name, in_maintenance = "rescue", "rescue", False

    def check(self, found: task.Task, params: verb.Params) -> None:
        """Refuse what cannot be rescued."""
        if not str(params.get("rescue_password") or "").strip():
            raise errors.MissingField(field="rescue_password", resource="this request",
                                      wanted="The password with which to log in to the rescue system.")
        verb.validate(found, "power", "network", "rescue")

    def plan(self, found: task.Task, params: verb.Params) -> list[lines.Line]:
        """Let the rescue interface do it."""
        return plan.made(plan.call(found, "rescue", "rescue"))

    def begin(self, held: task.Task, params: verb.Params) -> None:
        """Keep the password where the ramdisk's driver finds it."""
        held.node.instance_info["rescue_password"] = params["rescue_password"]

    def clean_up(self, held: task.Task, *, aborted: bool) -> None:
        """Remove what the ramdisk needed."""
        held.node.instance_info.pop("rescue_password", None)
        held.rescue.clean_up(held)
