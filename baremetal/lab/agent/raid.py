"""Software RAID of a simulated computer: volumes that its disks carry, refused and built as the real agent does."""

import typing

from baremetal.lab.agent import disks, failures, hints, profile

if typing.TYPE_CHECKING:
    from baremetal.lab.agent import computer

CONTROLLER, PREFIX = "software", "/dev/md"
SUPPORTED = ("0", "1", "1+0", "5", "6")
MOST = 2
#: what metadata of the array takes from each of its disks
OVERHEAD = profile.GIB
#: level: how many of its disks it needs, and how much of them is left
# fmt: off
LEVELS: dict[str, tuple[int, typing.Callable[[int], float]]] = {
    "0":   (2, lambda many: many),
    "1":   (2, lambda many: 1),
    "1+0": (2, lambda many: many / 2),
    "5":   (3, lambda many: many - 1),
    "6":   (4, lambda many: many - 2),
}
# fmt: on

Config = dict[str, typing.Any]


def create(owner: "computer.Computer", config: Config | None, node: dict[str, typing.Any]) -> Config:
    """Build what a configuration wants; return it, or nothing where none of it is software RAID."""
    volumes = (config or {}).get("logical_disks") or []
    if config and not volumes:
        raise failures.Failure("SoftwareRAIDError", "RAID config contains no logical disks")
    if not any(volume.get("controller") == CONTROLLER for volume in volumes):
        return {}
    members = [disk for disk in owner.disks if not disk.drive.name.startswith(PREFIX)]
    wrong = _wrong(volumes, len(members))
    if wrong:
        raise failures.Failure("SoftwareRAIDError", f"Could not validate Software RAID config for {node.get('uuid')}: "
                                                    f"{'; '.join(wrong)}")
    if len(members) < len(owner.disks):
        raise failures.Failure("SoftwareRAIDError", "Existing Software RAID device detected that should not")
    made = [_volume(owner, members, volumes, number) for number in range(len(volumes))]
    for disk in members:
        disk.erase("metadata")
    owner.disks += made
    owner.tell(f"software RAID: {', '.join(disk.drive.name for disk in made)}")
    return dict(config or {})


def delete(owner: "computer.Computer") -> None:
    """Take all volumes away, with what was on them."""
    owner.disks[:] = [disk for disk in owner.disks if not disk.drive.name.startswith(PREFIX)]


def _wrong(volumes: list[dict[str, typing.Any]], disk_count: int) -> list[str]:
    """Return what is wrong with the volumes, in the agent's words."""
    found = []
    if len(volumes) not in range(1, MOST + 1):
        found.append("Software RAID configuration requires one or two logical disks")
    if any(volume.get("controller") != CONTROLLER for volume in volumes):
        found.append("Software RAID configuration requires all logical disks to have 'controller'='software'")
    if volumes[0].get("raid_level") != "1":
        found.append("Software RAID Configuration requires RAID-1 for the first logical disk")
    if sum(volume.get("size_gb") == "MAX" for volume in volumes) > 1:
        found.append("Software RAID can have only one RAID device with size 'MAX'")
    for volume in volumes[1:]:
        level = volume.get("raid_level")
        if level not in SUPPORTED:
            found.append(f"Software RAID configuration does not support RAID level {level}")
        elif disk_count < LEVELS[level][0]:
            found.append(f"Software RAID configuration is not possible for RAID level {level} with only {disk_count} "
                         "block devices found.")
    return found


def _volume(owner: "computer.Computer", members: list[disks.Disk], volumes: list[dict[str, typing.Any]], number: int
            ) -> disks.Disk:
    """Return a volume as a disk, on those that its hints name, or on all."""
    volume = volumes[number]
    wanted = volume.get("physical_disks") or []
    used = [hints.root_device(members, hint, owner.size) for hint in wanted] or members
    share = LEVELS[volume["raid_level"]][1](len(used))
    size = volume["size_gb"]
    if size == "MAX":
        taken = sum(other["size_gb"] for other in volumes if other is not volume)
        size = int((min(owner.size(disk) for disk in used) - OVERHEAD) // profile.GIB * share) - taken
    name = volume.get("volume_name") or str(number)
    return disks.Disk(profile.Drive(f"{PREFIX}{number}", size * profile.GIB, f"md RAID {volume['raid_level']}",
                                    f"md-{name}"))
