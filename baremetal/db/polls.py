"""Queries of nodes as the power sweeps need them: all that are due, in one statement, without what no sweep reads."""

import collections.abc
import typing

import sqlalchemy as sa

from baremetal.db import models, record

NODES = models.NODES

#: large columns that polling does not read; they stay unwritten, too
UNREAD = ("properties", "instance_info", "instance_info_secrets", "extra", "network_data", "clean_step", "deploy_step",
          "service_step", "raid_config", "target_raid_config", "description")
_COLUMNS = [sa.null().label(c.name) if c.name in UNREAD else c for c in NODES.c]
_FREE = sa.select(*_COLUMNS).where(NODES.c.reservation.is_(None), NODES.c.target_power_state.is_(None))
_DUE = _FREE.where(NODES.c.maintenance.is_(sa.false()),
                   NODES.c.provision_state.not_in(sa.bindparam("w_states", expanding=True)))
_FAILED = _FREE.where(NODES.c.maintenance.is_(sa.true()), NODES.c.fault == sa.bindparam("w_fault"))


def due(connection: sa.Connection, excluded: collections.abc.Iterable[str]) -> list[sa.Row[typing.Any]]:
    """Return the free nodes outside maintenance that are in no state of ``excluded``."""
    return list(connection.execute(_DUE, {"w_states": list(excluded)}))


def failed(connection: sa.Connection, fault: str) -> list[sa.Row[typing.Any]]:
    """Return the free nodes that are in maintenance because of ``fault``."""
    return list(connection.execute(_FAILED, {"w_fault": fault}))


def node(row: sa.Row[typing.Any]) -> record.Node:
    """Return a row as a node whose unread columns are empty."""
    return record.Node(row)
