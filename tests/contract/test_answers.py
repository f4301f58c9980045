"""The promises of sockets whose methods answer Done or Wait: they do, and may be called twice."""

import types
import typing
from pathlib import Path

import pytest

from baremetal import steps
from baremetal.drivers import interface, load, wires
from tests.contract import booting
from tests.unit.clients.agent import server

#: a port and a port group alike, as it was and as it shall be
CARD = types.SimpleNamespace(id=1, uuid="a", node_id=1, internal_info=None, portgroup_uuid=None,
                             standalone_ports_supported=True)
RAID = {"logical_disks": [{"raid_level": "1", "size_gb": "MAX", "controller": "software"}]}
#: socket: its methods that do something, with what they take besides the task
CALLS: dict[str, dict[str, tuple[typing.Any, ...]]] = {
    "bios": {"read": (), "apply_configuration": ([{"name": "turbo", "value": "on"}],), "factory_reset": (),
             "cache_bios_settings": ()},
    "boot": {"prepare_ramdisk": ({}, "deploy"), "clean_up_ramdisk": ("deploy",), "prepare_instance": (),
             "clean_up_instance": ()},
    "console": {"start": (), "get": (), "stop": ()},
    "deploy": {"prepare": (), "deploy": (), "clean_up": (), "tear_down": (), "prepare_cleaning": (),
               "tear_down_cleaning": (), "prepare_service": (), "tear_down_service": (), "take_over": (),
               "write_image": (), "prepare_instance_boot": (), "tear_down_agent": (), "switch_to_tenant_network": (),
               "boot_instance": ()},
    "firmware": {"components": (), "update": ([{"component": "bmc", "url": "http://x/y"}],)},
    "inspect": {"inspect": (), "leave": (), "abort": ()},
    "network": {"connect": ("tenant",), "disconnect": ("tenant",), "port_changed": (CARD, CARD),
                "portgroup_changed": (CARD, CARD), "vifs": (), "attach_vif": ({"id": "a"},), "detach_vif": ("a",)},
    "raid": {"create_configuration": (), "delete_configuration": (), "apply_configuration": (RAID,)},
    "rescue": {"rescue": (), "unrescue": (), "clean_up": ()},
    "storage": {"attach": (), "detach": (), "writes_image": ()},
}
#: methods that answer something else than Done, Wait or nothing
VALUES = {"read": list, "get": dict, "components": list, "vifs": list, "writes_image": bool}
#: methods that refuse a second time, as their promise says: what must come before each call
FRESH: dict[str, tuple[tuple[str, typing.Any], ...]] = {
    "attach_vif": (), "detach_vif": (("attach_vif", {"id": "a"}),)}
CASES = [pytest.param(found, name, taken, id=f"{found.kind}-{found.name}-{name}")
         for kind, calls in CALLS.items() for found in load.every(load.NAMESPACE + kind)
         if not found.name.startswith("no-") for name, taken in calls.items() if hasattr(found, name)]


@pytest.mark.parametrize(("found", "name", "taken"), CASES)
def test_answers_and_may_be_called_twice(found: interface.Interface, name: str, taken: tuple[typing.Any, ...],
                                         tmp_path: Path, lines: wires.Wires) -> None:
    if found.needs:
        pytest.fail("give it a device here, as test_power.py does")
    with server.Agent() as far:
        far.answers.update(dict.fromkeys(("standby.prepare_image", "image.install_bootloader"), "RUNNING"))
        task = booting.task_for(booting.conf(tmp_path), lines, found, far=far)
        task.node.instance_info.update(kernel=f"file://{tmp_path}/kernel", ramdisk=f"file://{tmp_path}/ramdisk",
                                       image_type="whole-disk")
        task.node.target_raid_config = RAID
        for _ in range(1 if name in FRESH else 2):
            for before, argument in FRESH.get(name, ()):
                getattr(found, before)(task, argument)
            answer = getattr(found, name)(task, *taken)
            assert isinstance(answer, VALUES.get(name, steps.Done | steps.Wait | None))
        begun = [command for command, _ in far.asked if far.answers.get(command) == "RUNNING"]
        assert len(begun) == len(set(begun)), "nothing that takes its time is begun twice"


def test_no_socket_is_forgotten() -> None:
    assert set(interface.KINDS) == set(CALLS) | {"power", "management", "vendor"}
