"""The steps of the simulated agent: which it reports for cleaning, deploying and servicing, and what they do.

Names, priorities and descriptions' keys are those of the real agent's generic hardware manager.
"""

import asyncio
import re
import typing

from baremetal.lab.agent import failures, raid, standby

if typing.TYPE_CHECKING:
    from baremetal.lab.agent import process

MANAGER, VERSION = "generic_hardware_manager", "1.2"
MAP_MANAGER, MAP_VERSION = "BaremetalBlockMapManager", "1"
Step = dict[str, typing.Any]
Node = dict[str, typing.Any]
Ports = list[dict[str, typing.Any]]

RAID_ARGS = {
    "raid_config": {"description": "What the RAID volumes shall be.", "required": True},
    "delete_existing": {"description": "Whether those that are there are deleted first.", "required": False}}
NVRAM_ARGS = {"match_patterns": {"description": "Expressions of the boot entries to delete.", "required": False}}
FILES_ARGS = {
    "files": {"description": "Files to put into the system that was written.", "required": False},
    "verify_ca": {"description": "Whether certificates are verified.", "required": False}}
MAP_ARGS = {
    "image_url": {"description": "Where the raw image is.", "required": True},
    "map_url": {"description": "Where the map of its data is.", "required": True},
    "map_sha256": {"description": "SHA-256 of the map.", "required": True},
    "image_info": {"description": "The image, as for write_image.", "required": True},
    "configdrive": {"description": "The config drive, as for write_image.", "required": False}}

# fmt: off
#: name, interface, priority, whether it may be aborted, arguments
CLEAN = (
    ("erase_devices",          "deploy", 10, True,  None),
    ("erase_devices_metadata", "deploy", 99, True,  None),
    ("erase_devices_express",  "deploy", 0,  True,  None),
    ("erase_pstore",           "deploy", 0,  True,  None),
    ("clean_uefi_nvram",       "deploy", 0,  True,  NVRAM_ARGS),
    ("delete_configuration",   "raid",   0,  True,  None),
    ("create_configuration",   "raid",   0,  True,  None),
    ("burnin_cpu",             "deploy", 0,  True,  None),
    ("burnin_gpu",             "deploy", 0,  True,  None),
    ("burnin_disk",            "deploy", 0,  True,  None),
    ("burnin_memory",          "deploy", 0,  True,  None),
    ("burnin_network",         "deploy", 0,  True,  None),
)
DEPLOY = (
    ("erase_devices_metadata", "deploy", 0,  False, None),
    ("apply_configuration",    "raid",   0,  False, RAID_ARGS),
    ("clean_uefi_nvram",       "deploy", 0,  False, NVRAM_ARGS),
    ("write_image",            "deploy", 0,  False, None),
    ("inject_files",           "deploy", 0,  False, FILES_ARGS),
    ("execute_bootc_install",  "deploy", 0,  False, None),
)
SERVICE = (
    ("delete_configuration",   "raid",   0,  True,  None),
    ("apply_configuration",    "raid",   0,  False, RAID_ARGS),
    ("create_configuration",   "raid",   0,  True,  None),
    ("burnin_cpu",             "deploy", 0,  True,  None),
    ("burnin_gpu",             "deploy", 0,  True,  None),
    ("burnin_memory",          "deploy", 0,  True,  None),
    ("burnin_network",         "deploy", 0,  True,  None),
    ("write_image",            "deploy", 0,  False, None),
    ("inject_files",           "deploy", 0,  False, FILES_ARGS),
    ("execute_bootc_install",  "deploy", 0,  False, None),
)
# fmt: on
KINDS = {"clean": CLEAN, "deploy": DEPLOY, "service": SERVICE}
MAP_STEP = {"step": "write_image_by_map", "priority": 0, "interface": "deploy", "reboot_requested": False,
            "argsinfo": MAP_ARGS}
#: kind of steps: the type of the error when one of them breaks unexpectedly
BREAKS = {"clean": "CleaningError", "deploy": "DeploymentError", "service": "ServicingError"}


def reported(kind: str, *, block_maps: bool) -> dict[str, list[Step]]:
    """Return the steps of a kind by their managers."""
    rows = [{"step": name, "priority": priority, "interface": interface, "reboot_requested": False,
             **({"abortable": True} if abortable else {}), **({"argsinfo": args} if args else {})}
            for name, interface, priority, abortable, args in KINDS[kind]]
    found = {MANAGER: rows}
    if block_maps and kind == "deploy":
        found[MAP_MANAGER] = [dict(MAP_STEP)]
    return found


def versions(agent: "process.Agent") -> dict[str, str]:
    """Return the versions of the managers."""
    found = {MANAGER: VERSION, **({MAP_MANAGER: MAP_VERSION} if agent.block_maps else {})}
    for fault in agent.faults:
        found[MANAGER] = fault.version(found[MANAGER])
    return found


async def run(agent: "process.Agent", kind: str, step: Step, node: Node, ports: Ports, **args: typing.Any
              ) -> typing.Any:
    """Run a step and return what it returns; anything but a Failure becomes the kind's error."""
    if "step" not in step:
        raise failures.Failure("CommandExecutionError", f"Malformed {kind}_step, no \"step\" key: {step}")
    name = step["step"]
    work = WORK.get(name)
    if work is None or name not in {row["step"] for rows in reported(
            kind, block_maps=agent.block_maps).values() for row in rows}:
        raise failures.Failure("HardwareManagerMethodNotFound", f"Could not find method: {name}")
    for fault in agent.faults:
        fault.command(name)
        if not fault.ends(name):
            await asyncio.Event().wait()
    try:
        return await work(agent, node, ports, **{**args, **(step.get("args") or {})})
    except TypeError as error:
        raise failures.Failure(BREAKS[kind], f"Unexpected exception performing {kind} step {name}. "
                                             f"TypeError: {error}") from error


async def _wait(agent: "process.Agent", node: Node, ports: Ports) -> None:
    await asyncio.sleep(agent.profile.step)


async def _erase_all(agent: "process.Agent", node: Node, ports: Ports) -> dict[str, None]:
    await asyncio.sleep(agent.profile.step)
    for disk in agent.computer.disks:
        disk.erase("all")
    return {disk.drive.name: None for disk in agent.computer.disks}


async def _erase_metadata(agent: "process.Agent", node: Node, ports: Ports) -> None:
    await asyncio.sleep(agent.profile.step)
    for disk in agent.computer.disks:
        disk.erase("metadata")


async def _nvram(agent: "process.Agent", node: Node, ports: Ports, match_patterns: typing.Any = None) -> None:
    wrong = failures.Failure("InvalidCommandParamsError",
                             f"The match_patterns must be a list of strings: {match_patterns}")
    if not isinstance(match_patterns, list | None):
        raise wrong
    for pattern in match_patterns or ():
        try:
            re.compile(pattern)
        except (TypeError, re.error) as error:
            raise wrong from error
    await asyncio.sleep(agent.profile.step)


async def _apply_raid(agent: "process.Agent", node: Node, ports: Ports, raid_config: dict[str, typing.Any], *,
                      delete_existing: bool = True) -> dict[str, typing.Any]:
    await asyncio.sleep(agent.profile.step)
    if delete_existing:
        raid.delete(agent.computer)
    return raid.create(agent.computer, raid_config, node)


async def _create_raid(agent: "process.Agent", node: Node, ports: Ports) -> dict[str, typing.Any]:
    await asyncio.sleep(agent.profile.step)
    return raid.create(agent.computer, node.get("target_raid_config"), node)


async def _delete_raid(agent: "process.Agent", node: Node, ports: Ports) -> None:
    await asyncio.sleep(agent.profile.step)
    raid.delete(agent.computer)


async def _write(agent: "process.Agent", node: Node, ports: Ports, image_info: dict[str, typing.Any],
                 configdrive: str | None = None) -> dict[str, str]:
    standby.check_image({"image_info": image_info})
    return {"result": f"prepare_image: {await standby.prepare_image(agent, image_info, configdrive)}"}


async def _write_by_map(agent: "process.Agent", node: Node, ports: Ports, **args: typing.Any) -> typing.Any:
    return await standby.write_by_map(agent, **args)


async def _inject(agent: "process.Agent", node: Node, ports: Ports, files: typing.Any = None, *,
                  verify_ca: bool = True) -> None:
    await asyncio.sleep(agent.profile.step)


async def _bootc(agent: "process.Agent", node: Node, ports: Ports, **args: typing.Any) -> None:
    raise failures.Failure("CommandExecutionError", "[Errno 2] No such file or directory: 'podman'")


WORK: dict[str, typing.Callable[..., typing.Awaitable[typing.Any]]] = {
    "erase_devices": _erase_all, "erase_devices_metadata": _erase_metadata, "erase_devices_express": _erase_metadata,
    "erase_pstore": _wait, "clean_uefi_nvram": _nvram, "delete_configuration": _delete_raid,
    "create_configuration": _create_raid, "apply_configuration": _apply_raid, "burnin_cpu": _wait,
    "burnin_gpu": _wait, "burnin_disk": _wait, "burnin_memory": _wait, "burnin_network": _wait, "write_image": _write,
    "write_image_by_map": _write_by_map, "inject_files": _inject, "execute_bootc_install": _bootc,
}
