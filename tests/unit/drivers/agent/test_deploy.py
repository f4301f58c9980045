"""A deploy by hand: what the agent is asked in which step, and what happens when it has been asked already."""

import base64
import contextlib
import gzip
import io
import typing
from pathlib import Path

import pycdlib
import pytest

from baremetal import errors, milestones, steps
from baremetal.clients import agent
from baremetal.drivers import deploy, switch, task, volumes
from baremetal.drivers.agent import custom, direct, ramdisk, talk
from baremetal.drivers.none import external
from tests.contract import booting
from tests.unit.clients.agent import server
from tests.unit.drivers.agent.conftest import Make

DIRECT = direct.DirectDeploy()
MAP_STEP = {"deploy": [{"step": "write_image_by_map", "interface": "deploy", "priority": 0}]}


def _write(held: task.Task) -> steps.Wait:
    answer = DIRECT.write_image(held)
    assert isinstance(answer, steps.Wait) and answer.until is not None
    return answer


def _names(held: task.Task) -> list[str]:
    return [one["name"] for one in held.milestones]


def test_deploy_fetches_the_image_boots_and_waits_for_the_agent(make: Make) -> None:
    held = make(DIRECT, up=False)
    answer = DIRECT.deploy(held)
    assert isinstance(answer, steps.Wait) and held.node.power_state == "power on"
    assert milestones.FETCHED in _names(held) and _names(held)[-1] == milestones.POWER_ON
    assert not DIRECT.deploy_ready(held) and isinstance(DIRECT.deploy_resume(held), steps.Wait)
    held.node.driver_internal_info["agent_url"] = "https://127.0.0.1:1"
    assert DIRECT.deploy_ready(held) and isinstance(DIRECT.deploy_resume(held), steps.Done)


def test_deploy_forgets_the_agent_of_the_boot_before(make: Make) -> None:
    held = make(DIRECT)
    held.node.driver_internal_info[talk.NOTED] = {"id": "x"}
    DIRECT.deploy(held)
    assert not [key for key in held.node.driver_internal_info if key.startswith("agent_")
                and key not in ("agent_version", switch.BOOT)]


def test_each_boot_has_a_name_that_is_written_before_the_server_starts(make: Make) -> None:
    held = make(DIRECT, up=False)
    written: list[tuple[str, str | None]] = []
    held.save = lambda: written.append(     # type: ignore[method-assign]
        (held.node.driver_internal_info[switch.BOOT], held.power.read(held)))
    for _ in range(2):
        DIRECT.deploy(held)
    (one, power), (other, _power) = written
    assert one != other and power == "power off"
    assert held.node.driver_internal_info[switch.BOOT] == other
    DIRECT.clean_up(held)
    assert switch.BOOT not in held.node.driver_internal_info, "nobody is awaited any more"


def test_the_stock_way_of_writing(make: Make, far: server.Agent) -> None:
    held = make(DIRECT)
    held.node.instance_info["configdrive"] = {"meta_data": {"x": "y"}}
    answer = _write(held)
    assert not DIRECT.write_image_ready(held)
    again = DIRECT.write_image_resume(held)
    assert isinstance(again, steps.Wait) and again.until is answer.until
    (name, params), = far.asked
    info = params["image_info"]
    assert name == "standby.prepare_image" and info["stream_raw_images"] and info["disk_format"] == "raw"
    assert info["os_hash_value"] == held.node.instance_info["image_checksum"] and info["image_type"] == "whole-disk"
    place = held.shelf.of(held.node.uuid)
    assert place is not None and info["urls"] == [held.shelf.url(held.node.uuid, "image")]
    assert Path(str(place.items["image"].path)).read_bytes() == booting.IMAGE
    assert _drive(params["configdrive"])["x"] == "y"
    far.end(far.results[0]["id"], "done")
    assert answer.until is not None and answer.until.result(5)["command_status"] == "SUCCEEDED"
    assert DIRECT.write_image_ready(held)
    assert DIRECT.write_image_resume(held) == steps.Done({"written_by": "agent", "bytes": len(booting.IMAGE)})
    assert milestones.COMMANDED in _names(held)


def _drive(text: str) -> dict[str, typing.Any]:
    import json
    iso, out = pycdlib.PyCdlib(), io.BytesIO()
    iso.open_fp(io.BytesIO(gzip.decompress(base64.b64decode(text))))
    iso.get_file_from_iso_fp(out, rr_path="/openstack/latest/meta_data.json")
    iso.close()
    return dict(json.loads(out.getvalue()))


def test_by_block_map_where_the_agent_can(make: Make, far: server.Agent) -> None:
    held = make(DIRECT, driver_internal_info={"agent_cached_deploy_steps": MAP_STEP,
                                              "hardware_manager_version": {"a": "1"}})
    _write(held)
    (name, params), = far.asked
    assert name == "deploy.execute_deploy_step" and params["deploy_version"] == {"a": "1"}
    args = params["step"]["args"]
    assert params["step"]["step"] == "write_image_by_map" and len(args["map_sha256"]) == 64
    place = held.shelf.of(held.node.uuid)
    assert place is not None and {"image", "image.map"} <= set(place.items)
    told = {"result": "image is written", "written": 5, "seconds": 0.1}
    far.end(far.results[0]["id"], {"deploy_result": told, "deploy_step": params["step"]})
    assert DIRECT.write_image_resume(held) == steps.Done({"written_by": "block map", "bytes": len(booting.IMAGE),
                                                          "written": 5, "seconds": 0.1})


@pytest.mark.parametrize("noted", [True, False])
@pytest.mark.parametrize("ended", [True, False])
def test_after_a_crash_nothing_is_written_twice(make: Make, far: server.Agent, noted: bool, ended: bool) -> None:
    held = make(DIRECT)
    before = far.answers.pop("standby.prepare_image")
    held.wires.agent.call(far.address(), "standby.sync")
    far.answers["standby.prepare_image"] = before
    _write(held)
    if not noted:
        del held.node.driver_internal_info[talk.NOTED]
    if ended:
        far.end(far.results[-1]["id"], "done")
    answer = _write(held)
    assert [name for name, _ in far.asked].count("standby.prepare_image") == 1
    if ended:
        assert answer.until is not None
        answer.until.result(5)
        assert isinstance(DIRECT.write_image_resume(held), steps.Done)


def test_a_failed_write_is_told_and_its_logs_are_kept(make: Make, far: server.Agent, tmp_path: Path) -> None:
    held = make(DIRECT)
    far.answers["log.collect_system_logs"] = {"system_logs": base64.b64encode(b"logs").decode()}
    _write(held)
    far.end(far.results[0]["id"], "image checksum does not match", status="FAILED")
    with pytest.raises(errors.StepFailed, match="deploy.write_image failed: Error: image checksum does not match"):
        DIRECT.write_image_resume(held)
    file, = (tmp_path / "logs").iterdir()
    assert file.read_bytes() == b"logs" and file.name.startswith(held.node.uuid) and file.name.endswith(".tar.gz")


def test_a_write_that_failed_for_another_conductor_is_begun_again(make: Make, far: server.Agent) -> None:
    held = make(DIRECT)
    _write(held)
    held.node.driver_internal_info[talk.NOTED]["host"] = "the-one-that-died"
    far.end(far.results[0]["id"], "cannot download", status="FAILED")
    assert isinstance(DIRECT.write_image_resume(held), steps.Wait)
    assert [name for name, _ in far.asked].count("standby.prepare_image") == 2
    far.end(far.results[-1]["id"], "cannot download", status="FAILED")
    with pytest.raises(errors.StepFailed):
        DIRECT.write_image_resume(held)


def test_an_agent_that_restarted(make: Make, far: server.Agent) -> None:
    held = make(DIRECT)
    _write(held)
    far.results.clear()
    assert DIRECT.write_image_ready(held)
    with pytest.raises(errors.StepFailed, match="restarted"):
        DIRECT.write_image_resume(held)
    held.node.driver_internal_info["agent_secret_token"] = "another-token-another-token-another"
    assert DIRECT.write_image_ready(held)
    with pytest.raises(errors.StepFailed, match="does not know our token"):
        DIRECT.write_image_resume(held)


def test_an_agent_that_falls_silent_is_waited_for_a_while(make: Make) -> None:
    held = make(DIRECT)
    _write(held)
    held.node.driver_internal_info["agent_url"] = "https://127.0.0.1:1"
    assert not DIRECT.write_image_ready(held)
    assert isinstance(DIRECT.write_image_resume(held), steps.Wait)
    held.node.driver_internal_info[talk.SILENT] = "2020-01-01T00:00:00"
    with pytest.raises(errors.StepFailed, match="silent for too long"):
        DIRECT.write_image_resume(held)


#: image type, boot mode, what the agent knows, whether it installs a boot loader
LOADERS: list[tuple[str, str, dict[str, str], bool]] = [
    ("whole-disk", "bios", {}, False), ("whole-disk", "uefi", {}, True),
    ("partition", "bios", {"root uuid": "r"}, True),
    ("partition", "uefi", {"root uuid": "r", "efi system partition uuid": "e"}, True),
]


@pytest.mark.parametrize(("kind", "mode", "found", "asked"), LOADERS)
def test_boot_loader(make: Make, far: server.Agent, kind: str, mode: str, found: dict[str, str], asked: bool) -> None:
    held = make(DIRECT, properties={"capabilities": f"boot_mode:{mode}"},
                driver_internal_info={"is_whole_disk_image": kind == "whole-disk"})
    far.answers["standby.get_partition_uuids"] = found
    answer = DIRECT.prepare_instance_boot(held)
    if not asked:
        assert isinstance(answer, steps.Done) and not far.asked
        return
    assert isinstance(answer, steps.Wait)
    params = dict(far.asked)["image.install_bootloader"]
    assert params == {"root_uuid": found.get("root uuid"), "target_boot_mode": mode, "prep_boot_part_uuid": None,
                      "efi_system_part_uuid": found.get("efi system partition uuid")}
    far.end(far.results[-1]["id"])
    assert isinstance(DIRECT.prepare_instance_boot_resume(held), steps.Done)


def test_a_partition_image_without_root_is_a_failure(make: Make, far: server.Agent) -> None:
    held = make(DIRECT, driver_internal_info={"is_whole_disk_image": False})
    with pytest.raises(errors.StepFailed, match="root partition"):
        DIRECT.prepare_instance_boot(held)


@pytest.mark.parametrize(("given", "told"), [(None, "ext4"), ("xfs", "xfs")])
def test_partition_images_bring_their_sizes(given: str | None, told: str, make: Make, far: server.Agent) -> None:
    held = make(DIRECT, properties={"capabilities": "boot_mode:bios"})
    held.node.instance_info.update(image_type="partition", root_gb=2, swap_mb=512, ephemeral_gb=1,
                                   ephemeral_format=given, capabilities={"disk_label": "gpt"})
    _write(held)
    info = far.asked[0][1]["image_info"]
    wanted = {"image_type": "partition", "root_mb": 2048, "root_gb": 2, "swap_mb": 512, "ephemeral_mb": 1024,
              "ephemeral_format": told, "preserve_ephemeral": False, "disk_label": "gpt", "deploy_boot_mode": "bios"}
    assert wanted.items() <= info.items()


def test_the_server_is_off_when_the_agent_has_ended(make: Make, far: server.Agent) -> None:
    held = make(DIRECT, power_state="power on")
    answer = DIRECT.tear_down_agent(held)
    assert isinstance(answer, steps.Done) and answer.facts == {"flushed": True, "switched_off_by": "controller"}
    assert [name for name, _ in far.asked] == ["standby.sync", "standby.power_off"]
    assert held.node.power_state == "power off" and "agent_url" not in held.node.driver_internal_info
    assert DIRECT.tear_down_agent(held) == steps.Done({})
    DIRECT.switch_to_tenant_network(held)
    DIRECT.boot_instance(held)
    assert held.node.power_state == "power on"


def test_an_image_from_its_own_source(make: Make, far: server.Agent) -> None:
    held = make(DIRECT)
    held.node.instance_info.update(image_source="http://192.0.2.1/a/disk.raw", image_download_source="http",
                                   image_disk_format="raw", image_checksum="a" * 64)
    _write(held)
    info = far.asked[0][1]["image_info"]
    assert info["urls"] == ["http://192.0.2.1/a/disk.raw"] and info["checksum"] == "a" * 64 and info["id"] == "disk.raw"
    assert info["stream_raw_images"] is True


#: instance_info, words of the fault
WRONG: list[tuple[dict[str, typing.Any], str]] = [
    ({"image_source": None}, "image_source"), ({"image_checksum": None}, "checksum"),
    ({"root_device": {"colour": "blue"}}, "root_device.*colour.*Known hints are size, model"),
    ({"root_device": {"size": "large"}}, "root_device/size.*whole number"),
    ({"root_device": "sda"}, "It is an object"), ({"root_device": {"rotational": "maybe"}}, "boolean"),
    ({"root_device": {"model": ">= 3"}}, "compares numbers"), ({"root_device": {"size": "s== 3"}}, "compares texts"),
    ({"root_device": {"name": ["a"]}}, "one value"), ({"root_device": {"serial": "s=="}}, "Nothing stands after"),
    ({"configdrive": "rubbish!"}, "config drive"), ({"configdrive": {"user": 1}}, "config drive"),
    ({"image_download_source": "pigeon"}, "image_download_source.*local, http, swift"),
    ({"image_download_source": "http"}, "http:// or https://"),
    ({"image_type": "partition"}, "root_gb"),
]


@pytest.mark.parametrize(("info", "says"), WRONG)
def test_validate_names_what_is_wrong(make: Make, info: dict[str, typing.Any], says: str) -> None:
    held = make(DIRECT, up=False)
    DIRECT.validate(held)
    held.node.instance_info.update(info)
    with pytest.raises(errors.Fault, match=says):
        DIRECT.validate(held)


def test_good_hints_are_taken(make: Make) -> None:
    held = make(DIRECT, up=False, properties={"root_device": {
        "size": ">= 40", "model": "<in> QEMU", "rotational": True, "name": "s== /dev/vda", "serial": "<or> a <or> b"}})
    DIRECT.validate(held)


def test_custom_agent_needs_no_image(make: Make) -> None:
    held = make(custom.CustomAgentDeploy(), up=False, instance_info={})
    held.deploy.validate(held)
    assert {step.step for step in steps.of(held.deploy, "deploy")} == {
        "deploy", "prepare_instance_boot", "tear_down_agent", "switch_to_tenant_network", "boot_instance"}


def test_steps_of_direct_are_the_known_ones() -> None:
    assert {step.step: (step.priority, step.learns) for step in steps.of(DIRECT, "deploy")} == {
        "deploy": (100, True), "write_image": (80, False), "prepare_instance_boot": (60, False),
        "tear_down_agent": (40, False), "switch_to_tenant_network": (30, False), "boot_instance": (20, False)}


def test_ramdisk_starts_the_instances_kernel(make: Make) -> None:
    held = make(ramdisk.RamdiskDeploy(), up=False, deploy_interface="ramdisk", instance_info={})
    with pytest.raises(errors.MissingField, match="instance_info/kernel"):
        held.deploy.validate(held)
    held.node.instance_info.update(kernel="http://x/k", ramdisk="http://x/r")
    held.deploy.validate(held)
    assert isinstance(typing.cast(ramdisk.RamdiskDeploy, held.deploy).deploy(held), steps.Done)
    assert held.node.power_state == "power on"


@pytest.mark.parametrize(("state", "power"), [("deploying", "power off"), ("deleting", "power on")])
def test_cleaning_up_leaves_nothing(make: Make, state: str, power: str) -> None:
    held = make(DIRECT, provision_state=state, power_state="power on")
    _write(held)
    assert held.images.store.take(lambda about: True, None) is not None
    DIRECT.clean_up(held)
    assert held.node.power_state == power
    assert [key for key in held.node.driver_internal_info if key.startswith("agent_")] == ["agent_version"]
    assert isinstance(held.deploy, deploy.Deploy) and isinstance(held.wires.agent, agent.Client)


class Attached(external.ExternalStorage):
    """Notes what the boot interface knew when it was attached."""

    name = "attached"

    def __init__(self) -> None:
        self.times = 0

    def attach(self, task: task.Task) -> None:
        """Count."""
        self.times += 1


def test_a_system_on_a_volume_is_not_written(make: Make, far: server.Agent) -> None:
    storage = Attached()
    held = make(DIRECT, storage)
    held.node.instance_info.clear()
    with pytest.raises(errors.Fault, match="image_source"):
        DIRECT.validate(held)
    held.volumes = volumes.Volumes((volumes.Target("v", "iscsi", 0, "1", {
        "target_portal": "192.0.2.1", "target_iqn": "iqn.2026-01.a:b", "target_lun": 0}),))
    DIRECT.validate(held)
    storage.validate(held)
    for answer in (DIRECT.write_image(held), DIRECT.prepare_instance_boot(held)):
        assert isinstance(answer, steps.Done)
    assert storage.times == 1, "before the boot interface asks how it is reached"
    assert far.asked == []


@pytest.mark.parametrize(("state", "mine", "laid"), [("active", True, True), ("active", False, False),
                                                     ("deploy failed", True, False)])
def test_who_takes_over_serves_what_boots_a_volume(make: Make, state: str, mine: bool, laid: bool) -> None:
    held = make(DIRECT, Attached(), provision_state=state)
    held.node.instance_info.clear()
    held.node.driver_info["fake_faults"] = {"boot.prepare_instance": "asked"}
    held.volumes = volumes.Volumes((volumes.Target("v", "iscsi", 0 if mine else 1, "1", {}),))
    with pytest.raises(errors.StepFailed, match="asked") if laid else contextlib.nullcontext():
        DIRECT.take_over(held)
