"""provide: a manageable node is cleaned and offered to tenants."""

from baremetal import errors
from baremetal.conductor import limits, lines, task, verb
from baremetal.conductor.verbs import clean


class Provide(clean.Cleaning):
    """manageable → cleaning → available."""

    event, name = "provide", "provide"

    def check(self, found: task.Task, params: verb.Params) -> None:
        """Refuse retired nodes, and those in maintenance where that is configured."""
        node = found.node
        if node.retired:
            raise errors.Invalid(text=f"Node {node.uuid} is retired, so it cannot be provided. "
                                      "Clear its field 'retired' first.")
        if node.maintenance and not found.conf.conductor.allow_provisioning_in_maintenance:
            raise errors.NodeInMaintenance(node=node.uuid, reason=node.maintenance_reason, verb=self.name)
        cleaned = clean.wanted(found)
        if cleaned:
            clean.choose(found, params)
        verb.validate(found, "power", "network", *(verb.ramdisk(found, params) if cleaned else ()))
        limits.check(found, "clean")

    def plan(self, found: task.Task, params: verb.Params) -> list[lines.Line]:
        """Clean, where nodes are cleaned without being asked."""
        return clean.automated(found, params)
