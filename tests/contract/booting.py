"""What a driver needs that boots servers and speaks to their agents: files, a shelf, a library, an agent that is up."""

import hashlib
import types
import typing
from pathlib import Path

from oslo_config import cfg

from baremetal import config
from baremetal.boot import shelf
from baremetal.drivers import interface, load, task, wires
from baremetal.images import library
from tests.contract import devices
from tests.unit.clients.agent import server

#: what stands beside the one that is tried: it answers at once and asks for nothing
BESIDE = {"boot": "fake", "management": "noop", "network": "noop", "power": "fake", "storage": "noop"}
EVERY = {kind: {found.name: found for found in load.every(load.NAMESPACE + kind)} for kind in BESIDE}
#: a disk that is small
IMAGE = b"data" * 4096


def conf(folder: Path, **options: typing.Any) -> cfg.ConfigOpts:
    """Options of a conductor that keeps everything in ``folder``."""
    return config.build(state_path=str(folder), conductor__file_url_allowed_paths=[str(folder)],
                        agent__deploy_logs_local_path=str(folder / "logs"), **options)


def beside(*tried: interface.Interface) -> tuple[interface.Interface, ...]:
    """The implementations that a task has besides those that are tried."""
    kinds = {one.kind for one in tried}
    return tuple(EVERY[kind][name] for kind, name in BESIDE.items() if kind not in kinds)


def task_for(conf: cfg.ConfigOpts, lines: wires.Wires, *tried: interface.Interface, far: server.Agent | None = None,
             **columns: typing.Any) -> task.Task:
    """A task for a node that has what it takes to boot and to be deployed; ``far`` is its agent where one is up."""
    folder = Path(conf.state_path)
    for name, content in (("kernel", b"kernel"), ("ramdisk", b"ramdisk"), ("disk.img", IMAGE)):
        (folder / name).write_bytes(content)
    device = devices.Device()
    device.driver_info = {"deploy_kernel": f"file://{folder}/kernel", "deploy_ramdisk": f"file://{folder}/ramdisk"}
    node = devices.node("ipmi", **{
        "driver_info": device.driver_info, "provision_state": "deploying", "power_state": "power off",
        "instance_info": {"image_source": f"file://{folder}/disk.img",
                          "image_checksum": hashlib.sha256(IMAGE).hexdigest(),
                          "kernel": None, "ramdisk": None}, **columns})
    device.joined(node)
    if far is not None:
        node.driver_internal_info = {"agent_url": far.url, "agent_secret_token": server.TOKEN,
                                     "agent_verify_ca": far.ca, "agent_version": "1", **node.driver_internal_info}
    lent = task.Surroundings(conf, lines, shelf=shelf.Shelf(folder / "boot", "http://127.0.0.1:1"),
                             images=library.Library(conf))
    port = types.SimpleNamespace(uuid="p", address="52:54:00:00:00:01", name=None, pxe_enabled=True,
                                 physical_network=None, is_smartnic=False, extra=None, local_link_connection="{}",
                                 internal_info=None, id=1, portgroup_uuid=None)
    all_of_them = (*tried, *beside(*tried))
    return task.Task(node, {one.kind: one for one in all_of_them}, lent, (port,))
