"""What an agent is told when it has been found: its node, and how it is to behave."""

import dataclasses
import typing

from baremetal import errors
from baremetal.api import expose, resource
from baremetal.api.nodes import node
from baremetal.db import nodes, record

#: microversion from which on tokens are handed out
TOKENS = 62
#: fields of the node that an agent is told
FIELDS = ("uuid", "properties", "instance_info", "driver_internal_info", "links")
#: columns that are read for that, and for finding the node's conductor
COLUMNS = ("id", "uuid", "provision_state", "provision_updated_at", "driver", "conductor_group",
           "management_interface", "properties", "instance_info", "driver_internal_info")
#: management interfaces that reach the BMC over HTTP, so that the agent need not look for it
WITHOUT_BMC = ("redfish", "idrac-redfish")
#: lowest TLS version that the agent may serve
TLS = "1.2"


@dataclasses.dataclass(frozen=True)
class Around:
    """What the computed fields of the node look at."""

    base: str
    version: int


def nothing() -> errors.NotFound:
    """Return the fault for whatever was not found; it tells nobody whether there is such a node in another state."""
    return errors.NotFound(what="Node", ident="that awaits this agent")


def host(call: expose.Call, found: nodes.Row) -> str:
    """Return the conductor of a node; that there is none is the asker's fault by convention, and it asks again."""
    try:
        return str(call.house.members.rings().host(found.uuid, found.driver, found.conductor_group))
    except errors.NoConductor as fault:
        raise errors.Invalid(text=fault.text) from fault


def document(call: expose.Call, found: nodes.Row, token: str | None) -> dict[str, typing.Any]:
    """Return the answer of a lookup; ``token`` is the new one, or the mask, or None where there is none."""
    view = resource.view(node.Node, call.version, FIELDS)
    row = [found._mapping[column.name] for column in view.columns]
    return {"node": view.build(Around(call.base, call.version), row), "config": _config(call, found, token)}


def known_token(found: nodes.Row) -> str | None:
    """Return the mask where the node's agent has a token already."""
    return record.MASK if "agent_secret_token" in record.load(found.driver_internal_info) else None


def boot(found: nodes.Row) -> str:
    """Return the name of the boot whose agent is awaited: what is asked now is not asked by that of a later one."""
    return str(record.load(found.driver_internal_info).get("agent_boot") or "")


def _of_partitions(found: nodes.Row) -> bool:
    """Return whether the node gets an image that has no boot loader: the conductor noted that with the deploy."""
    return record.load(found.driver_internal_info).get("is_whole_disk_image") is False


def _config(call: expose.Call, found: nodes.Row, token: str | None) -> dict[str, typing.Any]:
    conf = call.house.conf
    return {
        "heartbeat_timeout": conf.api.ramdisk_heartbeat_timeout,
        "agent_token": token,
        "agent_token_required": True,
        "agent_md5_checksum_enable": conf.agent.allow_md5_checksum,
        "disable_deep_image_inspection": False,
        "permitted_image_formats": conf.conductor.permitted_image_formats,
        "agent_skip_bmc_detect": found.management_interface in WITHOUT_BMC,
        "enable_bios_bootloader_install": conf.agent.enable_bios_bootloader_install or _of_partitions(found),
        "tls_min_version": TLS,
        "tls_cipher_suites": None,
        "agent_containers": {"allow_arbitrary_containers": False, "allowed_containers": [],
                             "container_steps_file": "/etc/ironic-python-agent.d/mysteps.yaml", "runner": "podman",
                             "pull_options": [], "run_options": ["--rm", "--network=host"]},
        "metrics": {"backend": "noop", "prepend_host": False, "prepend_uuid": False, "prepend_host_reverse": True,
                    "global_prefix": None},
        "metrics_statsd": {"statsd_host": "localhost", "statsd_port": 8125},
    }
