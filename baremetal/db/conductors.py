"""Queries of the tables conductors and conductor_hardware: who is alive, and what each one serves."""

import datetime
import typing

import sqlalchemy as sa

from baremetal.db import models, record

CONDUCTORS, HARDWARE = models.CONDUCTORS, models.HARDWARE

#: driver: (interfaces as ``{kind: {"default", "enabled"}}``, properties as ``{key: sentence}``)
Served = dict[str, tuple[dict[str, typing.Any], dict[str, str]]]


def register(connection: sa.Connection, now: datetime.datetime, host: str, group: str, hardware: Served) -> int:
    """Write down that ``host`` lives and what it serves; return its epoch, larger than any that it had.

    Starting from the time of day, the epoch grows even when somebody has deleted the row.
    """
    least = int((now - datetime.datetime(1970, 1, 1)).total_seconds())
    row = {"conductor_group": group, "online": True, "heartbeat_at": now, "updated_at": now}
    known = connection.execute(sa.update(CONDUCTORS).where(CONDUCTORS.c.hostname == host).values(
        **row, epoch=sa.case((CONDUCTORS.c.epoch < least, least), else_=CONDUCTORS.c.epoch + 1)))
    if not known.rowcount:
        connection.execute(sa.insert(CONDUCTORS).values(**row, hostname=host, created_at=now, epoch=least))
    ident, epoch = connection.execute(sa.select(CONDUCTORS.c.id, CONDUCTORS.c.epoch).where(
        CONDUCTORS.c.hostname == host)).one()
    connection.execute(sa.delete(HARDWARE).where(HARDWARE.c.conductor_id == ident))
    if hardware:
        connection.execute(sa.insert(HARDWARE), [
            {"conductor_id": ident, "driver": driver, "interfaces": record.dump(interfaces),
             "properties": record.dump(properties)}
            for driver, (interfaces, properties) in hardware.items()])
    return int(epoch)


def beat(connection: sa.Connection, now: datetime.datetime, host: str, epoch: int) -> bool:
    """Say that ``host`` lives; False when a newer epoch has registered, or nobody knows this host any more."""
    found = connection.execute(sa.update(CONDUCTORS).where(
        CONDUCTORS.c.hostname == host, CONDUCTORS.c.epoch == epoch).values(heartbeat_at=now, online=True))
    return bool(found.rowcount == 1)


def leave(connection: sa.Connection, now: datetime.datetime, host: str, epoch: int) -> None:
    """Say that ``host`` has gone; an old process cannot say it of its successor."""
    connection.execute(sa.update(CONDUCTORS).where(
        CONDUCTORS.c.hostname == host, CONDUCTORS.c.epoch == epoch).values(online=False, updated_at=now))


def live(connection: sa.Connection, now: datetime.datetime, timeout: float) -> list[sa.Row[typing.Any]]:
    """Return the rows of the conductors that are alive, by host name."""
    return list(connection.execute(sa.select(CONDUCTORS).where(_alive(now, timeout)).order_by(CONDUCTORS.c.hostname)))


def alive(connection: sa.Connection, now: datetime.datetime, timeout: float) -> set[tuple[str, int]]:
    """Return host and epoch of the conductors that are alive."""
    return {(row.hostname, row.epoch) for row in live(connection, now, timeout)}


def members(connection: sa.Connection, now: datetime.datetime, timeout: float) -> list[tuple[str, str, list[str]]]:
    """Return ``(host, conductor group, hardware types)`` of each live conductor."""
    found: dict[str, tuple[str, str, list[str]]] = {}
    rows = connection.execute(sa.select(
        CONDUCTORS.c.hostname, CONDUCTORS.c.conductor_group, HARDWARE.c.driver).join_from(
            CONDUCTORS, HARDWARE, isouter=True).where(_alive(now, timeout)).order_by(CONDUCTORS.c.hostname))
    for host, group, driver in rows:
        member = found.setdefault(host, (host, group, []))
        if driver is not None:
            member[2].append(driver)
    return list(found.values())


def hardware(connection: sa.Connection, now: datetime.datetime, timeout: float) -> dict[str, dict[str, typing.Any]]:
    """Return what live conductors serve: ``{driver: {"hosts", "interfaces", "properties"}}``.

    Where conductors differ, the enabled interfaces are all that any of them has; the default is the first one's.
    """
    found: dict[str, dict[str, typing.Any]] = {}
    rows = connection.execute(sa.select(
        CONDUCTORS.c.hostname, HARDWARE.c.driver, HARDWARE.c.interfaces, HARDWARE.c.properties).join_from(
            HARDWARE, CONDUCTORS).where(_alive(now, timeout)).order_by(CONDUCTORS.c.hostname))
    for host, driver, interfaces, properties in rows:
        facts = found.setdefault(driver, {"hosts": [], "interfaces": {}, "properties": {}})
        facts["hosts"].append(host)
        facts["properties"].update(record.load(properties))
        for kind, served in record.load(interfaces).items():
            known = facts["interfaces"].setdefault(kind, {"default": served["default"], "enabled": []})
            known["enabled"] += [name for name in served["enabled"] if name not in known["enabled"]]
    return found


def served(connection: sa.Connection, ids: list[int]) -> dict[int, list[str]]:
    """Return the hardware types of conductors by their ids, whether they live or not."""
    found: dict[int, list[str]] = {}
    rows = connection.execute(sa.select(HARDWARE.c.conductor_id, HARDWARE.c.driver).where(
        HARDWARE.c.conductor_id.in_(ids)).order_by(HARDWARE.c.driver))
    for ident, driver in rows:
        found.setdefault(ident, []).append(driver)
    return found


def _alive(now: datetime.datetime, timeout: float) -> sa.ColumnElement[bool]:
    return sa.and_(CONDUCTORS.c.online, CONDUCTORS.c.heartbeat_at > now - datetime.timedelta(seconds=timeout))
