"""The conductor as a whole: registers, listens, beats, sweeps; and ends all that in order."""

import datetime
import logging
import threading
import typing

from oslo_config import cfg

from baremetal import clock, inspection
from baremetal.conductor import heartbeat, leases, manager, means, ring, serving, sweeps, verbs, wakes, workers
from baremetal.db import conductors, engine, locks
from baremetal.drivers import load, task, wires
from baremetal.images import library
from baremetal.notify import bus, outbox
from baremetal.rpc import server

LOG = logging.getLogger(__name__)

#: seconds that ending takes in any case, and after which others may take what was not finished
AT_LEAST = 1.0


class Conductor:
    """One conductor. ``start`` and ``stop`` are for processes; tests ``open`` it and sweep by hand."""

    def __init__(self, conf: cfg.ConfigOpts, database: engine.Database, transport: typing.Any,
                 clock: clock.Clock = clock.REAL) -> None:
        self._conf, self._database, self._transport, self._clock = conf, database, transport, clock
        self._server: server.Server | None = None
        self._heartbeat: heartbeat.Heartbeat | None = None
        self._sweeper: sweeps.Sweeper | None = None
        self._means: means.Means | None = None
        self._serving = serving.Serving(conf, database, clock)
        self._stopping, self._ending = threading.Lock(), threading.Lock()

    @property
    def means(self) -> means.Means:
        """What its work shares; it must be open."""
        assert self._means is not None, "the conductor is not open"
        return self._means

    @property
    def files(self) -> typing.Any:
        """The WSGI application that gives servers what they boot."""
        return self._serving.files

    def open(self) -> manager.Manager:
        """Load the drivers and register; nothing runs by itself yet."""
        conf, ticker = self._conf, self._clock
        drivers = load.Drivers(conf)
        inspection.chosen(conf)     # a hook that is not there is named now, not when a server reports
        hardware = {name: (drivers.interfaces(name), drivers.properties(name)) for name in drivers.types}
        with self._database.write() as connection:
            epoch = conductors.register(connection, ticker.now(), conf.host, conf.conductor.conductor_group, hardware)
        section = conf.conductor
        reserved = max(1, section.workers_pool_size * section.reserved_workers_pool_percentage // 100)
        pool = workers.Pool(section.workers_pool_size, reserved, conf.host)
        self._means = means.Means(
            conf, self._database, ticker, locks.Seat(conf.host, epoch), drivers,
            self._lend(),
            pool, leases.Leases(), ring.Ring(conf, self._database, ticker, conf.host), verbs.TABLE, wakes.Wakes(pool),
            outbox.Outbox(conf, self._database, ticker), bus.Bus(conf, "conductor"))
        LOG.info("Conductor %s (group %r, epoch %s) serves %s", conf.host, section.conductor_group, epoch,
                 ", ".join(drivers.types))
        return manager.Manager(self.means)

    def _lend(self) -> task.Surroundings:
        """Return what drivers work with."""
        served = self._serving
        return task.Surroundings(self._conf, wires.Wires(self._conf, self._clock), self._clock, served.shelf,
                                 served.dnsmasq.hosts if served.dnsmasq else None,
                                 library.Library(self._conf, self._clock))

    def start(self) -> None:
        """Register, beat, listen, sweep; returns when it can be called."""
        work = self.open()
        self._serving.start()
        self._heartbeat = heartbeat.Heartbeat(self.means, self._superseded)
        self._heartbeat.start()
        self._server = server.Server(self._conf, self._transport, self._conf.host, work.table())
        self._server.start()
        self._sweeper = sweeps.Sweeper(self.means)
        self._sweeper.start()

    def stop(self) -> None:
        """Take no more work, let what runs end within graceful_shutdown_timeout, leave what does not to others."""
        with self._stopping:
            if self._means is None:
                return
            # what completes from now on does so because we end
            self._means.wakes.close()
            within = self._conf.conductor.graceful_shutdown_timeout
            until = clock.REAL.tick() + within
            calls = threading.Thread(target=self._end_calls, name="ending", daemon=True)
            calls.start()
            # an agent's answer may take minutes; who waits for one ends, and the journal says how to go on
            held = self._means.leases.held()
            self._means.pool.drain(min(AT_LEAST, within))
            self._means.lent.wires.hang_up()
            calls.join(within + AT_LEAST)
            if not self._means.pool.drain(max(0.0, until - clock.REAL.tick())):
                LOG.warning("Conductor %s ends with %s pieces of work unfinished after %s s; another one goes on with "
                            "them", self._conf.host, self._means.pool.busy, within)
            if self._heartbeat is not None:
                self._heartbeat.stop()
            self._leave(held)
            self._serving.stop()
            self._means.outbox.stop()
            self._means.bus.stop()
            # ends what still waits for a controller
            self._means.lent.wires.close()
            self._means = None

    def _leave(self, begun: dict[str, int]) -> None:
        """Say that this conductor has gone, and let the leases of what it did not finish run out at once."""
        shared, now = self.means, self._clock.now()
        held = {**begun, **shared.leases.held()}
        try:
            with self._database.write() as connection:
                conductors.leave(connection, now, shared.seat.host, shared.seat.epoch)
                if held:
                    locks.renew(connection, held, now + datetime.timedelta(seconds=AT_LEAST))
        except engine.TROUBLE as error:
            LOG.warning("Conductor %s could not say that it has gone (%s); others find it out by its silence",
                        shared.seat.host, type(error).__name__)

    def _end_calls(self) -> None:
        """Listen and sweep no more; waits for the calls and sweeps that run."""
        with self._ending:
            if self._sweeper is not None:
                self._sweeper.tell()
            if self._server is not None:
                self._server.stop()
                self._server = None
            if self._sweeper is not None:
                self._sweeper.stop()

    def _superseded(self) -> None:
        """Another process has our name: what runs here loses its leases and ends; nothing new is taken."""
        threading.Thread(target=self._end_calls, name="superseded", daemon=True).start()
