"""Faults of agents in ramdisks: they do not answer, do not obey, or report failure."""

from baremetal.errors import fault


class AgentFault(fault.Fault):
    """Something between us and an agent; ``url``, ``command`` and ``why`` are always known."""

    kind, code = "hardware", "agent"
    says = "The agent at {url} failed at {command}: {why}"


class AgentUnreachable(AgentFault):
    """Nothing answers, or not as an agent that we know."""

    code, transient = "agent-unreachable", True
    says = ("The agent at {url} does not answer ({command}: {why}). Look at the server's console: the ramdisk may have "
            "stopped, restarted, or lost its network.")


class AgentRefused(AgentFault):
    """The agent did not take the command."""

    code = "agent-refused"
    says = "The agent at {url} refused {command}: {why}"


class AgentBusy(AgentRefused):
    """The agent does something else."""

    code, transient = "agent-busy", True
    says = "The agent at {url} is busy and refused {command}: {why}"


class AgentFailed(AgentFault):
    """The agent took the command and failed at it; ``why`` is what it says."""

    code = "agent-failed"
    says = "The agent failed at {command}: {why}"


class AgentGarbage(AgentFault):
    """The answer is none that the protocol knows."""

    code = "agent-garbage"
    says = "The agent at {url} answered {command} with what is no answer: {why}"


class HeartbeatRefused(fault.Fault):
    """A lookup, heartbeat or report does not fit what is known of the node's agent; ``text`` says what."""

    kind, code = "invalid", "heartbeat-refused"
