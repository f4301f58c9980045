"""Queries that count the fleet: one for everything that is equal among many nodes, one for what is not."""

import collections.abc
import datetime
import typing

import sqlalchemy as sa

from baremetal.db import models

NODES = models.NODES

_HELD = sa.case((NODES.c.lease_deadline > sa.bindparam("w_now"), 1), else_=0)
_ALIKE = (NODES.c.provision_state, NODES.c.power_state, NODES.c.fault, NODES.c.maintenance, NODES.c.driver,
          NODES.c.conductor_group)
_COUNTS = sa.select(*_ALIKE, sa.func.count().label("nodes"), sa.func.sum(_HELD).label("held")).group_by(*_ALIKE)
_PLACES: sa.Select[typing.Any] = sa.select(NODES.c.uuid, NODES.c.driver, NODES.c.conductor_group).where(
    NODES.c.driver.in_(sa.bindparam("w_drivers", expanding=True)))


def counts(connection: sa.Connection, now: datetime.datetime) -> collections.abc.Sequence[sa.Row[typing.Any]]:
    """Return how many nodes are alike, for each likeness that there is."""
    return connection.execute(_COUNTS, {"w_now": now}).all()


def places(connection: sa.Connection, drivers: list[str]) -> collections.abc.Sequence[sa.Row[typing.Any]]:
    """Return (uuid, driver, conductor group) of all nodes of these drivers: what their place on the ring hangs on."""
    return connection.execute(_PLACES, {"w_drivers": drivers}).all()
