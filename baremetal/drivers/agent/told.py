"""What an agent is told of its node and ports: plain JSON without secrets."""

import collections.abc
import functools
import typing

import orjson
from oslo_utils import strutils

from baremetal.drivers import task

MASK = "******"
Told = dict[str, typing.Any]

#: columns of a node that agents may read
COLUMNS = ("uuid", "name", "driver", "instance_uuid", "resource_class", "provision_state", "target_provision_state",
           "properties", "driver_info", "instance_info", "driver_internal_info", "extra", "raid_config",
           "target_raid_config", "network_data", "raid_interface", "deploy_interface")
#: of these, the ones that hold secrets
SECRETIVE = ("driver_info", "instance_info", "driver_internal_info")
#: key of driver_internal_info: what an agent told of its steps, which goes back as it came
OWN_WORDS = "agent_cached_"
#: characters of a key whose judgement is remembered
SHORT = 64
#: columns of a port
PORT = ("uuid", "address", "name", "pxe_enabled", "physical_network", "is_smartnic")
#: columns of a port that are stored as text
PORT_DICTS = ("extra", "local_link_connection")
#: how agents erase disks, unless the node's driver_internal_info says otherwise
# fmt: off
ERASURE: Told = {
    "agent_erase_devices_iterations":          1,
    "agent_erase_devices_zeroize":             True,
    "agent_continue_if_secure_erase_failed":   False,
    "agent_continue_if_ata_erase_failed":      False,
    "agent_enable_nvme_secure_erase":          True,
    "agent_enable_ata_secure_erase":           True,
    "agent_erase_skip_read_only":              False,
    "disk_erasure_concurrency":                4,
}
# fmt: on


def node(task: task.Task, *, configdrive: bool = False) -> Told:
    """Return the node; its config drive only for steps that write one."""
    found: Told = {name: getattr(task.node, name, None) for name in COLUMNS}
    for name in SECRETIVE:
        kept = found[name].get("configdrive") if name == "instance_info" else None
        own = {key: value for key, value in found[name].items()
               if name == "driver_internal_info" and key.startswith(OWN_WORDS)}
        shown = {key: value for key, value in found[name].items() if key != "configdrive" and key not in own}
        found[name] = {**masked(shown), **own}
        if kept is not None:
            found[name]["configdrive"] = kept if configdrive else MASK
    found["driver_internal_info"] = {**ERASURE, **found["driver_internal_info"]}
    return found


def ports(task: task.Task) -> list[Told]:
    """Return the node's ports."""
    return [{**{name: getattr(port, name, None) for name in PORT},
             **{name: _dict(getattr(port, name, None)) for name in PORT_DICTS}} for port in task.ports]


def masked(value: typing.Any) -> typing.Any:
    """Return what ``strutils.mask_dict_password`` does; that judges the same few keys anew, at 33 searches each."""
    if isinstance(value, collections.abc.Mapping):
        return {key: MASK if not isinstance(item, collections.abc.Mapping) and _is_secret(key)
                else masked(item) for key, item in value.items()}
    if isinstance(value, str):
        return strutils.mask_password(value, MASK)
    return [masked(item) for item in value] if isinstance(value, list) else value


def _is_secret(key: typing.Any) -> bool:
    """Return whether the value of a key is a secret."""
    judge = _judged if isinstance(key, str) and len(key) <= SHORT else _judged.__wrapped__
    return judge(key)


@functools.lru_cache(2048)
def _judged(key: typing.Any) -> bool:
    return bool(strutils.mask_dict_password({key: ""}, MASK)[key] == MASK)


def _dict(value: typing.Any) -> typing.Any:
    return orjson.loads(value) if isinstance(value, str) and value else value or {}
