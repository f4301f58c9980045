"""Devices that drivers are tried on, chosen by the driver_info key that an implementation needs."""

import dataclasses
import time
import typing
import uuid
from collections.abc import Callable

from oslo_config import cfg

from baremetal.db import models, record
from baremetal.drivers import interface, task, wires
from baremetal.lab import fleet, machine

PORT = 6293
QUICK = machine.Timing(boot=0.05, soft=0.05, cycle=0.05)


@dataclasses.dataclass
class Row:
    """What a row of the database gives to ``record.Node``."""

    _mapping: dict[str, typing.Any]


def node(driver: str, **columns: typing.Any) -> record.Node:
    """A node as the conductor reads it; ``columns`` may hold dicts."""
    values: dict[str, typing.Any] = {column.name: None for column in models.NODES.c}
    values.update(uuid=str(uuid.uuid4()), driver=driver, provision_state="manageable", disable_power_off=False)
    made = record.Node(typing.cast(typing.Any, Row(values)))
    for name, value in columns.items():
        setattr(made, name, value)
    return made


class Device:
    """Something a driver speaks to, and its true state. This one is the node itself, for those that need nothing."""

    def __init__(self) -> None:
        self.driver_info: dict[str, typing.Any] = {}
        self._node: record.Node | None = None

    def joined(self, node: record.Node) -> None:
        """Know the node that was made for it."""
        self._node = node

    @property
    def power(self) -> str | None:
        """Its true power, as states name it."""
        assert self._node is not None
        return typing.cast("str | None", self._node.power_state)

    def switch(self, state: str) -> None:
        """Bring it into a power state without the driver."""
        assert self._node is not None
        self._node.power_state = state


class Server(Device):
    """A server of the lab behind its BMC."""

    def __init__(self, owned: fleet.Fleet, which: int = 0) -> None:
        super().__init__()
        self.fleet, self.server, self.machine = owned, owned.server(which), owned.machine(which)
        self.driver_info = {"ipmi_address": self.server.address, "ipmi_port": PORT,
                            "ipmi_username": owned.plan.user, "ipmi_password": owned.plan.password}

    @property
    def power(self) -> str | None:
        """Its true power."""
        return f"power {self.machine.power}"

    def switch(self, state: str) -> None:
        """Press its switch, and let its system come up, so that it hears a soft power off."""
        self.fleet.do(self.machine.switch_on if state == "power on" else self.machine.switch_off)
        until(lambda: self.machine.phase != "booting")

    def fault(self, name: str, *, on: bool = True, value: float | str | None = None) -> None:
        """Let its BMC have a fault."""
        self.fleet.fault(self.server.name, name, on=on, value=value)


def until(true: Callable[[], bool], within: float = 60) -> None:
    """Wait for something that comes by itself."""
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def task_for(device: Device, conf: cfg.ConfigOpts, lines: wires.Wires, *implementations: interface.Interface,
             **columns: typing.Any) -> task.Task:
    """A task for a node with this device and these implementations."""
    made = node("test", driver_info=dict(device.driver_info), **columns)
    device.joined(made)
    return task.Task(made, {i.kind: i for i in implementations}, task.Surroundings(conf, lines))
