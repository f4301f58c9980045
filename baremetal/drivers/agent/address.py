"""From a node to the address of the agent that runs on it. Speaks to nobody."""

from baremetal import errors
from baremetal.clients import agent
from baremetal.drivers import task


def of(task: task.Task) -> agent.Address:
    """Return where the node's agent is, as it said in its heartbeats; AgentUnreachable where none has called.

    Its certificate is believed in this order: the one that it told, the node's, the option's.
    """
    internal, info = task.node.driver_internal_info, task.node.driver_info
    url = internal.get("agent_url")
    if not url:
        raise errors.AgentUnreachable(url="(unknown)", command="any command",
                                      why="no agent of this boot has called back")
    verify = info.get("agent_verify_ca")
    return agent.Address(url=str(url), token=str(internal.get("agent_secret_token") or ""),
                         ca=internal.get("agent_verify_ca") or None,
                         verify=task.conf.agent.verify_ca if verify in (None, "") else str(verify))


def known(task: task.Task) -> bool:
    """Return whether an agent of this boot has called back."""
    return bool(task.node.driver_internal_info.get("agent_url"))
