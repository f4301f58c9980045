"""Queries for notifications: one object of any kind as its payload shows it, found by UUID or name."""

import typing

import sqlalchemy as sa

from baremetal.db import models

NODES = models.NODES
# fmt: off
#: object: its table
TABLES: dict[str, sa.Table] = {
    "node": NODES, "port": models.PORTS, "portgroup": models.PORTGROUPS, "chassis": models.CHASSIS,
    "volumeconnector": models.VOLUME_CONNECTORS, "volumetarget": models.VOLUME_TARGETS,
    "allocation": models.ALLOCATIONS, "deploytemplate": models.DEPLOY_TEMPLATES, "runbook": models.RUNBOOKS,
    "inspectionrule": models.INSPECTION_RULES,
}
#: object: table of its traits, and the column there that names it
TRAITS = {"node": (models.TRAITS, "node_id"), "runbook": (models.RUNBOOK_TRAITS, "runbook_id")}
# fmt: on


def find(connection: sa.Connection, kind: str, ident: str) -> dict[str, typing.Any] | None:
    """Return columns and what belongs to them, or None where there is none of that name."""
    table = TABLES[kind]
    keys = [table.c[name] == ident for name in ("uuid", "name") if name in table.c]
    row = connection.execute(sa.select(table).where(sa.or_(*keys))).first()
    if row is None:
        return None
    found = dict(row._mapping)
    if found.get("node_id") is not None:
        found["node_uuid"] = connection.scalar(sa.select(NODES.c.uuid).where(NODES.c.id == found["node_id"]))
    if found.get("chassis_id") is not None:
        found["chassis_uuid"] = connection.scalar(
            sa.select(models.CHASSIS.c.uuid).where(models.CHASSIS.c.id == found["chassis_id"]))
    if kind in TRAITS:
        traits, column = TRAITS[kind]
        found["traits"] = list(connection.scalars(
            sa.select(traits.c.trait).where(traits.c[column] == found["id"]).order_by(traits.c.trait)))
    return found


def allocation_of(connection: sa.Connection, node: str) -> str | None:
    """Return the UUID of a node's allocation."""
    found: str | None = connection.scalar(
        sa.select(NODES.c.allocation_uuid).where(sa.or_(NODES.c.uuid == node, NODES.c.name == node)))
    return found
