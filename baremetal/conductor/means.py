"""What all work of one conductor shares: made once by ``service.py`` and passed on. Does nothing itself."""

import collections.abc
import dataclasses
import typing

from oslo_config import cfg

from baremetal import clock
from baremetal.conductor import leases, ring, wakes, workers
from baremetal.db import engine, locks
from baremetal.drivers import load, task
from baremetal.notify import bus, outbox


@dataclasses.dataclass(frozen=True)
class Means:
    """The conductor as its work sees it."""

    conf: cfg.ConfigOpts
    #: the tables
    database: engine.Database
    #: time; tests move it
    clock: clock.Clock
    #: name and epoch under which nodes are held
    seat: locks.Seat
    #: hardware types and interfaces that are enabled here
    drivers: load.Drivers
    #: what drivers are lent
    lent: task.Surroundings
    #: threads for flows and power
    pool: workers.Pool
    #: the leases that live work of this process holds
    leases: leases.Leases
    #: which nodes are ours
    ring: ring.Ring
    #: event: its ``verb.Verb``
    verbs: collections.abc.Mapping[str, typing.Any]
    #: what completes in this process and lets a flow go on
    wakes: wakes.Wakes
    #: hears what has happened
    outbox: outbox.Outbox
    #: sends notifications to others' programs
    bus: bus.Bus
    #: UUIDs of the allocations that a thread of this process looks for a node for
    looking: set[str] = dataclasses.field(default_factory=set)
