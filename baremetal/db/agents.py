"""Queries for agents in ramdisks: which node is it that they run on. One indexed SELECT each."""

import collections.abc
import functools
import typing

import sqlalchemy as sa

from baremetal.db import models

NODES, PORTS = models.NODES, models.PORTS

Rows = list[sa.Row[typing.Any]]

_OWNERS = sa.select(PORTS.c.node_id).where(PORTS.c.address.in_(sa.bindparam("w_addresses", expanding=True)))
_IN_STATES = sa.select(NODES.c.uuid, NODES.c.driver_info).where(NODES.c.provision_state.in_(
    sa.bindparam("w_states", expanding=True)))


@functools.cache
def _selecting(names: tuple[str, ...], condition: str) -> sa.Select[typing.Any]:
    conditions = {"uuid": NODES.c.uuid == sa.bindparam("w_uuid"), "addresses": NODES.c.id.in_(_OWNERS)}
    # two tell that it is not one
    return sa.select(*[NODES.c[name] for name in names]).where(conditions[condition]).limit(2)


def by_uuid(connection: sa.Connection, uuid: str, names: tuple[str, ...]) -> Rows:
    """Return these columns of the node with this UUID: one row or none."""
    return list(connection.execute(_selecting(names, "uuid"), {"w_uuid": uuid}))


def by_addresses(connection: sa.Connection, addresses: collections.abc.Sequence[str], names: tuple[str, ...]) -> Rows:
    """Return these columns of the nodes that have a port with one of these MAC addresses; of more than two, of two."""
    return list(connection.execute(_selecting(names, "addresses"), {"w_addresses": list(addresses)}))


def in_states(connection: sa.Connection, names: collections.abc.Sequence[str]) -> Rows:
    """Return ``(uuid, driver_info)`` of every node in one of these provision states."""
    return list(connection.execute(_IN_STATES, {"w_states": list(names)}))
