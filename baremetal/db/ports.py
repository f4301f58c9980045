"""Queries of the table ports, and of the nodes that ports belong to as far as ports must know them."""

import typing

import sqlalchemy as sa

from baremetal.db import models

PORTS, NODES = models.PORTS, models.NODES

_ADDING = sa.insert(PORTS)
_NODES_NAMED: dict[str, sa.Select[typing.Any]] = {
    column: sa.select(NODES.c.id, NODES.c.uuid, NODES.c.owner, NODES.c.lessee).where(
        NODES.c[column] == sa.bindparam("w_key")) for column in ("uuid", "name")}
_NODES_OF = sa.select(NODES.c.id, NODES.c.uuid).where(NODES.c.id.in_(sa.bindparam("w_ids", expanding=True)))
#: what decides whether a port of the node may be changed
_OWNER: sa.Select[typing.Any] = sa.select(
    NODES.c.id, NODES.c.uuid, NODES.c.provision_state, NODES.c.power_state, NODES.c.maintenance, NODES.c.instance_uuid,
    NODES.c.owner, NODES.c.lessee, NODES.c.network_interface, NODES.c.reservation, NODES.c.lease_why,
    NODES.c.lease_since, NODES.c.lease_deadline, NODES.c.generation, NODES.c.driver,
    NODES.c.conductor_group).with_for_update()
_OWNER_OF = _OWNER.where(NODES.c.id == sa.bindparam("w_id"))
_OWNER_NAMED = _OWNER.where(NODES.c.uuid == sa.bindparam("w_uuid"))
_PORT = {column: sa.select(PORTS).where(PORTS.c[column] == sa.bindparam("w_key")).with_for_update()
         for column in ("uuid", "name")}


def node(connection: sa.Connection, column: str, value: str) -> sa.Row[typing.Any] | None:
    """Return id, UUID and tenants of the node whose ``column`` (uuid or name) is ``value``, or None."""
    return connection.execute(_NODES_NAMED[column], {"w_key": value}).first()


def group(connection: sa.Connection, column: str, value: str) -> sa.Row[typing.Any] | None:
    """Return UUID and tenants of the port group whose ``column`` (uuid or name) is ``value``, or None."""
    groups = models.PORTGROUPS
    wanted: sa.Select[typing.Any] = sa.select(groups.c.uuid, NODES.c.owner, NODES.c.lessee)
    return connection.execute(wanted.join_from(groups, NODES).where(groups.c[column] == value)).first()


def node_uuids(connection: sa.Connection, ids: set[int]) -> dict[int, str]:
    """Return the UUIDs of nodes by their ids."""
    return {row.id: row.uuid for row in connection.execute(_NODES_OF, {"w_ids": list(ids)})} if ids else {}


def add(connection: sa.Connection, values: dict[str, typing.Any]) -> None:
    """Write a new port."""
    connection.execute(_ADDING, values)


def locked(connection: sa.Connection, column: str, value: str) -> sa.Row[typing.Any] | None:
    """Return the port whose ``column`` (uuid or name) is ``value``, locked until the transaction ends, or None."""
    return connection.execute(_PORT[column], {"w_key": value}).first()


def owner(connection: sa.Connection, ident: int) -> sa.Row[typing.Any]:
    """Return the node of a port, locked likewise."""
    return connection.execute(_OWNER_OF, {"w_id": ident}).one()


def owner_named(connection: sa.Connection, uuid: str) -> sa.Row[typing.Any] | None:
    """Return the node of this UUID, locked likewise, or None."""
    return connection.execute(_OWNER_NAMED, {"w_uuid": uuid}).first()


def change(connection: sa.Connection, ident: int, values: dict[str, typing.Any]) -> None:
    """Write columns of a port."""
    connection.execute(sa.update(PORTS).where(PORTS.c.id == ident).values(values))


def remove(connection: sa.Connection, ident: int) -> None:
    """Delete a port."""
    connection.execute(sa.delete(PORTS).where(PORTS.c.id == ident))


def of_others(connection: sa.Connection, node_id: int, addresses: list[str]) -> list[sa.Row[typing.Any]]:
    """Return ``(address, node, owner)`` of the ports with these addresses that belong to other nodes, by UUID."""
    return list(connection.execute(sa.select(PORTS.c.address, NODES.c.uuid.label("node"), NODES.c.owner).join(
        NODES).where(PORTS.c.address.in_(addresses), PORTS.c.node_id != node_id))) if addresses else []


def change_named(connection: sa.Connection, uuid: str, values: dict[str, typing.Any]) -> None:
    """Write columns of the port of this UUID."""
    connection.execute(sa.update(PORTS).where(PORTS.c.uuid == uuid).values(values))


def remove_named(connection: sa.Connection, uuid: str) -> None:
    """Delete the port of this UUID."""
    connection.execute(sa.delete(PORTS).where(PORTS.c.uuid == uuid))


def note(connection: sa.Connection, rows: str, ident: int, internal_info: str) -> None:
    """Write what a network interface noted of a port or port group; ``rows`` is the name of the table."""
    table = models.METADATA.tables[rows]
    connection.execute(sa.update(table).where(table.c.id == ident).values(internal_info=internal_info))
