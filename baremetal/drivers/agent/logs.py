"""The agent's logs: fetched and kept as files. Decides nothing but whether the options want them."""

import base64
import binascii
import logging
import pathlib

from baremetal import errors
from baremetal.clients import agent
from baremetal.drivers import task
from baremetal.drivers.agent import address

LOG = logging.getLogger(__name__)

ALWAYS, ON_FAILURE = "always", "on_failure"
COMMAND = "log.collect_system_logs"
#: seconds that a failure may wait for its logs
PATIENCE = 60.0


def collect(task: task.Task, label: str, when: str) -> str | None:
    """Fetch and keep the logs where ``[agent]deploy_logs_collect`` is ``when`` or always; return the file's name.

    What is wrong is logged only: logs that do not come must not let a deploy fail, nor hide why one did.
    """
    if task.conf.agent.deploy_logs_collect not in (when, ALWAYS) or not address.known(task):
        return None
    whole = task.conf.agent.command_timeout * task.conf.agent.max_command_attempts
    try:
        found = task.wires.agent.call(address.of(task), COMMAND, within=min(PATIENCE, whole), size=agent.LARGE)
        result = found.get("command_result")
        packed = result.get("system_logs") if isinstance(result, dict) else None
        if not isinstance(packed, str):
            raise errors.AgentGarbage(url=address.of(task).url, command=COMMAND, why="no system_logs in the answer")
        return keep(task, base64.b64decode(packed), label)
    except (errors.AgentFault, OSError, binascii.Error) as error:
        LOG.warning("Node %s: the agent's logs were not kept: %s", task.node.uuid, error)
        return None


def keep(task: task.Task, packed: bytes, label: str) -> str:
    """Write logs, a tar.gz, to the folder for them; return the file's path."""
    folder = pathlib.Path(task.conf.agent.deploy_logs_local_path)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / name(task, label)
    file.write_bytes(packed)
    file.chmod(0o600)
    LOG.info("Node %s: the agent's logs are in %s", task.node.uuid, file)
    return str(file)


def name(task: task.Task, label: str) -> str:
    """Return the file name: node, its name, its instance, the label and the time."""
    node = task.node
    parts = [node.uuid, node.name, node.instance_uuid, label, task.clock.now().strftime("%Y-%m-%d-%H-%M-%S")]
    return "_".join(_plain(str(part)) for part in parts if part) + ".tar.gz"


def _plain(part: str) -> str:
    """Return a part of a file name: what is neither letter, digit, dot nor dash becomes a dash."""
    return "".join(sign if sign.isalnum() or sign in ".-" else "-" for sign in part)[:80]
