"""The held task: one node, its lease, and what is to be written of it.

``move`` is the only place that gives a node another provision state; ``save`` is the only way in which a worker
writes a node. All that was noted since the last ``save`` - columns, moves, history, journal, milestones - goes
into one transaction (``draft.py``).
"""

import collections.abc
import contextlib
import datetime
import logging
import math
import typing
import uuid

import sqlalchemy as sa

import baremetal.drivers.volumes
from baremetal import context, errors, states, steps
from baremetal.conductor import draft, lines, means, targets, telling
from baremetal.db import inventory, locks, models, ports, record
from baremetal.drivers import interface, task

LOG = logging.getLogger(__name__)

#: provision state: event_type of the history entries of its moves; other moves are "transition"
# fmt: off
EVENT_TYPES = {
    **dict.fromkeys((states.VERIFYING,), "verify"),
    **dict.fromkeys((states.INSPECTING, states.INSPECTWAIT, states.INSPECTFAIL), "introspection"),
    **dict.fromkeys((states.CLEANING, states.CLEANWAIT, states.CLEANHOLD, states.CLEANFAIL), "cleaning"),
    **dict.fromkeys((states.DEPLOYING, states.DEPLOYWAIT, states.DEPLOYHOLD, states.DEPLOYFAIL), "provisioning"),
    **dict.fromkeys((states.DELETING, states.ERROR), "unprovision"),
    **dict.fromkeys((states.ADOPTING, states.ADOPTFAIL), "adoption"),
    **dict.fromkeys((states.RESCUING, states.RESCUEWAIT, states.RESCUEFAIL), "rescue"),
    **dict.fromkeys((states.UNRESCUING, states.UNRESCUEFAIL), "unrescue"),
    **dict.fromkeys((states.SERVICING, states.SERVICEWAIT, states.SERVICEHOLD, states.SERVICEFAIL), "servicing"),
}
# fmt: on

#: the states of cleaning: their target depends on why the node cleans, and stays through them
CLEANS = (states.CLEANING, states.CLEANWAIT, states.CLEANHOLD, states.CLEANFAIL)

#: events whose history entries are errors
BAD_EVENTS = ("fail", "abort")

#: longest name of a milestone that is stored; drivers of others choose it
MOST_NAME = 64

#: seconds after which a milestone does not wait for the next save
SOON = 1.0


class Task(task.Task):
    """One node in the hands of this conductor."""

    def __init__(self, shared: means.Means, node: record.Node,
                 interfaces: collections.abc.Mapping[str, interface.Interface], ctx: context.Context) -> None:
        super().__init__(node, interfaces, shared.lent, (), ctx)
        self._ports: collections.abc.Sequence[typing.Any] | None = None
        self._portgroups: collections.abc.Sequence[typing.Any] | None = None
        self._volumes: baremetal.drivers.volumes.Volumes | None = None
        self.means = shared
        self.ctx = ctx
        self.lease: locks.Lease | None = None
        self.flow: lines.Flow | None = None
        #: the steps that the agent has, once it was asked
        self.agent_steps: list[steps.Step] | None = None
        self.draft = draft.Draft()
        self._saved_at = shared.clock.tick()

    @property
    def ports(self) -> collections.abc.Sequence[typing.Any]:
        """The rows of the node's ports; read when first asked for."""
        if self._ports is None:
            self._ports = self._of_node(models.PORTS)
        return self._ports

    @ports.setter
    def ports(self, rows: collections.abc.Sequence[typing.Any]) -> None:
        self._ports = rows

    @property
    def portgroups(self) -> collections.abc.Sequence[typing.Any]:
        """The rows of the node's port groups; read when first asked for."""
        if self._portgroups is None:
            self._portgroups = self._of_node(models.PORTGROUPS)
        return self._portgroups

    @portgroups.setter
    def portgroups(self, rows: collections.abc.Sequence[typing.Any]) -> None:
        self._portgroups = rows

    def _of_node(self, table: sa.Table) -> list[typing.Any]:
        with self.means.database.read() as connection:
            return list(connection.execute(sa.select(table).where(table.c.node_id == self.node.id)))

    @property
    def volumes(self) -> baremetal.drivers.volumes.Volumes:
        """The node's remote volumes; read when first asked for."""
        if self._volumes is None:
            with self.means.database.read() as connection:
                self._volumes = targets.read(connection, self.node.id)
        return self._volumes

    @volumes.setter
    def volumes(self, found: baremetal.drivers.volumes.Volumes) -> None:
        self._volumes = found

    def reach(self, target: str, properties: collections.abc.Mapping[str, typing.Any]) -> None:
        """Keep how a volume is reached; written with the next ``save``."""
        super().reach(target, properties)
        self.draft.writes.append(lambda connection: targets.write(connection, target, properties))

    def report(self, found: collections.abc.Mapping[str, typing.Any]) -> None:
        """Keep a report until it is processed; written with the next ``save``."""
        super().report(found)
        self.draft.writes.append(lambda connection: inventory.keep(connection, self.node.id, record.dump(found),
                                                                   self.means.clock.now()))

    def kept(self, rows: str, ident: int, text: str) -> None:
        """Write what is noted of a port or port group with the next ``save``."""
        self.draft.writes.append(lambda connection: ports.note(connection, rows, ident, text))

    def announced(self, what: str, **facts: typing.Any) -> contextlib.AbstractContextManager[None]:
        """Return the block in which ``what`` is done; notifications are sent of its begin and of its end."""
        return telling.around(self, what, facts)

    @property
    def flowing(self) -> bool:
        """Whether this is work of a flow."""
        return self.flow is not None

    def take(self, why: str, **expect: typing.Any) -> None:
        """Let the next ``save`` take the lease, which raises ``Changed`` unless all is still as it was read."""
        lease = locks.draft(self.means.seat, self.node.id, self.node.uuid, why, self.means.clock.now(),
                            self.means.conf.conductor.lease_seconds)
        self.draft.taking = lease, {"generation": self.node.generation,
                                    "provision_state": self.node.provision_state, **expect}

    def move(self, event: str, *, target: str | None = None, why: str | None = None) -> None:
        """Give the node the state that ``event`` leads to; raises ``MoveRefused`` where the table has none.

        ``target`` is for cleaning, which may end in two states. ``why`` is the text of the history entry.
        """
        node, was = self.node, self.node.provision_state
        state = states.after(was, event)
        if state is None:
            raise errors.MoveRefused(node=node.uuid, event=event, state=was)
        if state in CLEANS and was in CLEANS:
            target = target or node.target_provision_state
        now, since = self.means.clock.now(), node.provision_updated_at
        self.draft.moves.append((event, was, node.target_provision_state))
        node.provision_state = state
        node.target_provision_state = (target or states.target(state)) if states.target(state) else None
        node.provision_updated_at = now
        _inspection_times(node, was, state, now)
        self.note(EVENT_TYPES.get(state) or EVENT_TYPES.get(was, "transition"),
                  why or f"{event}: from '{was}' to '{state}'", bad=event in BAD_EVENTS, was=was,
                  duration_seconds=None if since is None else math.floor((now - since).total_seconds()))
        self.draft.lines.append(f"Node {node.uuid} went from {was!r} to {state!r} by {event!r}"
                                + (f": {why}" if why else ""))

    def note(self, event_type: str, text: str, *, bad: bool = False, **facts: typing.Any) -> None:
        """Add an entry to the node's history with the next ``save``."""
        self.draft.history.append({
            "uuid": str(uuid.uuid4()), "node_id": self.node.id, "created_at": self.means.clock.now(),
            "severity": "ERROR" if bad else "INFO", "event_type": event_type, "event": text,
            "conductor": self.means.seat.host, "user": self.ctx.user, "project": self.ctx.project,
            "request_id": self.ctx.request_id, "was": None, "state": self.node.provision_state,
            "target_provision_state": self.node.target_provision_state, "duration_seconds": None, **facts})

    def fail_with(self, text: str) -> None:
        """Set the node's last_error, shortened to what is stored."""
        most = self.means.conf.log_in_db_max_size
        self.node.last_error = text if len(text) <= most else text[:most - 3] + "..."

    def milestone(self, name: str, **facts: typing.Any) -> None:
        """Note that ``name`` was reached: with the next ``save``, at once when the last one is a while ago."""
        self.draft.milestones.append({
            "node_id": self.node.id, "flow_id": self.flow.ident if self.flow else None, "name": name[:MOST_NAME],
            "at": self.means.clock.now(), "facts": record.dump(facts) if facts else None})
        if self.lease is not None and self.means.clock.tick() - self._saved_at >= SOON:
            self.save()

    def save(self) -> None:
        """Write all that was changed and noted, in one transaction.

        Raises ``draft.Changed`` when the lease could not be taken, ``LeaseLost`` when it is no longer ours,
        ``draft.Unsaved`` when the database does not take it. Nothing is written then.
        """
        written, values = self.draft, self.node.changes()
        if values or written.taking:
            values["updated_at"] = self.node.updated_at = self.means.clock.now()
        written.store(self.means.database, self.means.clock, self.lease, values,
                      self.means.conf.conductor.lease_seconds / 2)
        self.draft = draft.Draft()
        self._saved_at = self.means.clock.tick()
        self.node.saved(values)
        telling.tell(self, values)
        telling.notify(self, written)
        self.node.generation += 1
        self.node.saved({"generation": self.node.generation})
        if written.taking:
            self.lease = written.taking[0]
            self.means.leases.add(self.lease.token, self.node.id)
        if written.freeing:
            self.drop()
        for line in written.lines:
            LOG.info("%s %s", self.ctx.request_id, line)

    def drop(self) -> None:
        """Forget the lease without writing: it was given back, lost, or is left for others to find."""
        if self.lease is not None:
            self.means.leases.drop(self.lease.token)
            self.lease = None


def _inspection_times(node: typing.Any, was: str, state: str, now: datetime.datetime) -> None:
    """Keep when an inspection began, and when one ended well."""
    if state == states.INSPECTING and was != states.INSPECTWAIT:
        node.inspection_started_at, node.inspection_finished_at = now, None
    elif state == states.MANAGEABLE and was in (states.INSPECTING, states.INSPECTWAIT):
        node.inspection_started_at, node.inspection_finished_at = None, now
