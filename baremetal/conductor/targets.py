"""A node's remote volumes, read from the database for its drivers, and what they found out of them written back."""

import collections.abc
import typing

import sqlalchemy as sa

from baremetal.db import models, record
from baremetal.drivers import volumes

TARGETS, CONNECTORS = models.VOLUME_TARGETS, models.VOLUME_CONNECTORS


def read(connection: sa.Connection, node_id: int) -> volumes.Volumes:
    """Return the volumes of a node."""
    targets = connection.execute(sa.select(TARGETS).where(TARGETS.c.node_id == node_id).order_by(TARGETS.c.boot_index))
    connectors = connection.execute(sa.select(CONNECTORS).where(CONNECTORS.c.node_id == node_id).order_by(
        CONNECTORS.c.id))
    return volumes.Volumes(
        tuple(volumes.Target(row.uuid, row.volume_type, row.boot_index, row.volume_id,
                             record.join(row.properties, row.properties_secrets)) for row in targets),
        tuple(volumes.Connector(row.type, row.connector_id) for row in connectors))


def write(connection: sa.Connection, uuid: str, properties: collections.abc.Mapping[str, typing.Any]) -> None:
    """Write how a target is reached; secrets stand apart."""
    shown, hidden = record.split("properties", dict(properties))
    connection.execute(sa.update(TARGETS).where(TARGETS.c.uuid == uuid).values(
        properties=shown, properties_secrets=hidden))
