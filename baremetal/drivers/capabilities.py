"""Capabilities: what ``properties`` and ``instance_info`` say of boot mode and the like. Reads nodes, asks nobody."""

import json
import typing

from oslo_config import cfg
from oslo_utils import strutils

from baremetal import errors
from baremetal.drivers import management


def parse(value: typing.Any) -> dict[str, str]:
    """Return capabilities as a dict, from the forms they come in: ``a:b,c:d``, an object, an object as JSON text."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise errors.BadField(field="capabilities", value=value, wanted=f"It is no JSON: {error}.") from error
    if isinstance(value, dict):
        return {str(key): str(item) for key, item in value.items()}
    pairs = [pair.partition(":") for pair in str(value or "").split(",") if pair.strip()]
    wrong = [key for key, colon, _ in pairs if not colon]
    if wrong:
        raise errors.BadField(field="capabilities", value=value, wanted="It is key:value,key:value.")
    return {key.strip(): item.strip() for key, _, item in pairs}


def boot_mode(node: typing.Any, conf: cfg.ConfigOpts) -> str:
    """Return the boot mode to use: the instance's wish, the machine's property, what it has, the default."""
    wished = parse(node.instance_info.get("capabilities"))
    if strutils.bool_from_string(wished.get("secure_boot", "false")):
        return "uefi"
    has = parse(node.properties.get("capabilities"))
    mode = (wished.get("boot_mode") or node.instance_info.get("deploy_boot_mode") or has.get("boot_mode")
            or node.boot_mode or conf.deploy.default_boot_mode)
    if mode not in management.BOOT_MODES:
        raise errors.BadField(field="capabilities/boot_mode", value=mode,
                              wanted=f"One of {', '.join(management.BOOT_MODES)}.")
    return str(mode)
