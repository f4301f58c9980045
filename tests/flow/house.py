"""A conductor in process on a database of its own, with fake hardware and a clock that the test moves."""

import uuid
from typing import Any

import sqlalchemy as sa

from baremetal import clock, config, context
from baremetal.conductor import manager, service, sweeps
from baremetal.conductor.sweeps import sweep
from baremetal.db import conductors, engine, models, record
from tests import empty

#: seconds after which work in the pool counts as stuck
PATIENCE = 120.0


class House:
    """One database, any number of conductors by name; nothing runs by itself."""

    def __init__(self, url: str, **options: Any) -> None:
        overrides = {"database__connection": url, "enabled_hardware_types": ["fake-hardware"],
                     "hash_ring_reset_interval": 0,
                     # its thread would write, and sleep on the test's clock
                     "api__events_kept_seconds": 0, **options}
        self.conf = config.build(host="one", **overrides)
        self.overrides = overrides
        self.clock = clock.MovedClock()
        self.database = empty.fill(engine.Database(self.conf))
        self.ctx = context.Context(user="alice", project="p1")
        self.conductors: dict[str, service.Conductor] = {}
        self.managers: dict[str, manager.Manager] = {}
        self.conductor("one")

    def conductor(self, host: str, database: engine.Database | None = None, **parts: Any) -> service.Conductor:
        """Start (again) the conductor of that name: a new process, a new epoch. The old one is just forgotten.

        ``parts`` are implementations that take the place of the fakes, by kind.
        """
        conf = config.build(host=host, **self.overrides)
        found = service.Conductor(conf, database or self.database, None, self.clock)
        self.managers[host] = found.open()
        self.conductors[host] = found
        bind = found.means.drivers.bind
        if parts:
            found.means.drivers.bind = lambda node: {**bind(node), **parts}  # type: ignore[method-assign]
        return found

    def gone(self, host: str) -> None:
        """Let time show that a conductor is dead: its heartbeat and leases run out, the others' do not."""
        del self.conductors[host]
        self.later(self.conf.conductor.heartbeat_timeout + 1)

    def later(self, seconds: float) -> None:
        """Let time pass in which all conductors live."""
        self.clock.move(seconds)
        for host, found in self.conductors.items():
            with self.database.write() as connection:
                conductors.beat(connection, self.clock.now(), host, found.means.seat.epoch)

    def sweep(self, name: str, host: str = "one") -> sweep.Sweep:
        """Return a sweep, to be run by hand."""
        return sweeps.every(self.conductors[host].means)[name]

    def add(self, state: str = "enroll", **columns: Any) -> str:
        """Add a fake node; dict columns as dicts. Return its UUID."""
        ident = str(uuid.uuid4())
        row: dict[str, Any] = {
            "uuid": ident, "driver": "fake-hardware", "provision_state": state, "created_at": self.clock.now(),
            "provision_updated_at": self.clock.now(), **columns}
        for column in record.DICTS:
            if column in record.SECRETIVE:
                row[column], row[f"{column}_secrets"] = record.split(column, row.get(column, {}))
            elif column in row:
                row[column] = record.dump(row[column])
        with self.database.write() as connection:
            connection.execute(sa.insert(models.NODES).values(**row))
        return ident

    def node(self, ident: str) -> record.Node:
        """Return a node as it is stored."""
        with self.database.read() as connection:
            node = record.fetch(connection, ident)
        assert node is not None
        return node

    def set(self, ident: str, **columns: Any) -> None:
        """Change a node behind everybody's back, as a client's PATCH does."""
        for column in record.DICTS:
            if column in columns:
                columns[column] = record.dump(columns[column])
        with self.database.write() as connection:
            connection.execute(sa.update(models.NODES).where(models.NODES.c.uuid == ident).values(
                **columns, generation=models.NODES.c.generation + 1))

    def start(self, ident: str, verb: str, host: str = "one", **params: Any) -> None:
        """Begin a verb, as RPC does."""
        self.managers[host].provision(self.ctx, ident, verb, params)

    def settle(self, host: str = "one") -> None:
        """Wait until no worker works."""
        assert self.conductors[host].means.pool.drain(PATIENCE), "a worker is stuck"

    def do(self, ident: str, verb: str, host: str = "one", **params: Any) -> record.Node:
        """Begin a verb, wait for its end, return the node."""
        self.start(ident, verb, host, **params)
        self.settle(host)
        return self.node(ident)

    def rows(self, table: sa.Table, **where: Any) -> list[Any]:
        """Return rows in the order of insertion."""
        query = sa.select(table).order_by(table.c.id)
        for column, value in where.items():
            query = query.where(table.c[column] == value)
        with self.database.read() as connection:
            return list(connection.execute(query))

    def path(self, ident: str) -> list[str]:
        """Return the states a node went through, from its history."""
        entries = [row for row in self.rows(models.HISTORY, node_id=self.node(ident).id) if row.was]
        return [entries[0].was, *(entry.state for entry in entries)] if entries else []

    def flow(self, ident: str) -> Any:
        """Return the newest flow of a node."""
        return self.rows(models.FLOWS, node_id=self.node(ident).id)[-1]

    def steps(self, ident: str) -> list[tuple[str, str]]:
        """Return ``(step, state)`` of the newest flow of a node."""
        found = []
        for row in self.rows(models.STEPS, flow_id=self.flow(ident).id):
            step = record.load(row.step)
            found.append((f"{step['interface']}.{step['step']}", row.state))
        return found

    def tell(self, host: str = "one") -> None:
        """Let all that waits be sent and written, however long a busy machine takes for it."""
        means = self.conductors[host].means
        writing, sending = means.outbox._thread, means.bus._thread
        means.outbox.stop()
        means.bus.stop()
        for thread in (writing, sending):
            if thread is not None:
                thread.join(PATIENCE)
                assert not thread.is_alive(), f"{thread.name} is stuck"

    def close(self) -> None:
        """Give the database back."""
        self.database.close()


def forsaken(house: House, deploy: Any, many: int) -> list[str]:
    """Nodes whose flows conductor "two" has begun and not ended, since it died in their first step; "one" is there."""
    deploy.dies["first"] = many
    house.conductor("two", deploy=deploy)
    house.conductor("one", deploy=deploy)
    idents = [house.add("available") for _ in range(many)]
    for ident in idents:
        house.do(ident, "deploy", "two")
    return idents
