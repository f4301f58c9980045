"""Software RAID by the agent: refused before a server boots for it, told to the agent, kept as it was answered."""

import typing

import pytest

from baremetal import errors, steps
from baremetal.drivers import interface
from baremetal.drivers.agent import direct, raid
from baremetal.drivers.none import refuse
from tests.unit.clients.agent import server
from tests.unit.drivers.agent.conftest import Make

RAID, DIRECT = raid.AgentRaid(), direct.DirectDeploy()
ROOT = {"raid_level": "1", "size_gb": 100, "controller": "software", "is_root_volume": True}
REST = {"raid_level": "1+0", "size_gb": "MAX", "controller": "software"}
BOTH = {"logical_disks": [ROOT, REST]}
ROW = {"interface": "raid", "priority": 0, "abortable": True}


def _step(name: str, priority: int = 0, **args: typing.Any) -> steps.Step:
    return steps.Step("raid", name, args, priority, by=steps.AGENT)


def _done(make: Make, far: server.Agent, step: steps.Step, result: typing.Any, kind: str = "clean",
          **columns: typing.Any) -> tuple[typing.Any, dict[str, typing.Any]]:
    """Let the agent do a step; return the node and what the agent was told."""
    held = make(DIRECT, RAID, **columns)
    DIRECT.execute(held, kind, step)
    told = far.asked[-1][1]
    far.end(far.results[-1]["id"], {f"{kind}_result": result, f"{kind}_step": {}})
    assert isinstance(DIRECT.execute_resume(held, kind, step), steps.Done)
    return held.node, told


def test_what_is_wanted_is_built_and_kept(make: Make, far: server.Agent) -> None:
    node, told = _done(make, far, _step("create_configuration"), BOTH, target_raid_config=BOTH)
    assert told["node"]["target_raid_config"] == BOTH
    assert node.raid_config["logical_disks"] == [ROOT, REST]
    assert node.raid_config["last_updated"]
    assert node.properties["local_gb"] == 100
    assert node.properties["capabilities"].endswith("raid_level:1")


def test_only_the_root_volume(make: Make, far: server.Agent) -> None:
    step = _step("create_configuration", create_nonroot_volumes=False)
    node, told = _done(make, far, step, {"logical_disks": [ROOT]}, target_raid_config=BOTH)
    # the agent does not know these arguments
    assert (told["step"]["args"], told["node"]["target_raid_config"]) == ({}, {"logical_disks": [ROOT]})
    assert node.target_raid_config == BOTH


def test_applied_at_deploy(make: Make, far: server.Agent) -> None:
    step = _step("apply_configuration", 95, raid_config=BOTH, delete_existing=True)
    node, told = _done(make, far, step, BOTH, "deploy")
    assert told["step"]["args"] == {"raid_config": BOTH, "delete_existing": True}
    assert (node.target_raid_config, node.raid_config["logical_disks"]) == (BOTH, [ROOT, REST])


def test_deleted(make: Make, far: server.Agent) -> None:
    node, _told = _done(make, far, _step("delete_configuration"), None, raid_config=BOTH,
                        properties={"root_device": {"name": "/dev/md0"}, "cpus": 4})
    assert (node.raid_config, node.properties) == ({}, {"cpus": 4})


def test_cleaning_builds_by_itself_only_where_something_is_wanted(make: Make, far: server.Agent) -> None:
    node, _told = _done(make, far, _step("create_configuration", 50), {})
    assert node.raid_config == {}


@pytest.mark.parametrize("result", [None, {}, "built", {"logical_disks": []}])
def test_an_agent_that_built_nothing_has_failed(make: Make, far: server.Agent, result: typing.Any) -> None:
    with pytest.raises(errors.StepFailed, match="built nothing"):
        _done(make, far, _step("create_configuration"), result, target_raid_config=BOTH)


#: step, target configuration, words of the refusal
REFUSED: list[tuple[steps.Step, typing.Any, str]] = [
    (_step("create_configuration"), {}, "PUT states/raid"),
    (_step("create_configuration", create_root_volume=False, create_nonroot_volumes=False), BOTH, "at least one"),
    (_step("create_configuration", create_root_volume=False), BOTH, "raid_level"),
    (_step("apply_configuration"), {}, "raid_config"),
    (_step("apply_configuration", raid_config=5), {}, "logical_disks"),
    (_step("apply_configuration", raid_config={"logical_disks": [ROOT, REST, REST]}), {}, "one or 2"),
    (_step("apply_configuration", raid_config={"logical_disks": [{**ROOT, "controller": "c1"}]}), {}, "'software'"),
    (_step("apply_configuration", raid_config={"logical_disks": [{**ROOT, "raid_level": "5"}]}), {}, "has 1 there"),
    (_step("apply_configuration", raid_config={"logical_disks": [{**ROOT, "physical_disks": ["a", "b"]}]}), {},
     "hints"),
]


@pytest.mark.parametrize(("step", "target", "says"), REFUSED)
def test_refused_before_anything_begins(make: Make, step: steps.Step, target: typing.Any, says: str) -> None:
    with pytest.raises(errors.Fault, match=says) as met:
        RAID.tell_agent(make(DIRECT, RAID, target_raid_config=target), "clean", step)
    assert met.value.kind == "invalid"


#: RAID interface, option, priority of the step
PRIORITIES: list[tuple[interface.Interface, int | None, int]] = [
    (RAID, None, 0), (RAID, 60, 60), (refuse.NoRaid(), 60, 0)]


@pytest.mark.parametrize(("owner", "option", "priority"), PRIORITIES)
def test_built_in_automated_cleaning_where_configured(
        make: Make, far: server.Agent, owner: interface.Interface, option: int | None, priority: int) -> None:
    far.answers["clean.get_clean_steps"] = {"clean_steps": {"generic": [{**ROW, "step": "create_configuration"}]},
                                            "hardware_manager_version": {"generic": "1"}}
    held = make(DIRECT, owner, options={"deploy__create_configuration_priority": option} if option else None)
    [step] = DIRECT.learn(held, "clean")
    assert step.priority == priority
