"""delete: the tenant's system is torn down, and the node is cleaned for the next one."""

from baremetal import states
from baremetal.conductor import consoles, limits, lines, plan, task, verb
from baremetal.conductor.verbs import clean

#: driver_internal_info keys that outlive a tenant
LASTING = ("clean_steps", "deploy_steps", "service_steps", "agent_cached_clean_steps", "hardware_manager_version")


class Delete(clean.Cleaning):
    """active and others → deleting → cleaning → available, manageable when retired."""

    event, name, on_protected = "delete", "deleted", False

    def check(self, found: task.Task, params: verb.Params) -> None:
        """Refuse what cannot be torn down."""
        verb.validate(found, "power", "network")
        limits.check(found, "clean")

    def plan(self, found: task.Task, params: verb.Params) -> list[lines.Line]:
        """Tear down, forget the tenant, clean."""
        rescued = found.node.provision_state in (states.RESCUE, states.RESCUEWAIT, states.RESCUEFAIL,
                                                 states.UNRESCUEFAIL)
        first = [plan.own("leave_rescue")] if rescued else []
        return [*plan.made([*first, plan.own("tear_down")]), *clean.automated(found, enter="clean")]

    def leave_rescue(self, held: task.Task) -> None:
        """Remove what the rescue ramdisk needed. Safe to run twice."""
        held.rescue.clean_up(held)

    def tear_down(self, held: task.Task) -> None:
        """Stop what was deployed and forget whose it was. Safe to run twice."""
        if held.node.console_enabled:
            consoles.switch(held, enabled=False)
        for vif in held.network.vifs(held):
            held.network.detach_vif(held, vif["id"])
        held.deploy.clean_up(held)
        held.deploy.tear_down(held)
        node = held.node
        node.instance_info, node.instance_uuid, node.instance_name = {}, None, None
        node.allocation_uuid = None
        node.driver_internal_info = {
            key: value for key, value in node.driver_internal_info.items()
            if key in LASTING or not key.startswith(("agent_", "is_whole_disk_image", "deploy_", "root_"))}

    def ends(self, held: task.Task) -> list[str]:
        """A node that is not cleaned passes through cleaning all the same."""
        first = ["clean"] if held.node.provision_state == states.DELETING else []
        return [*first, *super().ends(held)]

    def clean_up(self, held: task.Task, *, aborted: bool) -> None:
        """Leave the state that cleaning made, if it came to that."""
        if held.node.provision_state != states.DELETING:
            super().clean_up(held, aborted=aborted)
