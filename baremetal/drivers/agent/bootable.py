"""Making what was written boot: boot loader and NVRAM entry by the agent, boot device by the boot interface."""

from baremetal import steps
from baremetal.drivers import capabilities, task
from baremetal.drivers.agent import talk

ABOUT = "deploy.prepare_instance_boot"
#: key of the agent's answer: parameter of install_bootloader
PARTITIONS = {"root uuid": "root_uuid", "efi system partition uuid": "efi_system_part_uuid",
              "PReP Boot partition uuid": "prep_boot_part_uuid"}


def begin(task: task.Task) -> steps.Answer:
    """Let the agent install the boot loader where the image needs that, else only set the boot device."""
    internal, mode = task.node.driver_internal_info, capabilities.boot_mode(task.node, task.conf)
    internal["deploy_boot_mode"] = mode
    if not task.storage.writes_image(task):
        # what the volume is reached by is known once it is attached
        task.storage.attach(task)
        return _set(task, "the volume's own")
    whole = bool(internal.get("is_whole_disk_image", True))
    if whole and mode == "bios":
        # the image brings its loader in its first sectors
        return _set(task, "the image's own")
    found = talk.call(task, "standby.get_partition_uuids") or {}
    params = {name: found.get(key) for key, name in PARTITIONS.items()}
    if params["root_uuid"]:
        internal["root_uuid_or_disk_id"] = params["root_uuid"]
    elif not whole:
        raise talk.failed(ABOUT, "the agent did not say which UUID the root partition has")
    return talk.begin(task, ABOUT, "image.install_bootloader", {**params, "target_boot_mode": mode})


def resume(task: task.Task) -> steps.Answer:
    """Set the boot device when the boot loader is installed."""
    found = talk.ended(task, ABOUT)
    return talk.wait(task, ABOUT) if found is None else _set(task, "installed by the agent")


def _set(task: task.Task, loader: str) -> steps.Done:
    task.boot.prepare_instance(task)
    return steps.Done({"boot_loader": loader, "boot_mode": task.node.driver_internal_info.get("deploy_boot_mode")})
