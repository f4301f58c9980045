"""The RAID socket, and what a target RAID configuration may say. No implementation."""

import collections.abc
import typing

from baremetal import errors, steps
from baremetal.drivers import capabilities, interface, task

LEVELS = ("JBOD", "0", "1", "2", "5", "6", "1+0", "5+0", "6+0")


class Property(typing.NamedTuple):
    """One key of a logical disk."""

    says: str
    """What it means."""
    fits: collections.abc.Callable[[typing.Any], bool]
    """Whether a value may stand there."""
    wanted: str
    """What would be right, for a person."""
    required: bool = False
    """Whether every logical disk must have it."""


def _one_of(*values: str) -> collections.abc.Callable[[typing.Any], bool]:
    return lambda value: value in values


def _number(least: int) -> collections.abc.Callable[[typing.Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is(*types: type) -> collections.abc.Callable[[typing.Any], bool]:
    return lambda value: isinstance(value, types)


def _disks(value: typing.Any) -> bool:
    """Return whether ``value`` names physical disks, or describes at least two by hints."""
    if not isinstance(value, list) or not value:
        return False
    return (all(isinstance(item, str) for item in value)
            or len(value) > 1 and all(isinstance(item, dict) and item for item in value))


# fmt: off
#: key of a logical disk: what it means and what may stand there
LOGICAL_DISK = {
    "raid_level":   Property("The RAID level.", _one_of(*LEVELS), f"One of {', '.join(LEVELS)}.", required=True),
    "size_gb":      Property("Size in GiB, or 'MAX' for all that is left.",
                             lambda v: v == "MAX" or _number(0)(v), "A whole number from 0 on, or 'MAX'.",
                             required=True),
    "volume_name":  Property("Name of the volume; made up when absent.", _is(str), "A string."),
    "is_root_volume": Property("Whether the system is deployed to this volume; at most one may be.", _is(bool),
                               "true or false."),
    "share_physical_disks": Property("Whether other logical disks may use the same physical disks.", _is(bool),
                                     "true or false."),
    "disk_type":    Property("Kind of physical disk to use.", _one_of("hdd", "ssd"), "hdd or ssd."),
    "interface_type": Property("Interface of the physical disks to use.", _one_of("sata", "scsi", "sas"),
                               "sata, scsi or sas."),
    "number_of_physical_disks": Property("How many physical disks to use; else as few as the level needs.",
                                         _number(1), "A whole number from 1 on."),
    "controller":   Property("The controller to use; 'software' is software RAID.", _is(str), "A string."),
    "physical_disks": Property("The physical disks to use; needs a controller.", _disks,
                               "Names of disks, or hints for at least two."),
}
# fmt: on


class Raid(interface.Interface):
    """Builds logical disks. What the methods promise holds for steps: blocking, repeatable, Done or Wait."""

    kind: typing.ClassVar[str] = "raid"

    def logical_disk_properties(self) -> dict[str, str]:
        """Return the keys of a logical disk with a sentence each."""
        return {key: f"{p.says} {p.wanted} {'Required.' if p.required else 'Optional.'}"
                for key, p in LOGICAL_DISK.items()}

    def check(self, task: task.Task, config: collections.abc.Mapping[str, typing.Any]) -> None:
        """Refuse a target configuration that cannot be meant. Does not block; raises BadField or MissingField."""
        check(config)

    def create_configuration(self, task: task.Task, *, create_root_volume: bool = True,
                             create_nonroot_volumes: bool = True,
                             delete_existing: bool = False) -> steps.Answer:
        """Build the node's target_raid_config and note the outcome in raid_config."""
        raise NotImplementedError

    def delete_configuration(self, task: task.Task) -> steps.Answer:
        """Remove all logical disks and clear raid_config."""
        raise NotImplementedError

    def apply_configuration(self, task: task.Task, raid_config: dict[str, typing.Any], *,
                            create_root_volume: bool = True, create_nonroot_volumes: bool = True,
                            delete_existing: bool = True) -> steps.Answer:
        """Take ``raid_config`` as the target, then build it; for deploy templates."""
        self.check(task, raid_config)
        task.node.target_raid_config = raid_config
        return self.create_configuration(task, create_root_volume=create_root_volume,
                                         create_nonroot_volumes=create_nonroot_volumes,
                                         delete_existing=delete_existing)


def check(config: collections.abc.Mapping[str, typing.Any]) -> None:
    """Raise BadField, MissingField or UnknownField unless ``config`` is a RAID configuration; {} clears it."""
    if not config:
        return
    disks = config.get("logical_disks") if isinstance(config, collections.abc.Mapping) else None
    if disks is None or set(config) != {"logical_disks"} or not isinstance(disks, list) or not disks:
        raise errors.BadField(field="target_raid_config", value=config,
                              wanted="It is {\"logical_disks\": [...]} with at least one disk.")
    for disk in disks:
        _check_disk(disk)
    if sum(bool(disk.get("is_root_volume")) for disk in disks) > 1:
        raise errors.BadField(field="target_raid_config/logical_disks/is_root_volume", value=True,
                              wanted="At most one logical disk may be the root volume.")


def _check_disk(disk: typing.Any) -> None:
    where = "target_raid_config/logical_disks"
    if not isinstance(disk, dict):
        raise errors.BadField(field=where, value=disk, wanted="Each logical disk is an object.")
    for key, value in disk.items():
        known = LOGICAL_DISK.get(key)
        if known is None:
            raise errors.UnknownField(field=key, resource=where, known=", ".join(LOGICAL_DISK))
        if not known.fits(value):
            raise errors.BadField(field=f"{where}/{key}", value=value, wanted=known.wanted)
    for key, known in LOGICAL_DISK.items():
        if known.required and key not in disk:
            raise errors.MissingField(field=key, resource=where, wanted=known.wanted)
    if "physical_disks" in disk and "controller" not in disk:
        raise errors.MissingField(field="controller", resource=where, wanted="physical_disks needs it.")


def wanted(task: task.Task, *, create_root_volume: bool = True, create_nonroot_volumes: bool = True
           ) -> dict[str, typing.Any]:
    """Return the node's target configuration, or what of it shall be built; raises MissingField for nothing."""
    target = task.node.target_raid_config or {}
    disks = [disk for disk in target.get("logical_disks", ())
             if (create_root_volume if disk.get("is_root_volume") else create_nonroot_volumes)]
    if not disks:
        raise errors.MissingField(
            field="target_raid_config", resource=f"node {task.node.uuid}",
            wanted="Say with PUT states/raid which logical disks shall be built; the arguments create_root_volume and "
                   "create_nonroot_volumes must leave at least one of them.")
    return {**target, "logical_disks": disks}


def built(task: task.Task, config: collections.abc.Mapping[str, typing.Any]) -> None:
    """Note on the node that ``config`` is there now, and what follows for who schedules it and deploys to it."""
    node = task.node
    node.raid_config = {**config, "last_updated": task.clock.now().isoformat()}
    root = next((disk for disk in config.get("logical_disks", ()) if disk.get("is_root_volume")), None)
    if root is None:
        return
    properties = dict(node.properties)
    if isinstance(root.get("size_gb"), int):
        properties["local_gb"] = root["size_gb"]
    if root.get("root_device_hint"):
        properties["root_device"] = root["root_device_hint"]
    has = {**capabilities.parse(properties.get("capabilities")), "raid_level": root.get("raid_level")}
    properties["capabilities"] = ",".join(f"{key}:{value}" for key, value in has.items())
    node.properties = properties


def gone(task: task.Task) -> None:
    """Note on the node that there are no logical disks any more; a hint that named one of them goes, too."""
    node = task.node
    node.raid_config = {}
    node.properties = {key: value for key, value in node.properties.items() if key != "root_device"}
