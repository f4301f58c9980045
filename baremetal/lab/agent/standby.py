"""The agent's commands around an image: write it, make it bootable, sync, power off. Errors are the real agent's."""

import asyncio
import hashlib
import typing

import aiohttp

from baremetal.lab.agent import blockmap, disks, failures, fetch, hints, profile

if typing.TYPE_CHECKING:
    from baremetal.lab.agent import process

Info = dict[str, typing.Any]
NO_TABLE = ("Unable to find a valid partition table on the disk after writing the image. The image may be corrupted or "
            "it uses a different sector size than the device. Error: unrecognised disk label")
PERMITTED = ("raw", "gpt", "qcow2", "iso")


def check_image(params: dict[str, typing.Any]) -> None:
    """Refuse an image_info that says too little."""
    info = params.get("image_info") or {}
    for field in ("id", "urls"):
        if field not in info:
            raise _invalid(f"Image is missing '{field}' field.")
    if not isinstance(info["urls"], list) or not info["urls"]:
        raise _invalid("Image 'urls' must be a list with at least one element.")
    if (checksum := info.get("checksum")) is not None and (not isinstance(checksum, str) or not checksum):
        raise _invalid("Image 'checksum' must be a non-empty string.")
    given = (info.get("os_hash_algo"), info.get("os_hash_value"))
    if any(given):
        for field, value in zip(("os_hash_algo", "os_hash_value"), given, strict=True):
            if not isinstance(value, str) or not value:
                raise _invalid(f"Image '{field}' must be a non-empty string.")
    elif not checksum:
        raise _invalid("Image checksum is not available, either the 'checksum' field or the 'os_hash_algo' and "
                       "'os_hash_value' fields pair must be set for image verification.")


def _invalid(text: str) -> failures.Failure:
    return failures.Failure("InvalidCommandParamsError", text)


def root_disk(agent: "process.Agent") -> disks.Disk:
    """Return the disk that the node's hints name."""
    node = agent.node
    wanted = (node.get("instance_info") or {}).get("root_device") or (node.get("properties") or {}).get("root_device")
    return hints.root_device(agent.computer.disks, wanted, agent.computer.size)


async def prepare_image(agent: "process.Agent", image_info: Info, configdrive: str | None = None) -> str:
    """Write an image, and its config drive; an image that is there already is not written again."""
    info = dict(image_info)
    kept = info.pop("configdrive", None)
    drive = configdrive if configdrive is not None else kept
    disk = root_disk(agent)
    if agent.image != info["id"]:
        await _put(agent, info, disk)
    await finish(agent, info, disk, drive)
    return _message(agent, info, disk)


async def _put(agent: "process.Agent", info: Info, disk: disks.Disk) -> None:
    """Download an image and write it to a disk."""
    device, size = disk.drive.name, agent.computer.size(disk)
    partition = info.get("image_type") == "partition"
    streamed = info.get("stream_raw_images") and info.get("disk_format") == "raw"
    disk.erase("overwritten")
    room = int(info["root_mb"]) * profile.MIB if partition and streamed else size if streamed else 1 << 62
    got = await fetch.image(agent, info, room, f"device {device}" if streamed else f"/tmp/{info['id']}")
    form, occupied = ("raw", got.size) if streamed else _inspect(agent, info, got)
    if partition and occupied > int(info["root_mb"]) * profile.MIB:
        raise _invalid(f"Root partition is too small for requested image. Image virtual size: "
                       f"{-(-occupied // profile.MIB)} MB, Root size: {info['root_mb']} MB")
    if occupied > size:
        raise failures.Failure("CommandExecutionError", "Unexpected error while running command.\nCommand: qemu-img "
                               f"convert -O host_device -W -S 0 /tmp/{info['id']} {device}\nExit code: 1\nStdout: ''\n"
                               "Stderr: 'qemu-img: error while writing: No space left on device'")
    if form in ("raw", "gpt") and not partition and not disks.has_table(got.head):
        raise failures.Failure("DeploymentError", NO_TABLE)
    disk.written = disks.Written(info["id"], got.sha256, occupied, got.size, "agent", device, form)
    agent.image, agent.partitions = info["id"], _partitions(info, disk) if partition else {}


def _inspect(agent: "process.Agent", info: Info, got: fetch.Got) -> tuple[str, int]:
    """Return format and virtual size of a staged image; refuse what is not what it was said to be."""
    wanted = info.get("disk_format")
    if wanted == "raw":
        return "raw", got.size
    form, virtual = disks.image_format(got.head)
    allowed = agent.config.get("permitted_image_formats") or PERMITTED
    if not agent.config.get("disable_deep_image_inspection"):
        if form not in allowed:
            raise failures.Failure("InvalidImage", f"Security: Detected image format was {form}, but only "
                                                   f"{', '.join(allowed)} are allowed")
        if wanted not in (None, "unknown", form):
            raise failures.Failure("InvalidImage", f"Security: Expected format was {wanted}, but image was actually "
                                                   f"{form}")
    return form, virtual or got.size


def _partitions(info: Info, disk: disks.Disk) -> dict[str, typing.Any]:
    """Return the partitions that an image of one partition gets, and their ids."""
    names = [name for name, there in (("efi system partition", info.get("deploy_boot_mode") == "uefi"),
                                      ("swap", int(info.get("swap_mb") or 0)),
                                      ("ephemeral", int(info.get("ephemeral_mb") or 0)), ("root", True)) if there]
    mark = hashlib.sha256(f"{info['id']} {disk.drive.serial}".encode()).hexdigest()
    found: dict[str, typing.Any] = {
        "partitions": {name: f"{disk.drive.name}{number}" for number, name in enumerate(names, 1)},
        "root uuid": f"{mark[:8]}-{mark[8:12]}-{mark[12:16]}-{mark[16:20]}-{mark[20:32]}"}
    if names[0].startswith("efi"):
        found["efi system partition uuid"] = f"{mark[32:36]}-{mark[36:40]}".upper()
    return found


async def finish(agent: "process.Agent", info: Info, disk: disks.Disk, drive: str | None) -> None:
    """Write the config drive, and find the ids of what was written."""
    if drive is not None and disk.written is not None:
        node = info.get("node_uuid", "local")
        disk.written.configdrive = disks.configdrive(await _drive(agent, drive, node), node)
    if info.get("image_type") != "partition" and disk.written is not None:
        agent.partitions = {"root uuid": f"0x{hashlib.sha256(disk.written.image.encode()).hexdigest()[:8]}"}
    await asyncio.sleep(agent.profile.step)


async def _drive(agent: "process.Agent", drive: str, node: str) -> str:
    """Return a config drive's content; an address is fetched."""
    if not drive.startswith(("http://", "https://")):
        return drive
    said = f"Can't download the configdrive content for node {node} from '{drive}'. "
    try:
        async with agent.session.get(drive) as answer:
            content = await answer.text()
            if answer.status >= 400:
                raise failures.Failure("DeploymentError",
                                       f"{said}Got status code {answer.status}, response body {content}")
            return content
    except (aiohttp.ClientError, TimeoutError) as error:
        raise failures.Failure("DeploymentError", f"{said}Reason: {error}") from error


async def write_by_map(agent: "process.Agent", image_url: str, map_url: str, map_sha256: str, image_info: Info,
                       configdrive: str | None = None) -> dict[str, typing.Any]:
    """Write what a block map says is data; the work of the house's own hardware manager."""
    if image_info.get("image_type") == "partition":
        raise _invalid("write_image_by_map writes whole disks; image_info/image_type is 'partition'")
    disk = root_disk(agent)
    disk.erase("overwritten")
    text = await fetch.text(agent, image_info, map_url)
    disk.written = await blockmap.write(agent, text, blockmap.Sources(image_url, map_sha256, image_info), disk)
    agent.image, agent.partitions = image_info["id"], {}
    await finish(agent, image_info, disk, configdrive)
    device, written = disk.drive.name, disk.written
    return {"result": f"image ({image_info['id']}) written to device {device} by block map", "written_by": "block map",
            "device": device, "virtual_size": written.size, "device_size": agent.computer.size(disk),
            "written": written.received, "received": written.received}


def _message(agent: "process.Agent", info: Info, disk: disks.Disk) -> str:
    root, boot = agent.partitions.get("root uuid"), agent.partitions.get("efi system partition uuid")
    tail = f" efi_system_partition_uuid={boot}" if info.get("deploy_boot_mode") == "uefi" and boot else ""
    return f"image ({info['id']}) written to device {disk.drive.name} root_uuid={root}{tail}"


async def get_partition_uuids(agent: "process.Agent") -> dict[str, typing.Any]:
    """Return the ids of what was written."""
    return agent.partitions


async def sync(agent: "process.Agent") -> None:
    """Flush the disks."""


async def power_off(agent: "process.Agent") -> None:
    """Power the computer off; the answer is there for a moment before it goes."""
    agent.computer.later(agent.profile.off, agent.computer.machine.switch_off)


async def run_image(agent: "process.Agent") -> None:
    """Boot again."""
    agent.computer.later(agent.profile.off, agent.computer.machine.reset)


async def install_bootloader(agent: "process.Agent", root_uuid: str | None, efi_system_part_uuid: str | None = None,
                             prep_boot_part_uuid: str | None = None, target_boot_mode: str = "bios", *,
                             ignore_bootloader_failure: bool | None = None) -> None:
    """Make what was written bootable."""
    if root_disk(agent).written is None and not ignore_bootloader_failure:
        raise failures.Failure("DeviceNotFound", f"No partition with UUID {root_uuid} found on device "
                                                 f"{root_disk(agent).drive.name}")
    await asyncio.sleep(agent.profile.step)


async def bootc(agent: "process.Agent", image_source: str, instance_info: Info | None = None,
                pull_secret: str | None = None, configdrive: str | None = None) -> None:
    """Install a container; this ramdisk cannot."""
    raise failures.Failure("CommandExecutionError", "[Errno 2] No such file or directory: 'podman'")
