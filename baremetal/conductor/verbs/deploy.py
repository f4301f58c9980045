"""deploy: a tenant's system comes onto an available node."""

import typing

from baremetal import errors
from baremetal.conductor import lessee, limits, lines, plan, task, templates, verb

#: the interfaces that must be content with the node before it deploys; whether boot matters, deploy knows
VALIDATED = ("power", "deploy", "network", "storage")


class Deploy(verb.Verb):
    """available, deploy failed → deploying → active."""

    event, name, kind, in_maintenance = "deploy", "active", "deploy", False

    def check(self, found: task.Task, params: verb.Params) -> None:
        """Refuse what cannot be deployed."""
        templates.require_traits(found)
        lessee.choose(found)
        _keep_drive(found, params)
        verb.validate(found, *VALIDATED)
        limits.check(found, "deploy")

    def plan(self, found: task.Task, params: verb.Params) -> list[lines.Line]:
        """Run the driver's steps, as deploy templates and the request change them.

        The templates are read once: who changes one later changes nothing that runs.
        """
        wanted: list[dict[str, typing.Any]] = params.get("deploy_steps") or []
        if "template_steps" not in params:
            params["template_steps"] = templates.steps(found)
        steps = plan.merged(found, "deploy", wanted, params["template_steps"])
        if not steps:
            raise errors.Invalid(text=f"No deploy steps are left for node {found.node.uuid}: its deploy interface "
                                      f"{found.deploy.name!r} has none, or all of them were given priority 0.")
        return plan.made([*plan.call(found, "deploy", "prepare"), *steps])

    def begin(self, held: task.Task, params: verb.Params) -> None:
        """Lend the node, keep the config drive, and say what kind of image it is."""
        info, internal = held.node.instance_info, held.node.driver_internal_info
        lessee.lend(held)
        _keep_drive(held, params)
        if info.get("image_source"):
            whole = info.get("image_type") != "partition" and not (info.get("kernel") or info.get("ramdisk"))
            info["image_type"] = "whole-disk" if whole else "partition"
            internal["is_whole_disk_image"] = whole

    def clean_up(self, held: task.Task, *, aborted: bool) -> None:
        """Remove what the deploy left on the conductor; what was aborted is torn down, too.

        Whether a server whose deploy failed is switched off is the deploy interface's: it knows what runs there.
        """
        held.deploy.clean_up(held)
        if aborted:
            held.deploy.tear_down(held)


def _keep_drive(found: task.Task, params: verb.Params) -> None:
    """Put the request's config drive where a node has it; checked there before anything is begun."""
    if params.get("configdrive"):
        found.node.instance_info["configdrive"] = params["configdrive"]
