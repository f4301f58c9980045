"""Faults of nodes: their state, their holder or their flow forbids it."""

from baremetal.errors import fault


class NodeLocked(fault.Fault):
    """Somebody holds the node."""

    kind, code, transient = "conflict", "node-locked", True
    says = ("Node {node} is locked by host {holder} for {why} since {since}. "
            "Wait until that has ended, then try again.")


class NodeAssociated(fault.Fault):
    """The node carries an instance."""

    kind, code = "conflict", "node-associated"
    says = "Node {node} is associated with instance {instance}; remove its instance_uuid first."


class InstanceTaken(fault.Fault):
    """Another node carries this instance."""

    kind, code = "conflict", "instance-taken"
    says = "Instance {instance} has a node already, so node {node} cannot take it."


class NodeProtected(fault.Fault):
    """The node is protected."""

    kind, code = "forbidden", "node-protected"
    says = "Node {node} is protected, {verb} is not allowed until its field 'protected' is cleared. Reason: {reason}"


class NodeInMaintenance(fault.Fault):
    """The verb is not for nodes in maintenance."""

    kind, code = "invalid", "node-in-maintenance"
    says = ("Node {node} is in maintenance (reason: {reason}), so {verb} is refused. "
            "End the maintenance first.")


class VerbRefused(fault.Fault):
    """The verb is not legal in the node's state."""

    kind, code = "invalid", "verb-refused"
    says = ("Node {node} is in provision state {state!r}, where {verb!r} is not possible. "
            "Possible now: {allowed}.")


class MoveRefused(fault.Fault):
    """No transition for this event from this state."""

    kind, code = "refused", "move-refused"
    says = "Node {node} cannot take event {event!r} in provision state {state!r}"


class LeaseLost(fault.Fault):
    """The worker was fenced off: its lease ran out or another one took the node."""

    kind, code = "conflict", "lease-lost"
    says = "The lease on node {node} for {why} is no longer ours; nothing was written."


class ServiceEnds(LeaseLost):
    """The process ends, so its workers end where they are: as after a lost lease, and who comes next goes on."""

    code = "service-ends"
    says = "This service ends; what {what} was for goes on at its next start, or on another conductor."


class StepFailed(fault.Fault):
    """A step of a flow did not do what it promised."""

    kind, code = "hardware", "step-failed"
    says = "Step {interface}.{step} failed: {why}"


class DeadlinePassed(fault.Fault):
    """What was waited for did not come in time."""

    kind, code = "hardware", "deadline-passed"
    says = "Timeout: {what} was awaited for {seconds} s and did not come. {hint}"
