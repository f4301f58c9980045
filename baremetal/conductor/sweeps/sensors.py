"""Sensors: what they measure is sent to the message bus, for telemetry. Judges nothing and keeps nothing."""

import concurrent.futures
import logging
import typing
import uuid

from baremetal import clock, errors, states
from baremetal.conductor import task
from baremetal.conductor.sweeps import polling, sweep
from baremetal.db import polls

LOG = logging.getLogger(__name__)

#: the questions are spread over this share of the interval
SHARE = 0.5
#: in ``[sensor_data]data_types``: every type
ALL = "all"

#: {sensor type: {sensor: facts}}
Readings = dict[str, dict[str, dict[str, typing.Any]]]


class Sensors(sweep.Sweep):
    """Reads the sensors of nodes that are ours, free and in use, and sends a message for each node."""

    name = "sensors"

    @property
    def interval(self) -> float:
        """As configured; 0 is never."""
        section = self.means.conf.sensor_data
        return float(section.interval if section.send_sensor_data and section.enable_for_nodes else 0)

    def run(self) -> None:
        """Read all once."""
        with self.means.database.read() as connection:
            rows = polls.due(connection, sweep.UNSETTLED)
        if not self.means.conf.sensor_data.enable_for_undeployed_nodes:
            rows = [row for row in rows if row.instance_uuid or row.provision_state == states.ACTIVE]
        asking = polling.Round(self.means, self.name, self.over, _question)
        asking.ask(rows, self._answered, self.interval * SHARE)

    def _answered(self, found: task.Task, readings: typing.Any, fault: Exception | None) -> None:
        if fault is not None:
            if not isinstance(fault, errors.Unsupported):
                LOG.warning("Node %s: its sensors could not be read: %s", found.node.uuid, fault)
            return
        wanted = {kind.strip().lower() for kind in self.means.conf.sensor_data.data_types}
        readings = {kind: group for kind, group in readings.items() if ALL in wanted or kind.lower() in wanted}
        if readings:
            self.means.bus.measured(f"hardware.{found.node.driver}.metrics", message(found, readings))


def message(found: task.Task, readings: Readings) -> dict[str, typing.Any]:
    """Return the message of a node."""
    node = found.node
    return {"message_id": str(uuid.uuid4()), "node_uuid": node.uuid, "node_name": node.name,
            "instance_uuid": node.instance_uuid, "timestamp": clock.iso(found.means.clock.now()),
            "event_type": f"hardware.{node.driver}.metrics.update", "payload": readings}


def _question(found: task.Task, pool: concurrent.futures.Executor) -> "concurrent.futures.Future[typing.Any]":
    found.management.validate(found)
    return pool.submit(found.management.sensors, found)
