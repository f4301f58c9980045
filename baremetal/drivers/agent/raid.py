"""Software RAID: the agent in the ramdisk builds it from whole disks. Says what that can be, and keeps what came of it.

The steps are the agent's own, which the deploy interface lets it do. This interface refuses what the agent would,
before a server boots for it, and writes what the agent answered to the node.
"""

import typing

from baremetal import errors, steps
from baremetal.drivers import raid, task
from baremetal.drivers.agent import learned, talk

CREATE, APPLY, DELETE = "create_configuration", "apply_configuration", "delete_configuration"
#: what Linux' software RAID builds here; the first volume carries the system, which boots from a mirror only
LEVELS, FIRST_LEVEL = ("0", "1", "1+0", "5", "6"), "1"
MOST = 2
CONTROLLER = "software"
WHERE = "raid_config/logical_disks"
#: how provision states begin, and the kind of the steps that run there
KINDS = {"deploy": "deploy", "wait": "deploy", "servic": "service"}


class AgentRaid(raid.Raid):
    """Builds at most two volumes of Linux' software RAID."""

    name = "agent"
    serves = ("generic",)

    def validate(self, task: task.Task) -> None:
        """Check the target configuration, if there is one."""
        self.check(task, task.node.target_raid_config or {})

    def check(self, task: task.Task, config: typing.Any) -> None:
        """Refuse what the agent cannot build. Configurations of other controllers belong to no one here."""
        raid.check(config)
        for number, disk in enumerate((config or {}).get("logical_disks", ())):
            _check_disk(disk, first=number == 0)
        if len((config or {}).get("logical_disks", ())) > MOST:
            raise errors.BadField(field=WHERE, value=f"{len(config['logical_disks'])} logical disks",
                                  wanted=f"Software RAID has one or {MOST}.")

    def create_configuration(self, task: task.Task, *, create_root_volume: bool = True,
                             create_nonroot_volumes: bool = True, delete_existing: bool = False) -> steps.Answer:
        """Let the agent build the target configuration. Its steps do so by themselves; this is for other drivers."""
        if delete_existing:
            raise errors.BadField(field="delete_existing", value=True,
                                  wanted="Run the step delete_configuration before.")
        return _execute(task, CREATE, create_root_volume=create_root_volume,
                        create_nonroot_volumes=create_nonroot_volumes)

    def delete_configuration(self, task: task.Task) -> steps.Answer:
        """Let the agent delete all volumes of software RAID."""
        return _execute(task, DELETE)

    def apply_configuration(self, task: task.Task, raid_config: dict[str, typing.Any], *,
                            create_root_volume: bool = True, create_nonroot_volumes: bool = True,
                            delete_existing: bool = True) -> steps.Answer:
        """Let the agent build another configuration, which is the target then."""
        if not (create_root_volume and create_nonroot_volumes):
            raise errors.BadField(field="create_root_volume", value=False, wanted="Say all of it in raid_config.")
        return _execute(task, APPLY, raid_config=raid_config, delete_existing=delete_existing)

    def tell_agent(self, task: task.Task, kind: str, step: steps.Step) -> tuple[dict[str, typing.Any],
                                                                               dict[str, typing.Any]]:
        """Check what shall be built; hand the agent just that."""
        args = dict(step.args)
        if step.step == CREATE:
            which = {name: bool(args.pop(name)) for name in ("create_root_volume", "create_nonroot_volumes")
                     if name in args}
            if not task.node.target_raid_config and step.priority:
                return args, {}     # cleaning builds by itself where something is wanted
            target = raid.wanted(task, **which)
            self.check(task, target)
            return args, {"target_raid_config": target}
        if step.step == APPLY:
            config = args.get("raid_config")
            if not config:
                raise errors.MissingField(field="raid_config", resource="step raid.apply_configuration",
                                          wanted=raid.LOGICAL_DISK["raid_level"].says)
            self.check(task, config)
        return args, {}

    def agent_ended(self, task: task.Task, kind: str, step: steps.Step, result: typing.Any) -> None:
        """Keep what the agent built as the node's raid_config; a target that was applied is the target from now on."""
        if step.step == DELETE:
            return raid.gone(task)
        if step.step not in (CREATE, APPLY):
            return None
        if not isinstance(result, dict) or not result.get("logical_disks"):
            if step.step == CREATE and not task.node.target_raid_config:
                return None
            raise talk.failed(f"raid.{step.step}", "the agent says that it built nothing, though it was told to")
        if step.step == APPLY:
            task.node.target_raid_config = step.args["raid_config"]
        return raid.built(task, result)


def _execute(task: task.Task, step: str, **args: typing.Any) -> steps.Answer:
    state = str(task.node.provision_state)
    kind = next((kind for begins, kind in KINDS.items() if state.startswith(begins)), "clean")
    return learned.execute(task, kind, steps.Step("raid", step, args, by=steps.AGENT))


def _check_disk(disk: dict[str, typing.Any], *, first: bool) -> None:
    levels = (FIRST_LEVEL,) if first else LEVELS
    if disk.get("controller") != CONTROLLER:
        raise errors.BadField(field=f"{WHERE}/controller", value=disk.get("controller"),
                              wanted=f"The raid interface 'agent' builds with {CONTROLLER!r} only.")
    if disk["raid_level"] not in levels:
        raise errors.BadField(field=f"{WHERE}/raid_level", value=disk["raid_level"],
                              wanted=f"Software RAID has {' or '.join(levels)} there.")
    if any(isinstance(item, str) for item in disk.get("physical_disks", ())):
        raise errors.BadField(field=f"{WHERE}/physical_disks", value=disk["physical_disks"],
                              wanted="Software RAID takes hints for at least two disks.")
